#include "store/idempotency.h"

#include <algorithm>

#include "sql/catalogue.h"

namespace onggi::store {
namespace {

std::optional<std::string_view> unless_empty(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional<std::string_view>(text);
}

}  // namespace

Task<std::optional<KeptAnswer>> Idempotency::find(db::Connection& connection, Uuid user,
                                                  std::string path, std::string key,
                                                  Time now) const {
  const db::Rows rows = co_await connection.many(
      sql::idempotency_find, db::Params::of(user, path, key, now.ms - idempotency_kept_ms));
  if (rows.empty()) co_return std::nullopt;
  KeptAnswer answer;
  std::ranges::copy_n(
      rows[0].text(0).begin(),
      static_cast<std::ptrdiff_t>(std::min(rows[0].text(0).size(), answer.request_hash.size())),
      answer.request_hash.begin());
  answer.status = rows[0].integer(1);
  answer.location = rows[0].maybe_text(2).value_or("");
  answer.etag = rows[0].maybe_text(3).value_or("");
  answer.body = rows[0].text(4);
  co_return answer;
}

Task<void> Idempotency::keep(db::Connection& connection, Uuid user, std::string path,
                             std::string key, KeptAnswer answer, Time now) const {
  db::Params params = db::Params::of(user, path, key);
  params.add_blob(view(answer.request_hash))
      .add(now)
      .add(answer.status)
      .add(unless_empty(answer.location))
      .add(unless_empty(answer.etag))
      .add(answer.body);
  co_await connection.run(sql::idempotency_insert, std::move(params));
  co_await connection.run(sql::idempotency_expire, db::Params::of(now.ms - idempotency_kept_ms));
}

}  // namespace onggi::store
