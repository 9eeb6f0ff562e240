#include "cli/move_progress.h"

#include <algorithm>
#include <cstdio>

#include <fmt/format.h>
#include <unistd.h>

namespace onggi::cli {
namespace {

constexpr std::chrono::milliseconds terminal_pause{200};
constexpr std::chrono::seconds line_pause{10};

std::string rate_of(std::int64_t rows, std::chrono::duration<double> took) {
  constexpr double too_short_s = 0.05;
  if (rows <= 0 || took.count() < too_short_s) return {};
  return fmt::format(", {:.0f} rows/s", static_cast<double>(rows) / took.count());
}

}  // namespace

MoveProgress::MoveProgress() : is_terminal_(::isatty(STDERR_FILENO) != 0) {}

void MoveProgress::show(const move::Progress& progress) {
  const Clock::time_point now = Clock::now();
  const std::string of = fmt::format("{} {}", progress.doing, progress.table);
  if (of != of_) {
    // The first batch came before: a table of one batch has no rate.
    of_ = of;
    began_ = shown_ = now;
  }
  const bool is_due = is_terminal_ ? now - shown_ >= terminal_pause : now - shown_ >= line_pause;
  if (!progress.is_over && !is_due) return;
  shown_ = now;
  const std::string line = fmt::format("{}: {} rows{}", of, progress.rows,
                                       rate_of(progress.rows - progress.before, now - began_));
  if (is_terminal_)
    fmt::print(stderr, "\r{:<78}{}", line, progress.is_over ? "\n" : "");
  else
    fmt::print(stderr, "{}\n", line);
  std::fflush(stderr);
}

}  // namespace onggi::cli
