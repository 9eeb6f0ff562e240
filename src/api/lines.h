// The items of a batch: what a JSON array or NDJSON consists of, each for itself.
#pragma once

#include <string_view>
#include <vector>

#include "base/error.h"

namespace onggi::api {

// The lines of NDJSON that hold something (more than spaces).
std::vector<std::string_view> split_lines(std::string_view text);

// The elements of a JSON array as they are written. Precondition: the text is a syntactically valid
// JSON array.
std::vector<std::string_view> split_array(std::string_view text);

}  // namespace onggi::api
