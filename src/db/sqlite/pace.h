// How fast waiting writes get their turn, and so how long one more would wait.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace onggi::db::sqlite {

class Pace {
 public:
  // A group of so many took so long, while others were left waiting. What counts is the quicker of
  // the last two groups: one large write (a batch) slows one group down and says nothing about the
  // next, a slow disk slows all of them down.
  void note(std::size_t members, std::chrono::nanoseconds took) {
    const auto each = took / static_cast<std::int64_t>(std::max<std::size_t>(members, 1));
    const auto quicker = std::min(each, std::exchange(previous_, each));
    if (members >= many)
      each_ += (quicker - each_) / 2;
    else  // of few, each is dear: there was little to share the commit
      each_ += (std::min(quicker, 2 * each_) - each_) / 8;
  }

  // For a write behind so many others; 0 as long as nothing is known.
  std::chrono::nanoseconds wait_behind(std::size_t waiting) const {
    return each_ * static_cast<std::int64_t>(waiting);
  }

 private:
  static constexpr std::size_t many = 16;

  std::chrono::nanoseconds each_{std::chrono::microseconds(1)};  // a moving mean
  std::chrono::nanoseconds previous_{};
};

}  // namespace onggi::db::sqlite
