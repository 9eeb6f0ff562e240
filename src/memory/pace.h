// How many rows a batch takes, so that it holds nobody up: measured with its commit.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace onggi::memory {

class Pace {
 public:
  std::int64_t rows() const { return rows_; }

  // A batch of `rows` took so long: the next one is to take about the time that is aimed at.
  void note(std::int64_t rows, std::chrono::nanoseconds time) {
    if (rows <= 0) return;
    const double per_row = static_cast<double>(time.count()) / static_cast<double>(rows);
    const auto fitting = static_cast<std::int64_t>(aim_ns / std::max(per_row, 1.0));
    rows_ = std::clamp(std::min(fitting, rows_ * 2), least, most);
  }

 private:
  static constexpr double aim_ns = 10e6;
  static constexpr std::int64_t least = 50;
  static constexpr std::int64_t most = 2'000;
  std::int64_t rows_ = 200;
};

}  // namespace onggi::memory
