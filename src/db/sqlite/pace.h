// How fast waiting writes get their turn, and so whether one more would wait too long.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace onggi::db::sqlite {

class Pace {
 public:
  // A group of so many took so long, while others were left waiting.
  void note(std::size_t members, std::chrono::nanoseconds took) {
    groups_[next_++ % groups_.size()] = {members, took / static_cast<std::int64_t>(members)};
  }

  // Whether a write behind so many others would wait longer than `limit`. Never where these go with
  // the next two groups: on a slow disk each group takes long, and refusing does not make it
  // quicker. What counts is the middle one of the last few groups, so that one large write (a
  // batch) among small ones does not.
  bool is_too_long(std::size_t waiting, std::chrono::nanoseconds limit) const {
    std::array<std::chrono::nanoseconds, remembered> each{};
    std::size_t largest = 0;
    for (std::size_t i = 0; i < remembered; ++i) {
      each[i] = groups_[i].each;
      largest = std::max(largest, groups_[i].members);
    }
    if (waiting <= std::max(always_welcome, 2 * largest)) return false;
    std::ranges::nth_element(each, each.begin() + remembered / 2);
    return each[remembered / 2] * static_cast<std::int64_t>(waiting) > limit;
  }

 private:
  static constexpr std::size_t remembered = 5;
  static constexpr std::size_t always_welcome = 16;

  struct Group {
    std::size_t members = 0;
    std::chrono::nanoseconds each{};
  };
  std::array<Group, remembered> groups_{};
  std::size_t next_ = 0;
};

}  // namespace onggi::db::sqlite
