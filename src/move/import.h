// An export read into an empty store: docs/export-format.md.
#pragma once

#include <functional>
#include <string>

#include "db/database.h"
#include "move/progress.h"

namespace onggi::move {

// Gives the file's next line without its end; false at the end of the file. What was given stays
// until the next call.
using NextLine = std::function<bool(std::string& line)>;

// Imports everything and checks it when it is done (store/check.h). What was written is kept with
// how far it is: an import that was ended in any way goes on behind its last batch when it is given
// the same file again, or one whose beginning is the same. Throws std::runtime_error with a message
// for the user: the target is not empty, and no unfinished import of this file; a line is wrong
// (its number and field are named); the file was cut, or is of an unknown version; it contradicts
// itself. The target is refused by servers until this returns. Blocks.
void import_all(const NextLine& next_line, db::Database& target, const Report& report);

}  // namespace onggi::move
