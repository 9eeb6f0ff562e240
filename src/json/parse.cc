#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstring>
#include <stdexcept>
#include <string>
#include <vector>

#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/value_stack.hpp>

#include "json/collisions.h"
#include "json/json.h"
#include "json/place.h"

namespace onggi::json {
namespace {

using boost::json::error_code;
using boost::json::string_view;
using JsonError = boost::json::error;

// What JSON allows and onggi does not.
enum class Refused { nothing, number, zero_character, surrogate, names };

// What basic_parser tells while it reads, made into a value. Converts numbers itself: Boost's
// doubles may be off by an ulp.
class Builder {
 public:
  static constexpr std::size_t max_object_size = Object::max_size();
  static constexpr std::size_t max_array_size = Array::max_size();
  static constexpr std::size_t max_key_size = boost::json::string::max_size();
  static constexpr std::size_t max_string_size = boost::json::string::max_size();

  Builder(std::string_view text, bool trusted, boost::json::storage_ptr storage)
      : text_(text),
        trusted_(trusted),
        stack_(boost::json::storage_ptr(), scratch_, sizeof scratch_) {
    stack_.reset(std::move(storage));
  }

  Refused refused() const { return refused_; }
  // The members of all objects, duplicates included.
  std::size_t members() const { return members_; }
  Value release() { return stack_.release(); }

  bool on_document_begin(error_code&) { return true; }
  bool on_document_end(error_code&) { return true; }
  bool on_object_begin(error_code&) {
    names_[++depth_] = 0;
    return true;
  }
  bool on_object_end(std::size_t size, error_code& error) {
    if (names_[depth_--] > NameSample::small_object) {
      const NameSample sample = std::move(samples_.back());
      samples_.pop_back();
      if (!trusted_ && sample.collide(size)) return refuse(Refused::names, error);
    }
    members_ += size;
    stack_.push_object(size);
    return true;
  }
  bool on_array_begin(error_code&) { return true; }
  bool on_array_end(std::size_t size, error_code&) {
    stack_.push_array(size);
    return true;
  }
  bool on_key_part(string_view part, std::size_t, error_code& error) {
    stack_.push_chars(part);
    if (names_[depth_] >= NameSample::small_object) begun_name_.append(part.data(), part.size());
    return check(part, error);
  }
  bool on_key(string_view part, std::size_t, error_code& error) {
    stack_.push_key(part);
    if (++names_[depth_] > NameSample::small_object) sample(part);
    return check(part, error);
  }
  bool on_string_part(string_view part, std::size_t, error_code& error) {
    stack_.push_chars(part);
    return check(part, error);
  }
  bool on_string(string_view part, std::size_t, error_code& error) {
    stack_.push_string(part);
    return check(part, error);
  }
  bool on_number_part(string_view, error_code&) { return true; }
  bool on_int64(std::int64_t number, string_view, error_code&) {
    stack_.push_int64(number);
    return true;
  }
  bool on_uint64(std::uint64_t, string_view, error_code& error) {
    return refuse(Refused::number, error);
  }
  bool on_double(double nearly, string_view digits, error_code& error) {
    double number = 0;
    if (is_integer(digits) || !convert(digits, nearly, number))
      return refuse(Refused::number, error);
    stack_.push_double(number);
    return true;
  }
  bool on_bool(bool value, error_code&) {
    stack_.push_bool(value);
    return true;
  }
  bool on_null(error_code&) {
    stack_.push_null();
    return true;
  }
  bool on_comment_part(string_view, error_code&) { return true; }
  bool on_comment(string_view, error_code&) { return true; }

 private:
  static bool is_integer(string_view digits) {
    for (const char c : digits) {
      if (c == '.' || c == 'e' || c == 'E') return false;
    }
    return true;
  }

  // False if the number is too large. `nearly` is Boost's value: exact for up to 15 digits without
  // an exponent (one division of two exact doubles), and otherwise good enough to tell too large
  // from too small.
  static bool convert(string_view digits, double nearly, double& number) {
    number = nearly;
    const bool is_exact = digits.size() <= 16 &&
                          std::ranges::none_of(digits, [](char c) { return (c | 0x20) == 'e'; });
    if (is_exact) return true;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (error != std::errc::result_out_of_range) return true;
    number = 0;
    return std::fabs(nearly) < 1;
  }

  // U+0000 can only come out of an escape, and what has escapes is not handed over in place.
  bool check(string_view part, error_code& error) {
    const bool in_place = part.data() >= text_.data() && part.data() < text_.data() + text_.size();
    if (in_place || part.empty() || !std::memchr(part.data(), '\0', part.size())) return true;
    return refuse(Refused::zero_character, error);
  }

  void sample(string_view last_part) {
    if (names_[depth_] == NameSample::small_object + 1) samples_.emplace_back();
    if (begun_name_.empty()) {
      samples_.back().add(last_part);
      return;
    }
    begun_name_.append(last_part.data(), last_part.size());
    samples_.back().add(begun_name_);
    begun_name_.clear();
  }

  bool refuse(Refused what, error_code& error) {
    refused_ = what;
    error = JsonError::exception;
    return false;
  }

