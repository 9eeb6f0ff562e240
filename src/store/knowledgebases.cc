#include "store/knowledgebases.h"

#include "sql/catalogue.h"

namespace onggi::store {

Knowledgebases::Knowledgebases()
    : Definitions(
          model::knowledgebase_shape,
          {sql::knowledgebases_find, sql::knowledgebases_insert, sql::knowledgebases_update,
           sql::knowledgebases_remove, sql::knowledgebases_list, sql::knowledgebases_count}) {}

Task<std::optional<Page>> Knowledgebases::read(db::Connection& connection, Key key,
                                               Uuid reader) const {
  db::Params params;
  key.add_to(params);
  params.add(reader);
  const db::Rows rows = co_await connection.many(sql::knowledgebases_get, std::move(params));
  if (rows.empty()) co_return std::nullopt;
  co_return Page{std::string(rows[0].text(0)), rows[0].integer(1)};
}

}  // namespace onggi::store
