// How many rows a batch takes, so that it holds nobody up.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace onggi::memory {

class Pace {
 public:
  explicit Pace(std::int64_t most = 2'000) : most_(most) {}

  std::int64_t rows() const { return rows_; }

  // A batch of `rows` has worked so long: the next one is to work about as long as is aimed at.
  // Neither its commit counts nor how long it waited for its turn: a smaller batch has them too.
  void note(std::int64_t rows, std::chrono::nanoseconds time) {
    if (rows <= 0) return;
    const double per_row = static_cast<double>(time.count()) / static_cast<double>(rows);
    const auto fitting = static_cast<std::int64_t>(aim_ns / std::max(per_row, 1.0));
    rows_ = std::clamp(std::min(fitting, rows_ * 2), least, most_);
  }

 private:
  static constexpr double aim_ns = 8e6;
  static constexpr std::int64_t least = 50;
  const std::int64_t most_;
  std::int64_t rows_ = 200;
};

// How long a body has worked so far.
class Stopwatch {
 public:
  std::chrono::nanoseconds elapsed() const { return std::chrono::steady_clock::now() - begun_; }

 private:
  const std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
};

}  // namespace onggi::memory
