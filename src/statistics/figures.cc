#include "statistics/figures.h"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <limits>

#include <fmt/format.h>

#include "model/encode.h"

namespace onggi::statistics {
namespace {

// A sum that 64 bits cannot hold stays at their bound.
std::int64_t bounded(__int128 sum) {
  using Limits = std::numeric_limits<std::int64_t>;
  return static_cast<std::int64_t>(std::clamp<__int128>(sum, Limits::min(), Limits::max()));
}

void add_bounded(std::int64_t& to, std::int64_t value, std::int64_t weight = 1) {
  to = bounded(to + static_cast<__int128>(value) * weight);
}

// Not negative values, half up.
std::int64_t divided(std::int64_t value, std::int64_t times, std::int64_t by) {
  const auto product = static_cast<__int128>(value) * times;
  return bounded((2 * product + by) / (2 * static_cast<__int128>(by)));
}

std::uint64_t magnitude(std::int64_t value) {
  const auto bits = static_cast<std::uint64_t>(value);
  return value < 0 ? 0 - bits : bits;
}

void append_or_null(std::optional<std::int64_t> value, std::string& out) {
  if (value)
    fmt::format_to(std::back_inserter(out), "{}", *value);
  else
    out += "null";
}

void widen(Figures& figures, std::int64_t duration) {
  figures.min_duration_ms = std::min(figures.min_duration_ms.value_or(duration), duration);
  figures.max_duration_ms = std::max(figures.max_duration_ms.value_or(duration), duration);
}

// All but durations.
void add_sums(Figures& to, const Figures& from) {
  for (std::size_t i = 0; i < to.count.size(); ++i) to.count[i] += from.count[i];
  add_bounded(to.total_duration_ms, from.total_duration_ms);
  add_bounded(to.llm_call_count, from.llm_call_count);
  add_bounded(to.llm_prompt_tokens, from.llm_prompt_tokens);
  add_bounded(to.llm_completion_tokens, from.llm_completion_tokens);
  add_bounded(to.llm_total_tokens, from.llm_total_tokens);
  add_bounded(to.tool_call_count, from.tool_call_count);
  add_bounded(to.cost_nanos, from.cost_nanos);
}

void add_sums(Figures& to, const store::Contribution& from, std::int64_t weight) {
  to.count[static_cast<std::size_t>(from.status)] += weight;
  add_bounded(to.total_duration_ms, from.duration_ms.value_or(0), weight);
  add_bounded(to.llm_call_count, from.llm_call_count, weight);
  add_bounded(to.llm_prompt_tokens, from.llm_prompt_tokens, weight);
  add_bounded(to.llm_completion_tokens, from.llm_completion_tokens, weight);
  add_bounded(to.llm_total_tokens, from.llm_total_tokens, weight);
  add_bounded(to.tool_call_count, from.tool_call_count, weight);
  add_bounded(to.cost_nanos, from.cost_nanos, weight);
}

}  // namespace

std::int64_t Figures::all() const {
  std::int64_t sum = 0;
  for (const std::int64_t of_status : count) sum += of_status;
  return sum;
}

void Figures::add(const store::Contribution& contribution) {
  add_sums(*this, contribution, 1);
  if (!contribution.duration_ms) return;
  widen(*this, *contribution.duration_ms);
  durations.add(*contribution.duration_ms);
}

void Figures::add(const Figures& other) {
  add_sums(*this, other);
  if (other.min_duration_ms) widen(*this, *other.min_duration_ms);
  if (other.max_duration_ms) widen(*this, *other.max_duration_ms);
  durations.add(other.durations);
}

std::optional<std::int64_t> Figures::success_tenths() const {
  if (finished() <= 0) return std::nullopt;
  return divided(of(model::Status::completed), 1'000, finished());
}

std::optional<std::int64_t> Figures::avg_duration_us() const {
  const std::int64_t measured = durations.count();
  if (measured <= 0) return std::nullopt;
  return divided(total_duration_ms, 1'000, measured);
}

std::optional<std::int64_t> Figures::quantile_ms(int percent) const {
  if (durations.count() <= 0) return std::nullopt;
  const std::int64_t about = durations.quantile(percent);
  if (!min_duration_ms || !max_duration_ms) return about;
  return std::clamp(about, *min_duration_ms, *max_duration_ms);
}

void Figures::append_members(std::string& out) const {
  auto at = std::back_inserter(out);
  fmt::format_to(at, R"("execution_count":{},"running_count":{},"completed_count":{},)", all(),
                 of(model::Status::running), of(model::Status::completed));
  fmt::format_to(at, R"("failed_count":{},"timeout_count":{},"cancelled_count":{})",
                 of(model::Status::failed), of(model::Status::timeout),
                 of(model::Status::cancelled));
  out += R"(,"success_rate":)";
  append_decimal(success_tenths(), 1, out);
  out += R"(,"avg_duration_ms":)";
  append_decimal(avg_duration_us(), 3, out);
  out += R"(,"min_duration_ms":)";
  append_or_null(min_duration_ms, out);
  out += R"(,"max_duration_ms":)";
  append_or_null(max_duration_ms, out);
  for (const int percent : {50, 95, 99}) {
    fmt::format_to(at, R"(,"p{}_duration_ms":)", percent);
    append_or_null(quantile_ms(percent), out);
  }
  fmt::format_to(at, R"(,"llm_call_count":{},"llm_prompt_tokens":{},"llm_completion_tokens":{},)",
                 llm_call_count, llm_prompt_tokens, llm_completion_tokens);
  fmt::format_to(at, R"("llm_total_tokens":{},"tool_call_count":{},"cost_usd":)", llm_total_tokens,
                 tool_call_count);
  model::append_money({cost_nanos}, out);
}

void append_decimal(std::int64_t value, int decimals, std::string& out) {
  std::int64_t unit = 1;
  for (int i = 0; i < decimals; ++i) unit *= 10;
  if (value < 0) out += '-';
  fmt::format_to(std::back_inserter(out), "{}", magnitude(value / unit));
  std::string fraction = fmt::format("{:0{}}", magnitude(value % unit), decimals);
  while (!fraction.empty() && fraction.back() == '0') fraction.pop_back();
  if (!fraction.empty()) out += '.' + fraction;
}

void append_decimal(std::optional<std::int64_t> value, int decimals, std::string& out) {
  if (value)
    append_decimal(*value, decimals, out);
  else
    out += "null";
}

void Delta::add(const store::Contribution& contribution, std::int64_t weight) {
  add_sums(sums_, contribution, weight);
  if (contribution.duration_ms) durations_.emplace_back(*contribution.duration_ms, weight);
}

bool Delta::apply(Figures& row) const {
  add_sums(row, sums_);
  std::vector<std::pair<std::int64_t, std::int64_t>> net = durations_;
  std::ranges::sort(net);
  std::size_t kept = 0;
  for (std::size_t i = 0; i < net.size(); ++i) {
    if (kept != 0 && net[kept - 1].first == net[i].first)
      net[kept - 1].second += net[i].second;
    else
      net[kept++] = net[i];
  }
  net.resize(kept);
  for (const auto& [duration, weight] : net) row.durations.add(duration, weight);
  if (row.finished() == 0) {
    row.min_duration_ms.reset();
    row.max_duration_ms.reset();
    return true;
  }
  for (const auto& [duration, weight] : net) {
    const bool was_extreme = duration == row.min_duration_ms || duration == row.max_duration_ms;
    const bool has_more = Sketch::is_exact(duration) && row.durations.count_near(duration) > 0;
    if (weight < 0 && was_extreme && !has_more) return false;
  }
  for (const auto& [duration, weight] : net)
    if (weight > 0) widen(row, duration);
  return true;
}

}  // namespace onggi::statistics
