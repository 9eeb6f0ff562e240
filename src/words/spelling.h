// How far a word is from another as typing goes.
#pragma once

#include <cstdint>
#include <string_view>

namespace onggi::words {

// Letters left out, put in, put for another, or two exchanged (optimal string alignment), over
// bytes; `most` + 1 if there are more than `most`.
int typing_distance(std::string_view left, std::string_view right, int most);

// A set of the letters of a word: words whose sets differ by more than twice a distance in members
// are further away than that.
std::uint32_t letters_of(std::string_view word);

// Errors that are forgiven in a word of this many letters: none in short ones.
constexpr int typos_allowed(std::size_t letters) {
  return letters < 4 ? 0 : letters < 8 ? 1 : 2;
}

}  // namespace onggi::words
