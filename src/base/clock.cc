#include "base/clock.h"

#include <algorithm>
#include <chrono>

namespace onggi {
namespace {

// Reads RFC 3339 from left to right; every step says whether the text went on as it must.
class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  bool digits(std::size_t count, int& out) {
    if (rest_.size() < count) return false;
    out = 0;
    for (char c : rest_.substr(0, count)) {
      if (c < '0' || c > '9') return false;
      out = out * 10 + (c - '0');
    }
    rest_.remove_prefix(count);
    return true;
  }

  bool character(char wanted) {
    if (rest_.empty() || rest_.front() != wanted) return false;
    rest_.remove_prefix(1);
    return true;
  }

  // "." and at least one digit, or nothing.
  bool fraction(int& ms) {
    ms = 0;
    if (!character('.')) return true;
    int weight = 100;
    std::size_t length = 0;
    for (; length < rest_.size() && rest_[length] >= '0' && rest_[length] <= '9'; ++length) {
      ms += (rest_[length] - '0') * weight;
      weight /= 10;
    }
    rest_.remove_prefix(length);
    return length > 0;
  }

  bool offset(int& minutes) {
    minutes = 0;
    if (character('Z') || character('z')) return true;
    const bool west = !rest_.empty() && rest_.front() == '-';
    if (!character('+') && !character('-')) return false;
    int hour = 0;
    int minute = 0;
    if (!digits(2, hour) || !character(':') || !digits(2, minute)) return false;
    if (hour > 23 || minute > 59) return false;
    minutes = (hour * 60 + minute) * (west ? -1 : 1);
    return true;
  }

  bool at_end() const { return rest_.empty(); }

 private:
  std::string_view rest_;
};

char* put_digits(char* at, unsigned value, int count) {
  for (int i = count - 1; i >= 0; --i) {
    at[i] = static_cast<char>('0' + value % 10);
    value /= 10;
  }
  return at + count;
}

}  // namespace

std::optional<Time> parse_time(std::string_view text) {
  using namespace std::chrono;
  Reader reader(text);
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, ms = 0, offset = 0;
  if (!reader.digits(4, year) || !reader.character('-') || !reader.digits(2, month) ||
      !reader.character('-') || !reader.digits(2, day))
    return {};
  if (!reader.character('T') && !reader.character('t')) return {};
  if (!reader.digits(2, hour) || !reader.character(':') || !reader.digits(2, minute) ||
      !reader.character(':') || !reader.digits(2, second))
    return {};
  if (!reader.fraction(ms) || !reader.offset(offset) || !reader.at_end()) return {};

  const year_month_day date{std::chrono::year{year},
                            std::chrono::month{static_cast<unsigned>(month)},
                            std::chrono::day{static_cast<unsigned>(day)}};
  if (!date.ok() || hour > 23 || minute > 59 || second > (minute == 59 ? 60 : 59)) return {};

  const std::int64_t days = sys_days{date}.time_since_epoch().count();
  const std::int64_t seconds = hour * 3600 + (minute - offset) * 60 + second;
  const Time time{days * day_ms + seconds * 1000 + ms};
  if (time < earliest_time || time > latest_time) return {};
  return time;
}

void append_time(Time time, std::string& out) {
  using namespace std::chrono;
  const milliseconds since_epoch{std::clamp(time, earliest_time, latest_time).ms};
  const days whole = floor<days>(since_epoch);
  const year_month_day date{sys_days{whole}};
  const auto in_day = static_cast<unsigned>((since_epoch - whole).count());

  char text[24];
  char* at = put_digits(text, static_cast<unsigned>(static_cast<int>(date.year())), 4);
  *at++ = '-';
  at = put_digits(at, static_cast<unsigned>(date.month()), 2);
  *at++ = '-';
  at = put_digits(at, static_cast<unsigned>(date.day()), 2);
  *at++ = 'T';
  at = put_digits(at, in_day / 3'600'000, 2);
  *at++ = ':';
  at = put_digits(at, in_day / 60'000 % 60, 2);
  *at++ = ':';
  at = put_digits(at, in_day / 1000 % 60, 2);
  *at++ = '.';
  at = put_digits(at, in_day % 1000, 3);
  *at = 'Z';
  out.append(text, sizeof text);
}

std::string to_string(Time time) {
  std::string out;
  append_time(time, out);
  return out;
}

Time SystemClock::now() const {
  using namespace std::chrono;
  return {floor<milliseconds>(system_clock::now().time_since_epoch()).count()};
}

}  // namespace onggi
