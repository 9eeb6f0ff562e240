#include "base/cron.h"

#include <array>
#include <charconv>
#include <cstdint>
#include <span>

#include <fmt/format.h>

namespace onggi {
namespace {

constexpr std::size_t max_text = 1000;

constexpr std::array<std::string_view, 12> month_names = {"jan", "feb", "mar", "apr", "may", "jun",
                                                          "jul", "aug", "sep", "oct", "nov", "dec"};
constexpr std::array<std::string_view, 7> weekday_names = {"sun", "mon", "tue", "wed",
                                                           "thu", "fri", "sat"};

struct Field {
  std::string_view name;
  unsigned low;
  unsigned high;
  std::span<const std::string_view> names;  // the first stands for `low`
};

constexpr std::array<Field, 5> fields = {{
    {"minute", 0, 59, {}},
    {"hour", 0, 23, {}},
    {"day-of-month", 1, 31, {}},
    {"month", 1, 12, month_names},
    {"day-of-week", 0, 7, weekday_names},
}};

// What one field allows, one bit for each value.
struct Values {
  std::uint64_t bits = 0;
  bool any = false;
};

struct Shortcut {
  std::string_view name;
  std::string_view expression;
};

constexpr std::array<Shortcut, 7> shortcuts = {{
    {"@hourly", "0 * * * *"},
    {"@daily", "0 0 * * *"},
    {"@midnight", "0 0 * * *"},
    {"@weekly", "0 0 * * 0"},
    {"@monthly", "0 0 1 * *"},
    {"@yearly", "0 0 1 1 *"},
    {"@annually", "0 0 1 1 *"},
}};

std::string_view trim(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

// Cuts the part before `separator` off `rest`; all of it if there is none.
std::string_view take_until(std::string_view& rest, char separator) {
  const std::size_t end = rest.find(separator);
  const std::string_view part = rest.substr(0, end);
  rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
  return part;
}

bool is_number(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

std::optional<unsigned> number(std::string_view text) {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return {};
  return value;
}

bool same_word(std::string_view text, std::string_view lower) {
  if (text.size() != lower.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c =
        text[i] >= 'A' && text[i] <= 'Z' ? static_cast<char>(text[i] - 'A' + 'a') : text[i];
    if (c != lower[i]) return false;
  }
  return true;
}

std::optional<unsigned> parse_value(const Field& field, std::string_view text, std::string& why) {
  if (is_number(text)) {
    const std::optional<unsigned> value = number(text);
    if (value && *value >= field.low && *value <= field.high) return value;
    why = fmt::format("the {} must be within {}-{}", field.name, field.low, field.high);
    return {};
  }
  for (unsigned i = 0; i < field.names.size(); ++i) {
    if (same_word(text, field.names[i])) return field.low + i;
  }
  if (text.empty()) {
    why = fmt::format("the {} lacks a value", field.name);
  } else if (text.find_first_of("?LlWw#") != std::string_view::npos && text.size() <= 4) {
    why = fmt::format("the {} uses one of ?, L, W and #, which are not supported", field.name);
  } else if (field.names.empty()) {
    why = fmt::format("the {} must be made of numbers, *, ranges, lists and steps", field.name);
  } else {
    why =
        fmt::format("the {} must be made of numbers, names such as {}, *, ranges, lists and steps",
                    field.name, field.names[1]);
  }
  return {};
}

// "*", "5", "1-5", each but the single value with "/step".
bool parse_term(const Field& field, std::string_view term, Values& values, std::string& why) {
  const bool has_step = term.find('/') != std::string_view::npos;
  std::string_view step_text = term;
  std::string_view range = take_until(step_text, '/');
  unsigned step = 1;
  if (has_step) {
    const std::optional<unsigned> given = is_number(step_text) ? number(step_text) : std::nullopt;
    if (!given || *given < 1 || *given > field.high) {
      why = fmt::format("the step of the {} must be a number within 1-{}", field.name, field.high);
      return false;
    }
    step = *given;
  }
  unsigned first = field.low;
  unsigned last = field.high;
  if (range == "*") {
    if (step == 1) values.any = true;
  } else {
    const bool is_range = range.find('-') != std::string_view::npos;
    if (has_step && !is_range) {
      why = fmt::format("the {} has a step without * or a range before it", field.name);
      return false;
    }
    const std::optional<unsigned> from = parse_value(field, take_until(range, '-'), why);
    if (!from) return false;
    const std::optional<unsigned> to = is_range ? parse_value(field, range, why) : from;
    if (!to) return false;
    if (*to < *from) {
      why = fmt::format("the {} has a range that runs backwards", field.name);
      return false;
    }
    first = *from;
    last = *to;
  }
  for (unsigned value = first; value <= last; value += step)
    values.bits |= std::uint64_t{1} << value;
  return true;
}

bool parse_field(const Field& field, std::string_view text, Values& values, std::string& why) {
  for (bool more = true; more;) {
    more = text.find(',') != std::string_view::npos;
    if (!parse_term(field, take_until(text, ','), values, why)) return false;
  }
  return true;
}

bool ever_comes(const Cron& cron) {
  if (!cron.any_day_of_week) return true;  // some weekday always comes
  constexpr std::array<unsigned, 13> longest = {0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  for (std::size_t month = 1; month <= 12; ++month) {
    for (std::size_t day = 1; cron.months[month] && day <= longest[month]; ++day) {
      if (cron.days_of_month[day]) return true;
    }
  }
  return false;
}

}  // namespace

std::optional<Cron> Cron::parse(std::string_view text, std::string& why) {
  if (text.size() > max_text) {
    why = fmt::format("the expression is longer than {} characters", max_text);
    return {};
  }
  std::string_view rest = trim(text);
  if (rest.starts_with('@')) {
    std::string_view expression;
    for (const Shortcut& shortcut : shortcuts) {
      if (same_word(rest, shortcut.name)) expression = shortcut.expression;
    }
    if (expression.empty()) {
      why =
          "of the @ forms there are @hourly, @daily, @midnight, @weekly, @monthly, @yearly and "
          "@annually";
      return {};
    }
    rest = expression;
  }

  std::array<Values, 5> values;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const std::size_t end = rest.find_first_of(" \t");
    if (rest.empty() || (end == std::string_view::npos) != (i + 1 == fields.size())) {
      why = "the expression must have five fields: minute, hour, day-of-month, month, day-of-week";
      return {};
    }
    if (!parse_field(fields[i], rest.substr(0, end), values[i], why)) return {};
    rest = end == std::string_view::npos ? std::string_view{} : trim(rest.substr(end));
  }

  Cron cron;
  cron.minutes = values[0].bits;
  cron.hours = values[1].bits;
  cron.days_of_month = values[2].bits;
  cron.months = values[3].bits;
  cron.days_of_week = (values[4].bits | values[4].bits >> 7) & 0x7F;  // 7 is Sunday too
  cron.any_day_of_month = values[2].any;
  cron.any_day_of_week = values[4].any;
  if (!ever_comes(cron)) {
    why = "the date never comes";
    return {};
  }
  return cron;
}

}  // namespace onggi
