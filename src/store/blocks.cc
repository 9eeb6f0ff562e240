#include "store/blocks.h"

#include "sql/catalogue.h"

namespace onggi::store {

Blocks::Blocks()
    : Definitions(model::block_shape,
                  {sql::blocks_find, sql::blocks_insert, sql::blocks_update, sql::blocks_remove,
                   sql::blocks_list, sql::blocks_count},
                  SearchStatements{sql::search_block_with_term, sql::search_block_with_terms,
                                   "configuration"}) {}

Task<std::optional<Page>> Blocks::read(db::Connection& connection, Key key, Uuid reader) const {
  db::Params params;
  key.add_to(params);
  params.add(reader);
  const db::Rows rows = co_await connection.many(sql::blocks_get, std::move(params));
  if (rows.empty()) co_return std::nullopt;
  co_return Page{std::string(rows[0].text(0)), rows[0].integer(1), rows[0].uuid(2) == reader};
}

}  // namespace onggi::store
