// Where in a document something is wrong. parse() keeps no paths, since nearly all documents are
// fine; for one that is not, the text is read a second time and the path kept. Private to json/.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace onggi::json {

// The JSON pointer of the value in which text[offset] stands; of the object, if that is in a
// member's name. `text` must be good JSON up to `offset`. A pointer over about 1,000 bytes is cut
// at a token, so that it names what encloses the place.
std::string pointer_at(std::string_view text, std::size_t offset);

// The JSON pointer of the object that the brace at text[offset] closes.
std::string closing_pointer(std::string_view text, std::size_t offset);

// The JSON pointer of the first member whose name its object has already. Precondition: `text` is
// good JSON that has one.
std::string duplicate_pointer(std::string_view text);

// "line 3, column 7" of text[offset], both from 1, the column in characters.
std::string line_and_column(std::string_view text, std::size_t offset);

}  // namespace onggi::json
