// UUIDs (RFC 9562). onggi makes version 7: 48 bits of Unix milliseconds, then 74 random bits, so
// that ids ascend with time.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace onggi {

struct Uuid {
  std::array<std::uint8_t, 16> bytes{};

  auto operator<=>(const Uuid&) const = default;

  int version() const { return bytes[6] >> 4; }
  // The instant that a version 7 id carries; meaningless for other versions.
  Time time() const;
  // The 16 bytes, as the stores keep them. The view lives as long as this object.
  std::string_view view() const {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }

  // Reads the 36-character form, either case; nullopt for anything else, and for the nil and max
  // UUIDs.
  static std::optional<Uuid> parse(std::string_view text);
  // From the 16 bytes that view() gave. Precondition: raw.size() == 16.
  static Uuid from_bytes(std::string_view raw);
  // A new version 7 id that carries `time` (clamped to 0 .. 2^48-1 ms). Random bits from a
  // per-thread generator seeded by the operating system; ids need to be unique, not secret. Ids of
  // one thread made for one millisecond ascend.
  static Uuid v7(Time time);
  // The least that a version 7 id of this time or a later one can be (clamped as above).
  static Uuid least_of(Time time);
};

// 36 characters, lower case.
void append_uuid(const Uuid& id, std::string& out);
std::string to_string(const Uuid& id);

}  // namespace onggi

template <>
struct std::hash<onggi::Uuid> {
  std::size_t operator()(const onggi::Uuid& id) const noexcept {
    // The low half is random in version 7.
    std::uint64_t low = 0;
    for (int i = 8; i < 16; ++i) low = low << 8 | id.bytes[static_cast<std::size_t>(i)];
    return static_cast<std::size_t>(low * 0x9E3779B97F4A7C15u);
  }
};
