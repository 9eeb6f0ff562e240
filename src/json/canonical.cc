#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>
#include <vector>

#include "json/json.h"

namespace onggi::json {
namespace {

using Member = boost::json::key_value_pair;

// jsonb's order: shorter names first, then bytewise.
bool before(std::string_view left, std::string_view right) {
  if (left.size() != right.size()) return left.size() < right.size();
  return std::memcmp(left.data(), right.data(), left.size()) < 0;
}

bool is_sorted(const Object& object) {
  for (std::size_t i = 1; i < object.size(); ++i) {
    if (!before((object.begin() + i - 1)->key(), (object.begin() + i)->key())) return false;
  }
  return true;
}

// What follows the backslash, 'u' for \u00xx, 0 for what stands for itself.
constexpr std::array<char, 256> make_escapes() {
  std::array<char, 256> escapes{};
  for (std::size_t c = 0; c < 0x20; ++c) escapes[c] = 'u';
  escapes['\b'] = 'b';
  escapes['\f'] = 'f';
  escapes['\n'] = 'n';
  escapes['\r'] = 'r';
  escapes['\t'] = 't';
  escapes['"'] = '"';
  escapes['\\'] = '\\';
  return escapes;
}
constexpr std::array<char, 256> escapes = make_escapes();

char escape_of(char c) {
  return escapes[static_cast<unsigned char>(c)];
}

constexpr std::uint64_t repeated(unsigned char byte) {
  return 0x0101010101010101u * byte;
}

// How many of the first characters of `text` need no escape; eight at a time.
std::size_t plain_length(std::string_view text) {
  constexpr std::uint64_t ones = repeated(0x01);
  constexpr std::uint64_t tops = repeated(0x80);
  std::size_t at = 0;
  for (; at + 8 <= text.size(); at += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data() + at, 8);
    const std::uint64_t quotes = word ^ repeated('"');
    const std::uint64_t slashes = word ^ repeated('\\');
    // The lowest marked byte is exact; a borrow can only mark bytes above it.
    const std::uint64_t found = (((word - repeated(0x20)) & ~word) | ((quotes - ones) & ~quotes) |
                                 ((slashes - ones) & ~slashes)) &
                                tops;
    if (found != 0) return at + static_cast<std::size_t>(std::countr_zero(found)) / 8;
  }
  while (at < text.size() && escape_of(text[at]) == 0) ++at;
  return at;
}
static_assert(std::endian::native == std::endian::little);

constexpr std::size_t integer_digits = 20;

template <class Integer>
void append_integer(Integer number, std::string& out) {
  char text[integer_digits];
  const auto end = std::to_chars(text, text + sizeof text, number).ptr;
  out.append(text, end);
}

// Both ways to walk a value give the same text to a sink: one keeps it, the other only counts.
struct Text {
  std::string& out;
  static constexpr bool full() { return false; }
  void add(char c) { out += c; }
  void add(std::string_view text) { out += text; }
  void quoted(std::string_view text) { append_quoted(text, out); }
  void number(std::int64_t number) { append_integer(number, out); }
  void number(std::uint64_t number) { append_integer(number, out); }
  void number(double number) { append_number(number, out); }
};

struct Size {
  std::size_t limit;
  std::size_t size = 0;
  std::string scratch{};

