// Whether bytes are UTF-8 (well-formed as Unicode has it: no overlong forms, no surrogates).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace onggi {

bool is_utf8(std::string_view text);

// The text with U+FFFD for every byte that is not part of a UTF-8 sequence.
std::string to_utf8(std::string_view text);

// The beginning of UTF-8 text: at most `bytes` of it, not cut within a character.
std::string_view start_of(std::string_view text, std::size_t bytes);

}  // namespace onggi
