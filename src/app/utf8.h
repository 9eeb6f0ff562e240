#pragma once

#include <string>
#include <string_view>

namespace onggi::app {

// The text with U+FFFD for every byte that is not part of a UTF-8 sequence.
std::string to_utf8(std::string_view text);

}  // namespace onggi::app
