#include "store/tools.h"

#include "model/encode.h"
#include "sql/catalogue.h"

namespace onggi::store {

Tools::Tools()
    : Definitions(model::tool_shape, {sql::tools_find, sql::tools_insert, sql::tools_update,
                                      sql::tools_remove, sql::tools_list, sql::tools_count}) {}

Task<std::optional<Page>> Tools::read(db::Connection& connection, Key key, Uuid) const {
  db::Params params;
  key.add_to(params);
  const db::Rows rows = co_await connection.many(sql::tools_get, std::move(params));
  if (rows.empty()) co_return std::nullopt;
  co_return Page{std::string(rows[0].text(0)), rows[0].integer(1)};
}

void Tools::bind_more(model::Record& record, db::Params& params,
                      std::vector<std::string>& buffers) const {
  buffers.push_back(model::to_json(model::tool_summary_shape, record));
  params.add(buffers.back());
}

Task<Result<void>> Tools::check_removal(db::Connection& connection, Key key) const {
  db::Params params;
  key.add_to(params);
  const db::Rows used = co_await connection.many(sql::tools_is_used, std::move(params));
  if (used[0].boolean(0)) co_return fail(Code::conflict, "Agents use this tool.");
  co_return Result<void>{};
}

Key Tools::key_of(const model::Record& record) const {
  return Key::slug(static_cast<const model::Tool&>(record).slug);
}

}  // namespace onggi::store
