// How many rows a batch takes, so that it holds the writer for about as long as it may.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace onggi::store {

class BatchSize {
 public:
  BatchSize(std::int64_t first, std::int64_t most) : rows_(first), most_(most) {}

  std::int64_t rows() const { return rows_; }

  // After a batch: how long its transaction has worked.
  void took(std::chrono::nanoseconds time) {
    if (time > too_long)
      rows_ = std::max<std::int64_t>(1, rows_ / 2);
    else if (time < short_enough)
      rows_ = std::min(most_, rows_ * 2);
  }

 private:
  static constexpr std::chrono::milliseconds too_long{20};
  static constexpr std::chrono::milliseconds short_enough{5};
  std::int64_t rows_;
  std::int64_t most_;
};

}  // namespace onggi::store
