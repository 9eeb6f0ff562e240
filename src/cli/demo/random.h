// A generator of our own, so that the demo is the same on every machine. Not for secrets.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace onggi::cli::demo {

// SplitMix64.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}

  std::uint64_t next() {
    std::uint64_t mixed = state_ += 0x9E3779B97F4A7C15u;
    mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9u;
    mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EBu;
    return mixed ^ (mixed >> 31);
  }

  // [0, 1)
  double fraction() { return static_cast<double>(next() >> 11) * 0x1p-53; }
  // Both ends included.
  std::int64_t between(std::int64_t low, std::int64_t high) {
    return low + static_cast<std::int64_t>(next() % static_cast<std::uint64_t>(high - low + 1));
  }
  bool chance(double probability) { return fraction() < probability; }

  template <class Container>
  const auto& pick(const Container& from) {
    return from[static_cast<std::size_t>(between(0, static_cast<std::int64_t>(from.size()) - 1))];
  }

  // Half of them below `median`, with a long tail above, as durations and token counts have.
  std::int64_t around(std::int64_t median) {
    double sum = 0;  // of twelve: close enough to normal, variance 1
    for (int i = 0; i < 12; ++i) sum += fraction();
    return std::llround(static_cast<double>(median) * std::exp((sum - 6) * 0.5));
  }

  // An index, drawn in proportion to the steps of `cumulative`, which ascends.
  std::size_t weighted(const std::vector<double>& cumulative) {
    const double drawn = fraction() * cumulative.back();
    std::size_t index = 0;
    while (index + 1 < cumulative.size() && cumulative[index] <= drawn) ++index;
    return index;
  }

 private:
  std::uint64_t state_;
};

}  // namespace onggi::cli::demo
