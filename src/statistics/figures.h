// The figures that an item of the statistics shows, over any set of executions: sums, which can be
// added to others, and from which executions can be taken away again.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "statistics/sketch.h"
#include "store/contribution.h"

namespace onggi::statistics {

// Sums that 64 bits cannot hold stay at their bounds, until the row is made anew.
struct Figures {
  std::array<std::int64_t, 5> count{};  // by model::Status
  std::int64_t total_duration_ms = 0;   // of the finished ones, as the next three
  std::optional<std::int64_t> min_duration_ms;
  std::optional<std::int64_t> max_duration_ms;
  Sketch durations;
  std::int64_t llm_call_count = 0;
  std::int64_t llm_prompt_tokens = 0;
  std::int64_t llm_completion_tokens = 0;
  std::int64_t llm_total_tokens = 0;
  std::int64_t tool_call_count = 0;
  std::int64_t cost_nanos = 0;

  std::int64_t of(model::Status status) const { return count[static_cast<std::size_t>(status)]; }
  std::int64_t all() const;
  std::int64_t finished() const { return all() - of(model::Status::running); }

  void add(const store::Contribution& contribution);
  void add(const Figures& other);
  bool operator==(const Figures&) const = default;

  // Percent of the finished ones that completed, in tenths, half up; absent: none finished.
  std::optional<std::int64_t> success_tenths() const;
  // In microseconds, half up.
  std::optional<std::int64_t> avg_duration_us() const;
  // Within 1 % of the nearest rank, and never beyond the least and the greatest.
  std::optional<std::int64_t> quantile_ms(int percent) const;

  // "execution_count":...,... as API.md lists them, without braces.
  void append_members(std::string& out) const;
};

// A number of so many of its last decimals, without zeros behind: 12500 of 3 is 12.5.
void append_decimal(std::int64_t value, int decimals, std::string& out);
void append_decimal(std::optional<std::int64_t> value, int decimals, std::string& out);

// Changes of one row of figures, added up before the row is known.
class Delta {
 public:
  void add(const store::Contribution& contribution, std::int64_t weight);
  // Adds them to a row; false where it then would not be known what its least or greatest duration
  // is, because one that was it is gone: the row is to be made anew of executions.
  bool apply(Figures& row) const;

 private:
  Figures sums_;
  // Duration and weight, as they came.
  std::vector<std::pair<std::int64_t, std::int64_t>> durations_;
};

}  // namespace onggi::statistics
