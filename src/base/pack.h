// Texts kept small: compressed with zstd where that is worth it.
//
// What is compressed begins with zstd's magic number, which no UTF-8 text does, so that either kind
// can stand in the same place.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace onggi {

// Below it nothing is compressed.
inline constexpr std::size_t pack_min_bytes = 1'024;

bool is_packed(std::string_view bytes);

// `text` compressed; itself where it is short or would not get smaller.
std::string pack(std::string_view text);

// The text of what pack() gave, or of a text. Throws std::runtime_error for a damaged frame.
std::string unpack(std::string_view bytes);

}  // namespace onggi
