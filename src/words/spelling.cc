#include "words/spelling.h"

#include <algorithm>
#include <array>
#include <utility>

namespace onggi::words {

int typing_distance(std::string_view left, std::string_view right, int most) {
  constexpr std::size_t longest = 64;
  if (left.size() > longest || right.size() > longest) return left == right ? 0 : most + 1;
  const auto apart =
      static_cast<int>(std::max(left.size(), right.size()) - std::min(left.size(), right.size()));
  if (apart > most) return most + 1;
  std::array<std::array<int, longest + 1>, 3> rows;
  auto* before = &rows[0];
  auto* last = &rows[1];
  auto* next = &rows[2];
  for (std::size_t j = 0; j <= right.size(); ++j) (*last)[j] = static_cast<int>(j);
  for (std::size_t i = 1; i <= left.size(); ++i) {
    (*next)[0] = static_cast<int>(i);
    int least = (*next)[0];
    for (std::size_t j = 1; j <= right.size(); ++j) {
      const int change = left[i - 1] == right[j - 1] ? 0 : 1;
      int value = std::min({(*last)[j] + 1, (*next)[j - 1] + 1, (*last)[j - 1] + change});
      if (i > 1 && j > 1 && left[i - 1] == right[j - 2] && left[i - 2] == right[j - 1])
        value = std::min(value, (*before)[j - 2] + 1);
      (*next)[j] = value;
      least = std::min(least, value);
    }
    if (least > most) return most + 1;
    auto* const oldest = before;
    before = last;
    last = next;
    next = oldest;
  }
  return std::min((*last)[right.size()], most + 1);
}

std::uint32_t letters_of(std::string_view word) {
  std::uint32_t letters = 0;
  for (const char letter : word) letters |= 1u << (static_cast<unsigned char>(letter) & 31u);
  return letters;
}

}  // namespace onggi::words
