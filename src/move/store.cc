#include "move/store.h"

#include <stdexcept>
#include <tuple>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "sql/catalogue.h"

namespace onggi::move {
namespace {

using Body = std::function<Task<Result<bool>>(db::Connection&)>;

void write_now(db::Database& database, Body body) {
  db::Cost cost;
  const Result<bool> done = run_now(database.write<bool>(cost, std::move(body)));
  if (!done) throw std::runtime_error(done.error().detail);
}

// As one transaction, the table and its row: there is never one without the other.
Task<Result<bool>> make_unfinished(db::Connection& connection, std::string source,
                                   std::string place) {
  co_await connection.run(sql::moving_begin, db::Params{});
  const db::Params row = db::Params::of(source, place);
  co_await connection.run(sql::moving_set_source, row);
  co_return true;
}

Task<Result<bool>> write_rows(db::Connection& connection, const Table& table, const db::Rows& rows,
                              std::string before, std::string after) {
  std::vector<db::Params> params;
  params.reserve(rows.size());
  for (const db::Row row : rows) params.push_back(params_of(table, row, table.columns.size()));
  const std::int64_t written = co_await connection.run_each(*table.insert, std::move(params));
  if (written != static_cast<std::int64_t>(rows.size()))
    throw std::runtime_error(
        fmt::format("{}: {} of {} rows were taken", table.name, written, rows.size()));
  const db::Params places = db::Params::of(before, after);
  const std::int64_t moved = co_await connection.run(sql::moving_proceed, places);
  if (moved != 1)
    co_return fail(Code::conflict, "somebody else is moving to this store at the same time");
  co_return true;
}

Task<Result<bool>> try_each(db::Connection& connection, const Table& table, const db::Rows& rows,
                            std::size_t& at) {
  for (at = 0; at < rows.size(); ++at) {
    const db::Params row = params_of(table, rows[at], table.columns.size());
    const std::int64_t written = co_await connection.run(*table.insert, row);
    if (written != 1) throw std::runtime_error("refers to a row that is not there");
  }
  co_return fail(Code::conflict, "to be taken back");
}

}  // namespace

void Reader::open(const Table& table, const db::Params& after) {
  if (cursor_)
    cursor_->go_on(cost_, *table.read, after);
  else
    cursor_ = database_.open_lasting(cost_, *table.read, after);
}

db::Rows Reader::next() {
  return cursor_->next(batch_rows, batch_bytes);
}

std::optional<Unfinished> find_unfinished(db::Database& database) {
  db::Cost cost;
  const db::Rows there = run_now(database.many(cost, sql::moving_is_unfinished, {}));
  if (there.empty()) return std::nullopt;
  const db::Rows rows = run_now(database.many(cost, sql::moving_place, {}));
  if (rows.empty()) return Unfinished{};
  return Unfinished{std::string(rows[0].text(0)), std::string(rows[0].text(1))};
}

void refuse_unfinished(db::Database& database) {
  const std::optional<Unfinished> unfinished = find_unfinished(database);
  if (unfinished)
    throw std::runtime_error(fmt::format(
        "this store is not wholly there: {} has not ended. The same command again goes on where it "
        "was",
        unfinished->source));
}

std::string_view find_rows(db::Database& database) {
  Reader reader(database);
  for (const Table& table : tables()) {
    reader.open(table);
    if (!reader.next().empty()) return table.name;
  }
  return {};
}

Writer Writer::begin(db::Database& database, std::string source, std::string place) {
  write_now(database, [&source, &place](db::Connection& connection) {
    return make_unfinished(connection, source, place);
  });
  return {database, Unfinished{std::move(source), std::move(place)}};
}

std::optional<Refused> Writer::write(const Table& table, const db::Rows& rows, std::string place) {
  try {
    write_now(database_, [this, &table, &rows, &place](db::Connection& connection) {
      return write_rows(connection, table, rows, unfinished_.place, place);
    });
  } catch (const Unavailable&) {
    throw;
  } catch (const std::runtime_error&) {
    std::optional<Refused> refused = find_refused(table, rows);
    if (!refused) throw;
    return refused;
  }
  unfinished_.place = std::move(place);
  return std::nullopt;
}

// One row after the other, and all of it taken back.
std::optional<Refused> Writer::find_refused(const Table& table, const db::Rows& rows) {
  std::size_t at = 0;
  try {
    db::Cost cost;
    const Body body = [&](db::Connection& connection) {
      return try_each(connection, table, rows, at);
    };
    std::ignore = run_now(database_.write<bool>(cost, body));
  } catch (const std::runtime_error& refusal) {
    return Refused{at, refusal.what()};
  }
  return std::nullopt;
}

void Writer::end() {
  write_now(database_, [](db::Connection& connection) -> Task<Result<bool>> {
    co_await connection.run(sql::moving_end, db::Params{});
    co_return true;
  });
}

}  // namespace onggi::move
