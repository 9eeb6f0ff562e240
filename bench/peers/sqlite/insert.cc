#include "peers/sqlite/insert.h"

#include <fmt/format.h>

#include "base/clock.h"
#include "db/place.h"

namespace onggi::bench {
namespace {

constexpr int rows_kept = 20'000;  // written over and over

}  // namespace

Inserts::Inserts(const std::string& file, const Uuid& user, std::size_t rows_at_once)
    : connection_(file, SQLITE_OPEN_READWRITE), rows_at_once_(rows_at_once) {
  connection_.run(
      "pragma synchronous = full; pragma cache_size = -65536; pragma wal_autocheckpoint = 8000");
  take_rows(user);
}

void Inserts::take_rows(const Uuid& user) {
  const std::string sql = fmt::format(
      "select * from agent_executions where user_id = ?1 and status = 'completed' "
      "order by started_at desc limit {}",
      rows_kept);
  Statement select(connection_, sql);
  select.bind(1, user);
  const int columns = sqlite3_column_count(select.raw());
  std::string marks;
  for (int i = 0; i < columns; ++i) {
    const std::string_view name = sqlite3_column_name(select.raw(), i);
    if (name == "id") column_id_ = i;
    if (name == "started_at") column_started_at_ = i;
    if (name == "document") column_document_ = i;
    marks += i == 0 ? "?" : ", ?";
  }
  while (select.step()) {
    Row row;
    for (int i = 0; i < columns; ++i) {
      const int type = sqlite3_column_type(select.raw(), i);
      Value value{type, select.integer(i), {}};
      if (type == SQLITE_TEXT || type == SQLITE_BLOB) value.bytes = select.text(i);
      row.values.push_back(std::move(value));
    }
    const json::Value document =
        json::parse_stored(row.values[static_cast<std::size_t>(column_document_)].bytes);
    constexpr std::string_view searched[] = {"input_data"};
    row.terms = json::document_terms(document.get_object(), searched, user.view(), 256);
    rows_.push_back(std::move(row));
  }
  if (rows_.empty()) throw std::runtime_error("the user has no executions");
  insert_ = std::make_unique<Statement>(
      connection_, fmt::format("insert into agent_executions values ({})", marks));
  insert_term_ = std::make_unique<Statement>(
      connection_, "insert into agent_execution_terms (day, term, place) values (?1, ?2, ?3)");
}

void Inserts::insert_terms(const Row& row, const Uuid& id, Time now) {
  const std::string place = db::place_of(now, id.view());
  for (const json::Term& term : row.terms) {
    sqlite3_bind_int64(insert_term_->raw(), 1, now.ms / day_ms);
    insert_term_->bind_blob(2, {reinterpret_cast<const char*>(term.data()), term.size()});
    insert_term_->bind_blob(3, place);
    insert_term_->step();
  }
}

void Inserts::bind(const Row& row, const Uuid& id, std::int64_t now_ms) {
  for (int i = 0; i < static_cast<int>(row.values.size()); ++i) {
    const Value& value = row.values[static_cast<std::size_t>(i)];
    const int at = i + 1;
    if (i == column_id_)
      insert_->bind(at, id);
    else if (i == column_started_at_)
      sqlite3_bind_int64(insert_->raw(), at, now_ms);
    else if (value.type == SQLITE_INTEGER)
      sqlite3_bind_int64(insert_->raw(), at, value.integer);
    else if (value.type == SQLITE_TEXT)
      insert_->bind_text(at, value.bytes);
    else if (value.type == SQLITE_BLOB)
      insert_->bind_blob(at, value.bytes);
    else
      sqlite3_bind_null(insert_->raw(), at);
  }
}

void Inserts::run() {
  const Time now = SystemClock().now();
  connection_.run("begin immediate");
  for (std::size_t i = 0; i < rows_at_once_; ++i) {
    const Uuid id = Uuid::v7(now);
    const Row& row = rows_[next_++ % rows_.size()];
    bind(row, id, now.ms);
    insert_->step();
    insert_terms(row, id, now);
  }
  connection_.run("commit");
}

}  // namespace onggi::bench
