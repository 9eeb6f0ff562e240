// The piece of a memory's text that shows why it was found.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace onggi::words {

inline constexpr std::size_t snippet_bytes = 240;  // of the text, about

// Around the place where most of `terms` (as Ranking::terms has them, stems) stand close together:
// whole words of the text, `... ` and ` ...` where it is cut, the words found in <mark> and
// </mark>. The text itself is as it was given, not escaped: who puts it into a page escapes it and
// then puts the two marks back. Without a hit its beginning.
std::string snippet(std::string_view text, const std::vector<std::string>& terms);

}  // namespace onggi::words
