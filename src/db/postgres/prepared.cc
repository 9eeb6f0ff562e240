#include "db/postgres/prepared.h"

#include <algorithm>
#include <charconv>
#include <stdexcept>

#include <fmt/format.h>

#include "db/postgres/values.h"

namespace onggi::db::postgres {
namespace {

constexpr std::int64_t slow_us = 5'000;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// Calls `take(number)` for every $number outside of quotes, and `pass(c)` for all else.
template <class Take, class Pass>
void walk_parameters(std::string_view text, Take take, Pass pass) {
  char quote = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quote != 0) {
      if (c == quote) quote = 0;
    } else if (c == '\'' || c == '"') {
      quote = c;
    } else if (c == '$' && i + 1 < text.size() && is_digit(text[i + 1])) {
      std::size_t number = 0;
      const auto [end, error] =
          std::from_chars(text.data() + i + 1, text.data() + text.size(), number);
      i = static_cast<std::size_t>(end - text.data()) - 1;
      take(number);
      continue;
    }
    pass(c);
  }
}

// "a = b; c = d" as one statement: set_config('a', 'b', true), ...
std::string settings_of(std::string_view planner) {
  std::string text;
  while (!planner.empty()) {
    const std::size_t end = std::min(planner.find(';'), planner.size());
    const std::string_view one = planner.substr(0, end);
    planner.remove_prefix(std::min(end + 1, planner.size()));
    const auto trimmed = [](std::string_view part) {
      const std::size_t first = part.find_first_not_of(' ');
      if (first == std::string_view::npos) return std::string_view{};
      return part.substr(first, part.find_last_not_of(' ') - first + 1);
    };
    const std::size_t equals = one.find('=');
    if (equals == std::string_view::npos) continue;
    text += fmt::format("{}set_config('{}', '{}', true)", text.empty() ? "select " : ", ",
                        trimmed(one.substr(0, equals)), trimmed(one.substr(equals + 1)));
  }
  return text;
}

std::string resets_of(std::string_view settings) {
  if (settings.empty()) return {};
  std::string names;
  std::size_t at = 0;
  while ((at = settings.find("set_config('", at)) != std::string_view::npos) {
    at += std::string_view("set_config('").size();
    names += fmt::format("{}'{}'", names.empty() ? "" : ", ",
                         settings.substr(at, settings.find('\'', at) - at));
  }
  return fmt::format(
      "select set_config(name, reset_val, true) from pg_catalog.pg_settings where name in ({})",
      names);
}

}  // namespace

Prepared::Prepared(const Statement& stated, std::size_t number, StatementCounters counted)
    : statement(stated),
      name(fmt::format("s{}", number)),
      settings(settings_of(stated.planner)),
      resets(resets_of(settings)),
      counters(counted) {
  const std::string_view source = stated.postgres.empty() ? stated.text : stated.postgres;
  std::vector<std::size_t> numbers;
  walk_parameters(source, [&](std::size_t n) { numbers.push_back(n); }, [](char) {});
  std::ranges::sort(numbers);
  const auto surplus = std::ranges::unique(numbers);
  numbers.erase(surplus.begin(), surplus.end());
  walk_parameters(
      source,
      [&](std::size_t n) {
        const auto place = std::ranges::lower_bound(numbers, n) - numbers.begin();
        text += fmt::format("${}", place + 1);
      },
      [&](char c) { text += c; });
  for (const std::size_t n : numbers) {
    if (n == 0) throw std::logic_error(fmt::format("{}: parameters begin at $1", stated.name));
    parameters.push_back(n - 1);
  }
}

void Prepared::learn(std::vector<Oid> types) {
  const std::lock_guard lock(mutex_);
  if (learnt_) return;
  takes_sets_ = !types.empty() && std::ranges::all_of(types, is_array);
  learnt_ = std::make_unique<const std::vector<Oid>>(std::move(types));
  types_.store(learnt_.get(), std::memory_order_release);
}

void Prepared::took(std::chrono::nanoseconds time) {
  constexpr std::int64_t weight = 8;  // of what was, against what is
  const std::int64_t us = time.count() / 1'000;
  const std::int64_t before = average_us_.load(std::memory_order_relaxed);
  average_us_.store(before + (us - before) / weight, std::memory_order_relaxed);
}

bool Prepared::is_slow() const {
  return average_us_.load(std::memory_order_relaxed) > slow_us;
}

Prepared& Catalogue::find(const Statement& statement) {
  {
    const std::shared_lock lock(mutex_);
    const auto known = known_.find(&statement);
    if (known != known_.end()) return *known->second;
  }
  const std::unique_lock lock(mutex_);
  std::unique_ptr<Prepared>& place = known_[&statement];
  if (!place)
    place = std::make_unique<Prepared>(statement, known_.size(), counters_of(registry_, statement));
  return *place;
}

}  // namespace onggi::db::postgres