  std::string_view text_;
  bool trusted_;
  Refused refused_ = Refused::nothing;
  std::size_t members_ = 0;
  std::size_t depth_ = 0;  // of objects alone
  std::array<std::size_t, max_enclosed_depth + 1>
      names_;                        // by depth: how many the object has so far
  std::vector<NameSample> samples_;  // of the open objects that are large
  std::string begun_name_;           // the parts of a name with escapes, in a large object
  alignas(Value) unsigned char scratch_[4096];
  boost::json::value_stack stack_;
};

std::size_t count_members(const Value& value) {
  std::size_t count = 0;
  if (const Object* object = value.if_object()) {
    count = object->size();
    for (const auto& member : *object) {
      if (member.value().is_structured()) count += count_members(member.value());
    }
  } else if (const Array* array = value.if_array()) {
    for (const Value& element : *array) {
      if (element.is_structured()) count += count_members(element);
    }
  }
  return count;
}

// The code unit of the \uXXXX at `at`, or -1 if there is none.
int code_unit(std::string_view text, std::size_t at) {
  unsigned unit = 0;
  if (text.size() < at + 6 || text[at] != '\\' || text[at + 1] != 'u') return -1;
  const auto [end, error] = std::from_chars(text.data() + at + 2, text.data() + at + 6, unit, 16);
  return error == std::errc{} && end == text.data() + at + 6 ? static_cast<int>(unit) : -1;
}

bool starts_escape(std::string_view text, std::size_t at) {
  const std::size_t last_other = text.substr(0, at + 1).find_last_not_of('\\');
  return (at - last_other) % 2 ==
         1;  // an odd run of backslashes; before the first character stands a quotation mark
}

// Whether what the parser stopped at is the lack of a second half: some good JSON string goes on
// after a first half.
bool lacks_second_half(std::string_view text, std::size_t offset) {
  for (std::size_t back = 6; back <= 12 && back <= offset; ++back) {
    const std::size_t at = offset - back;
    const int unit = code_unit(text, at);
    if (unit < 0xD800 || unit > 0xDBFF || !starts_escape(text, at)) continue;
    const std::string_view rest = text.substr(at + 6);
    if (!rest.starts_with('\\')) return !rest.empty();
    if (rest.starts_with("\\u")) {
      const int second = code_unit(rest, 0);
      return second >= 0 && (second < 0xDC00 || second > 0xDFFF);
    }
    return rest.size() > 1 && std::strchr("\"\\/bfnrt", rest[1]) != nullptr && rest[1] != '\0';
  }
  return false;
}

Refused refused_by_parser(std::string_view text, std::size_t offset, error_code error) {
  if (error == JsonError::exponent_overflow) return Refused::number;
  if (error == JsonError::illegal_leading_surrogate ||
      error == JsonError::illegal_trailing_surrogate)
    return Refused::surrogate;
  const bool may_be = error == JsonError::syntax || error == JsonError::expected_hex_digit;
  return may_be && lacks_second_half(text, offset) ? Refused::surrogate : Refused::nothing;
}

std::string_view reason(std::string_view text, std::size_t offset, error_code error) {
  if (error == JsonError::too_deep) return "nested deeper than 100 levels";
  if (error == JsonError::incomplete || offset >= text.size()) return "the text ends too early";
  if (error == JsonError::expected_hex_digit)
    return "\\u must be followed by four hexadecimal digits";
  if (offset == 0 && text.starts_with("\xEF\xBB\xBF")) return "a byte order mark is not allowed";
  const auto byte = static_cast<unsigned char>(text[offset]);
  if (byte < 0x20) return "control characters must be escaped";
  if (byte >= 0x80) return "not UTF-8, or a character outside a string";
  return "unexpected character";
}

std::unexpected<Error> malformed(std::string_view text, std::size_t offset, error_code error) {
  std::string detail = "Not valid JSON at " + line_and_column(text, offset) + ": ";
  detail += reason(text, offset, error);
  return fail(Code::malformed, std::move(detail) + '.');
}

std::unexpected<Error> refusal(Refused what, std::string pointer) {
  switch (what) {
    case Refused::zero_character:
      return invalid(std::move(pointer), "the character U+0000 is not allowed");
    case Refused::names:
      return invalid(std::move(pointer), "too many names of members share a hash value");
    case Refused::surrogate:
      return invalid(std::move(pointer), "half of a surrogate pair is not allowed");
    default:
      return invalid(
          std::move(pointer),
          "the number is out of range: integers have 64 bits, others are finite doubles");
  }
}
static_assert(max_depth == 100);

Result<Value> read(std::string_view text, bool trusted, boost::json::storage_ptr storage,
                   std::size_t depth) {
  boost::json::basic_parser<Builder> parser({.max_depth = depth}, text, trusted,
                                            std::move(storage));
  error_code error;
  const std::size_t end = parser.write_some(false, text.data(), text.size(), error);
  Builder& builder = parser.handler();
  if (error) {
    const Refused refused = builder.refused() != Refused::nothing
                                ? builder.refused()
                                : refused_by_parser(text, end, error);
    if (refused != Refused::nothing)
      return refusal(
          refused, refused == Refused::names ? closing_pointer(text, end) : pointer_at(text, end));
    return malformed(text, end, error);
  }
  if (end < text.size()) return malformed(text, end, JsonError::extra_data);
  const std::size_t members = builder.members();
  Value value = builder.release();
  if (count_members(value) != members)
    return invalid(duplicate_pointer(text), "the member appears twice");
  return value;
}

}  // namespace

Result<Value> parse(std::string_view text, boost::json::storage_ptr storage, std::size_t depth) {
  return read(text, false, std::move(storage), depth);
}

Value parse_stored(std::string_view text, boost::json::storage_ptr storage) {
  Result<Value> value = read(text, true, std::move(storage), max_enclosed_depth);
  if (!value) throw std::runtime_error("stored JSON is damaged: " + value.error().detail);
  return std::move(*value);
}

}  // namespace onggi::json
