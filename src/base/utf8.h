// Whether bytes are UTF-8 (well-formed as Unicode has it: no overlong forms, no surrogates).
#pragma once

#include <string>
#include <string_view>

namespace onggi {

bool is_utf8(std::string_view text);

// The text with U+FFFD for every byte that is not part of a UTF-8 sequence.
std::string to_utf8(std::string_view text);

}  // namespace onggi