  bool full() const { return size > limit; }
  void add(char) { ++size; }
  void add(std::string_view text) { size += text.size(); }
  void quoted(std::string_view text) {
    size += 2 + text.size();
    for (std::size_t at = plain_length(text); at < text.size() && !full();
         at += 1 + plain_length(text.substr(at + 1))) {
      size += escape_of(text[at]) == 'u' ? 5 : 1;
    }
  }
  template <class Number>
  void number(Number number) {
    scratch.clear();
    Text{scratch}.number(number);
    size += scratch.size();
  }
};

template <class Sink>
void write(const Value& value, Sink& sink);

template <class Sink>
void write_member(const Member& member, bool first, Sink& sink) {
  if (!first) sink.add(',');
  sink.quoted(member.key());
  sink.add(':');
  write(member.value(), sink);
}

template <class Sink>
void write_members(const Object& object, Sink& sink) {
  if (std::is_same_v<Sink, Size> || is_sorted(object)) {
    for (const Member& member : object) {
      write_member(member, &member == object.begin(), sink);
      if (sink.full()) return;
    }
    return;
  }
  std::vector<const Member*> sorted;
  sorted.reserve(object.size());
  for (const Member& member : object) sorted.push_back(&member);
  std::ranges::sort(sorted, before,
                    [](const Member* member) { return std::string_view(member->key()); });
  for (const Member*& member : sorted) write_member(*member, &member == sorted.data(), sink);
}

template <class Sink>
void write_elements(const Array& array, Sink& sink) {
  for (const Value& element : array) {
    if (&element != array.begin()) sink.add(',');
    write(element, sink);
    if (sink.full()) return;
  }
}

template <class Sink>
void write(const Value& value, Sink& sink) {
  switch (value.kind()) {
    case boost::json::kind::object:
      sink.add('{');
      write_members(value.get_object(), sink);
      sink.add('}');
      break;
    case boost::json::kind::array:
      sink.add('[');
      write_elements(value.get_array(), sink);
      sink.add(']');
      break;
    case boost::json::kind::string:
      sink.quoted(value.get_string());
      break;
    case boost::json::kind::int64:
      sink.number(std::int64_t{value.get_int64()});
      break;
    case boost::json::kind::uint64:
      sink.number(std::uint64_t{value.get_uint64()});
      break;
    case boost::json::kind::double_:
      sink.number(value.get_double());
      break;
    case boost::json::kind::bool_:
      sink.add(value.get_bool() ? std::string_view("true") : "false");
      break;
    case boost::json::kind::null:
      sink.add("null");
      break;
  }
}

}  // namespace

void append_canonical(const Value& value, std::string& out) {
  Text text{out};
  write(value, text);
}

std::string canonical(const Value& value) {
  std::string out;
  append_canonical(value, out);
  return out;
}

std::size_t canonical_size(const Value& value, std::size_t limit) {
  Size size{limit};
  write(value, size);
  return size.full() ? limit + 1 : size.size;
}

void append_quoted(std::string_view text, std::string& out) {
  constexpr char digits[] = "0123456789abcdef";
  out += '"';
  for (;;) {
    const std::size_t plain = plain_length(text);
    out += text.substr(0, plain);
    if (plain == text.size()) break;
    const char c = text[plain];
    out += '\\';
    out += escape_of(c);
    if (escape_of(c) == 'u') {
      out += "00";
      out += digits[c >> 4];
      out += digits[c & 15];
    }
    text.remove_prefix(plain + 1);
  }
  out += '"';
}

void append_number(double number, std::string& out) {
  if (number >= -0x1p63 && number < 0x1p63) {
    const auto whole = static_cast<std::int64_t>(number);
    if (static_cast<double>(whole) == number) {
      append_integer(whole, out);
      return;
    }
    char text[352];  // "-0." and 324 zeros at most before 17 digits
    const auto end = std::to_chars(text, text + sizeof text, number, std::chars_format::fixed).ptr;
    out.append(text, end);
    return;
  }
  if (!std::isfinite(number)) {
    out += "null";
    return;
  }
  // Too large for 64 bits, so an integer: its digits and zeros ("d.ddde+XX" without the point).
  char text[32];
  const auto end =
      std::to_chars(text, text + sizeof text, number, std::chars_format::scientific).ptr;
  std::string_view digits(text, end);
  const std::size_t exponent_at = digits.find('e');
  std::size_t places = 0;
  std::from_chars(end - (digits.size() - exponent_at - 2), end, places);
  digits = digits.substr(0, exponent_at);
  if (digits.front() == '-') {
    out += '-';
    digits.remove_prefix(1);
  }
  out += digits.front();
  const std::string_view fraction = digits.size() > 2 ? digits.substr(2) : std::string_view{};
  out += fraction;
  out.append(places - fraction.size(), '0');
  out += ".0";
}

}  // namespace onggi::json
