// What else is written as text: times, time zones, ids, and the bytes of UTF-8.
#include <algorithm>

#include <unicode/utf8.h>

#include "base/clock.h"
#include "base/time_zone.h"
#include "base/utf8.h"
#include "base/uuid.h"
#include "tests/fuzz/fuzz.h"

namespace onggi::fuzz {
namespace {

int number(std::string_view text, std::size_t at, std::size_t digits) {
  int value = 0;
  for (const char digit : text.substr(at, digits)) value = value * 10 + (digit - '0');
  return value;
}

// Days since 1970-01-01, counted by hand.
std::int64_t days_until(int year, int month, int day) {
  constexpr int before[] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
  const auto is_leap = [](int y) { return (y % 4 == 0 && y % 100 != 0) || y % 400 == 0; };
  std::int64_t days = before[month - 1] + day - 1 + (month > 2 && is_leap(year));
  for (int y = 1970; y < year; ++y) days += is_leap(y) ? 366 : 365;
  for (int y = year; y < 1970; ++y) days -= is_leap(y) ? 366 : 365;
  return days;
}

// The same instant, taken from the text by the places of its digits.
std::int64_t instant(std::string_view text) {
  std::int64_t minutes = days_until(number(text, 0, 4), number(text, 5, 2), number(text, 8, 2));
  minutes = (minutes * 24 + number(text, 11, 2)) * 60 + number(text, 14, 2);
  std::int64_t ms = minutes * 60'000 + number(text, 17, 2) * 1'000;
  std::string fraction = "000";
  for (std::size_t i = 0; i < 3 && text[19] == '.' && text[20 + i] >= '0' && text[20 + i] <= '9';
       ++i)
    fraction[i] = text[20 + i];
  ms += number(fraction, 0, 3);
  if (text.back() == 'Z' || text.back() == 'z') return ms;
  const std::string_view offset = text.substr(text.size() - 6);
  const int shift = number(offset, 1, 2) * 60 + number(offset, 4, 2);
  return ms - (offset.front() == '-' ? -shift : shift) * std::int64_t{60'000};
}

void check_time(std::string_view text) {
  const std::optional<Time> time = parse_time(text);
  if (!time) return;
  hold(time->ms == instant(text), "a time is its instant");
  hold(*time >= earliest_time && *time <= latest_time, "it can be written");
  const std::string written = to_string(*time);
  hold(written.size() == 24 && written.back() == 'Z', "in 24 characters of UTC");
  hold(parse_time(written) == time, "and read again");
  if (time->ms >= 0) hold(Uuid::v7(*time).time() == *time, "an id carries it");
}

void check_uuid(std::string_view text) {
  const std::optional<Uuid> id = Uuid::parse(text);
  if (!id) return;
  std::string lower(text);
  for (char& c : lower) c = c >= 'A' && c <= 'F' ? static_cast<char>(c + 32) : c;
  hold(to_string(*id) == lower, "an id is written in lower case");
  hold(Uuid::from_bytes(id->view()) == *id, "its bytes are the id");
}

bool is_utf8_by_icu(std::string_view text) {
  std::int32_t at = 0;
  const auto size = static_cast<std::int32_t>(text.size());
  while (at < size) {
    UChar32 character = 0;
    U8_NEXT(text.data(), at, size, character);
    if (character < 0) return false;
  }
  return true;
}

}  // namespace

void try_input(std::string_view input) {
  check_time(input);
  check_uuid(input);
  hold(is_utf8(input) == is_utf8_by_icu(input), "UTF-8 is what ICU takes for it");
  const std::string mended = to_utf8(input);
  hold(is_utf8(mended), "what is mended is UTF-8");
  hold((mended == input) == is_utf8(input), "nothing else is mended");
  if (is_time_zone(input))
    hold(input.size() < 64 && input.find_first_not_of("./ ") == 0, "a zone is a name");
}

}  // namespace onggi::fuzz
