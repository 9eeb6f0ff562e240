// Chinese, Japanese and Korean text, which has no word of its own to be found between spaces.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace onggi::words {

enum class Script : std::uint8_t { other, hangul, han_or_kana };

Script script_of(char32_t character);

// The run without the particle at its end (은, 는, 이, 가, 을, 를, 에서, ...); the run itself where
// nothing would be left of it, or one syllable where the particle is one of a single letter that
// may as well belong to the word.
std::u32string_view without_particle(std::u32string_view run);

}  // namespace onggi::words
