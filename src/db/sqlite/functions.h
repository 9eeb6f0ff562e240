// SQL functions of our own, on every connection:
//
//   place_of(time_ms, id [, position])  the place of a row in a list ordered by (time, id), as
//   bytes
//       that compare like it: time in eight bytes, id as it is, position in four, inverted, so that
//       positions ascend where times descend.
//   position_in(place)  the position that a place ends with.
//   json_terms(document, members, scope, most)  a table of one column `term`:
//   json::document_terms()
//       of a JSON object; `members` are names with commas between them.
//   each_row(rows)  the parameters of run_each(): each_row.h.
//   unpacked(text)  the text, be it compressed (base/pack.h).
//   packed(text)  the other way.
//   kept_text(bytes)  bytes as content is kept: text where they are not compressed.
//   memory_scope(agent, shelf)  the scope of the terms of a memory's metadata (db/place.h).
//   memory_term(term, place)  such a term in the index, of a memory at that place.
//   memory_span_end(term)  the place behind all that such a term of the index may have.
#pragma once

#include <sqlite3.h>

namespace onggi::db::sqlite {

// The result code of SQLite.
int register_functions(sqlite3* connection);

}  // namespace onggi::db::sqlite
