#include "base/uuid.h"

#include <algorithm>
#include <cstring>
#include <random>

namespace onggi {
namespace {

constexpr std::size_t text_length = 36;

constexpr bool is_dash(std::size_t position) {
  return position == 8 || position == 13 || position == 18 || position == 23;
}

constexpr std::uint8_t no_digit = 0xFF;

constexpr std::array<std::uint8_t, 256> make_hex_values() {
  std::array<std::uint8_t, 256> values{};
  values.fill(no_digit);
  for (std::uint8_t i = 0; i < 16; ++i) {
    values[static_cast<unsigned char>("0123456789abcdef"[i])] = i;
    values[static_cast<unsigned char>("0123456789ABCDEF"[i])] = i;
  }
  return values;
}
constexpr std::array<std::uint8_t, 256> hex_values = make_hex_values();

std::mt19937_64 seeded_engine() {
  std::random_device device;
  std::seed_seq seed{device(), device(), device(), device(),
                     device(), device(), device(), device()};
  return std::mt19937_64(seed);
}

// The 74 bits beside the time. They only ever grow, by random steps from a random start, so that
// this thread's ids for one millisecond ascend even when it makes others in between. About 2^34 ids
// pass before they wrap.
struct Tail {
  std::mt19937_64 engine = seeded_engine();
  std::uint64_t high = engine() & 0x7FF;    // 12 bits
  std::uint64_t low = engine() & low_mask;  // 62 bits

  static constexpr std::uint64_t low_mask = (std::uint64_t{1} << 62) - 1;

  void advance() {
    low += 1 + (engine() >> 24);
    high = (high + (low >> 62)) & 0xFFF;
    low &= low_mask;
  }
};

void put_big_endian(std::uint64_t value, std::uint8_t* at) {
  for (int i = 7; i >= 0; --i) {
    at[i] = static_cast<std::uint8_t>(value);
    value >>= 8;
  }
}

std::uint64_t time_bits(Time time) {
  constexpr std::int64_t latest = (std::int64_t{1} << 48) - 1;
  return static_cast<std::uint64_t>(std::clamp<std::int64_t>(time.ms, 0, latest)) << 16;
}

}  // namespace

Time Uuid::time() const {
  std::int64_t ms = 0;
  for (std::size_t i = 0; i < 6; ++i) ms = ms << 8 | bytes[i];
  return {ms};
}

std::optional<Uuid> Uuid::parse(std::string_view text) {
  if (text.size() != text_length) return {};
  Uuid id;
  std::size_t nibble = 0;
  for (std::size_t i = 0; i < text_length; ++i) {
    if (is_dash(i)) {
      if (text[i] != '-') return {};
      continue;
    }
    const std::uint8_t value = hex_values[static_cast<unsigned char>(text[i])];
    if (value == no_digit) return {};
    std::uint8_t& byte = id.bytes[nibble / 2];
    byte = static_cast<std::uint8_t>(byte << 4 | value);
    ++nibble;
  }
  const auto all = [&](std::uint8_t wanted) {
    return std::ranges::all_of(id.bytes, [&](std::uint8_t byte) { return byte == wanted; });
  };
  if (all(0x00) || all(0xFF)) return {};
  return id;
}

Uuid Uuid::from_bytes(std::string_view raw) {
  Uuid id;
  std::memcpy(id.bytes.data(), raw.data(), id.bytes.size());
  return id;
}

Uuid Uuid::v7(Time time) {
  thread_local Tail tail;
  tail.advance();
  Uuid id;
  put_big_endian(time_bits(time) | 0x7000 | tail.high, id.bytes.data());
  put_big_endian(std::uint64_t{0b10} << 62 | tail.low, id.bytes.data() + 8);
  return id;
}

Uuid Uuid::least_of(Time time) {
  Uuid id;
  put_big_endian(time_bits(time), id.bytes.data());
  return id;
}

void append_uuid(const Uuid& id, std::string& out) {
  constexpr char digits[] = "0123456789abcdef";
  char text[text_length];
  std::size_t at = 0;
  for (const std::uint8_t byte : id.bytes) {
    if (is_dash(at)) text[at++] = '-';
    text[at++] = digits[byte >> 4];
    text[at++] = digits[byte & 15];
  }
  out.append(text, text_length);
}

std::string to_string(const Uuid& id) {
  std::string out;
  append_uuid(id, out);
  return out;
}

}  // namespace onggi
