#include "move/copy.h"

#include <exception>
#include <future>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "json/json.h"
#include "move/checksum.h"
#include "move/handover.h"
#include "move/lines.h"
#include "move/store.h"

namespace onggi::move {
namespace {

constexpr std::size_t batches_ahead = 2;

// How far a copy is: behind which row of which table.
struct Place {
  const Table* table = tables().data();
  std::int64_t rows = 0;  // of the table
  db::Rows key;           // of the last one; empty: before the first
};

struct Batch {
  const Table* table;
  db::Rows rows;  // none: the table's end
};

// What a store is known by, whatever it lies in: ids of users are never made twice.
std::string name_of(db::Database& source) {
  Reader reader(source);
  reader.open(tables().front());
  const db::Rows users = reader.next();
  if (users.empty()) throw std::runtime_error("the source is empty");
  return fmt::format("the copy of the store with user {}", to_string(users[0].uuid(0)));
}

std::string spelled(const Table& table, std::int64_t rows, const std::optional<db::Row>& last) {
  std::string out = fmt::format(R"({{"table":"{}","rows":{},"key":)", table.name, rows);
  if (last) {
    out += '{';
    append_members(table, *last, table.key_columns, out);
    out += '}';
  } else {
    out += "null";
  }
  return out + '}';
}

Place read_place(std::string_view text) {
  const json::Value value = json::parse_stored(text);
  Place place;
  place.table = find_table(value.at("table").as_string());
  if (place.table == nullptr)
    throw std::runtime_error("the unfinished copy was begun by another version of onggi");
  place.rows = value.at("rows").as_int64();
  if (value.at("key").is_null()) return place;
  const std::string key = json::canonical(value.at("key"));
  const Result<Line> line = read_line(key);
  place.key.set_columns(static_cast<int>(place.table->key_columns));
  if (!line || !append_row(*place.table, *line, place.table->key_columns, "", place.key))
    throw std::runtime_error("the unfinished copy does not say how far it is");
  return place;
}

Writer open_target(db::Database& target, const std::string& name) {
  std::optional<Unfinished> unfinished = find_unfinished(target);
  if (unfinished && unfinished->source != name)
    throw std::runtime_error(fmt::format(
        "the target is not empty: {} to it has not ended. That command again goes on with it; to "
        "begin anew, take an empty target",
        unfinished->source));
  if (unfinished) return {target, std::move(*unfinished)};
  if (const std::string_view table = find_rows(target); !table.empty())
    throw std::runtime_error(
        fmt::format("the target is not empty: it has rows in {}. Take an empty one", table));
  return Writer::begin(target, name, spelled(tables().front(), 0, std::nullopt));
}

// From the place on, table after table, an empty batch behind each.
void read_all(db::Database& source, const Place& place, Handover<Batch>& handover) {
  Reader reader(source);
  for (const Table* table = place.table; table != tables().data() + tables().size(); ++table) {
    const bool is_resumed = table == place.table && !place.key.empty();
    reader.open(*table, is_resumed ? params_of(*table, place.key[0], table->key_columns)
                                   : least_key(*table));
    while (true) {
      db::Rows rows = reader.next();
      const bool is_end = rows.empty();
      if (!handover.give({table, std::move(rows)})) return;
      if (is_end) break;
    }
  }
}

void write_all(Writer& writer, const Place& place, Handover<Batch>& handover,
               const Report& report) {
  Progress progress{.doing = "copied", .rows = place.rows, .before = place.rows};
  while (std::optional<Batch> batch = handover.take()) {
    progress.table = batch->table->name;
    progress.is_over = batch->rows.empty();
    if (!progress.is_over) {
      progress.rows += static_cast<std::int64_t>(batch->rows.size());
      const std::optional<Refused> refused =
          writer.write(*batch->table, batch->rows,
                       spelled(*batch->table, progress.rows, batch->rows[batch->rows.size() - 1]));
      if (refused)
        throw std::runtime_error(
            fmt::format("the target refuses a row of {}: {}", batch->table->name, refused->why));
    }
    report(progress);
    if (progress.is_over) progress.rows = progress.before = 0;
  }
}

void copy_rows(db::Database& source, Writer& writer, const Report& report) {
  const Place place = read_place(writer.place());
  Handover<Batch> handover(batches_ahead);
  const std::jthread reading([&] {
    std::exception_ptr error;
    try {
      read_all(source, place, handover);
    } catch (...) {
      error = std::current_exception();
    }
    handover.finish(error);
  });
  try {
    write_all(writer, place, handover, report);
  } catch (...) {
    handover.close();  // the reader must not wait for ever
    throw;
  }
}

void compare(db::Database& source, db::Database& target, const Report& report) {
  auto reading =
      std::async(std::launch::async, [&source] { return sums_of(source, [](const Progress&) {}); });
  const std::vector<Sum> copied = sums_of(target, report);
  const std::vector<Sum> original = reading.get();
  std::vector<std::string> different;
  for (std::size_t i = 0; i < copied.size(); ++i) {
    if (copied[i] == original[i]) continue;
    different.push_back(
        copied[i].rows == original[i].rows
            ? fmt::format("{} (one of {} rows at least)", tables()[i].name, copied[i].rows)
            : fmt::format("{} ({} rows, not {})", tables()[i].name, copied[i].rows,
                          original[i].rows));
  }
  if (!different.empty())
    throw std::runtime_error(
        fmt::format("the target is not the same as the source: {}. Something has written to one of "
                    "them meanwhile; begin anew with an empty target",
                    fmt::join(different, ", ")));
}

}  // namespace

std::vector<Sum> sums_of(db::Database& database, const Report& report) {
  Reader reader(database);
  std::vector<Sum> sums;
  for (const Table& table : tables()) {
    Checksum checksum;
    Progress progress{.doing = "verified", .table = table.name};
    reader.open(table);
    while (!progress.is_over) {
      const db::Rows rows = reader.next();
      for (const db::Row row : rows) checksum.add(table, row);
      progress.rows += static_cast<std::int64_t>(rows.size());
      progress.is_over = rows.empty();
      report(progress);
    }
    sums.push_back({progress.rows, checksum.so_far()});
  }
  return sums;
}

void copy(db::Database& source, db::Database& target, const Report& report) {
  refuse_unfinished(source);
  Writer writer = open_target(target, name_of(source));
  copy_rows(source, writer, report);
  compare(source, target, report);
  writer.end();
}

}  // namespace onggi::move
