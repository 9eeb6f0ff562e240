// Vectors compared: cosine similarity, in code that the compiler turns into the machine's own
// vector instructions.
#pragma once

#include <cmath>
#include <cstddef>
#include <span>

namespace onggi::memory {

// Sums in eight lanes, in one fixed order: the same result on every machine that has IEEE floats.
inline float dot(std::span<const float> left, std::span<const float> right) {
  using Lanes = float __attribute__((vector_size(32)));
  constexpr std::size_t width = 8;
  Lanes sum{};
  const std::size_t size = left.size();
  std::size_t i = 0;
  for (; i + width <= size; i += width) {
    Lanes l;
    Lanes r;
    __builtin_memcpy(&l, left.data() + i, sizeof l);
    __builtin_memcpy(&r, right.data() + i, sizeof r);
    sum += l * r;
  }
  float total = 0;
  for (std::size_t lane = 0; lane < width; ++lane) total += sum[lane];
  for (; i < size; ++i) total += left[i] * right[i];
  return total;
}

// Of two of the same size; 0 where one of them has no direction.
inline double cosine(std::span<const float> left, std::span<const float> right) {
  const double norms = std::sqrt(double{dot(left, left)}) * std::sqrt(double{dot(right, right)});
  return norms > 0 ? double{dot(left, right)} / norms : 0;
}

}  // namespace onggi::memory
