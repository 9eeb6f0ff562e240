#include "db/sqlite/handle.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <stdexcept>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "db/sqlite/each_row.h"
#include "db/sqlite/running.h"

namespace onggi::db::sqlite {
namespace {

using SteadyClock = std::chrono::steady_clock;

// Readers map the file: the kernel's page cache then serves all of them, and their own caches,
// which every commit of the writer empties, stay small. The price is that a read error of the disk,
// or another program that cuts the file short, ends the process (SIGBUS) where read() would have
// returned an error. That loses nothing that was acknowledged, and SQLite itself shortens the file
// only below what any open snapshot can see. The writer never maps: an error there must roll back,
// not end everybody's requests. A mapped page is looked at anew each time, so readers do without
// cell_size_check, which took a third of a list.
constexpr std::int64_t mapped_bytes = std::int64_t{1} << 30;
// A log that was outgrown is cut back to this; what stays is overwritten in place, which is the
// fastest fsync.
constexpr std::int64_t kept_wal_bytes = std::int64_t{64} << 20;

std::string settings(Use use, std::int64_t cache_bytes) {
  std::string text = fmt::format(
      "pragma temp_store = memory; pragma trusted_schema = off; pragma foreign_keys = on;"
      "pragma cache_size = -{};",
      std::max<std::int64_t>(cache_bytes / 1024, 64));
  if (use == Use::read) {
    return text + fmt::format("pragma query_only = on; pragma mmap_size = {};", mapped_bytes);
  }
  return text +
         fmt::format(
             "pragma synchronous = full; pragma secure_delete = off; pragma cell_size_check = on;"
             "pragma wal_autocheckpoint = 0; pragma mmap_size = 0;"
             "pragma journal_size_limit = {};",
             kept_wal_bytes);
}

// The number in "$12"; 0 if it is none.
int parameter_number(const char* name) {
  const std::string_view text = name ? name : "";
  int number = 0;
  if (!text.starts_with('$')) return 0;
  const auto [end, error] = std::from_chars(text.data() + 1, text.data() + text.size(), number);
  return error == std::errc{} && end == text.data() + text.size() ? number : 0;
}

std::vector<int> parameter_positions(sqlite3_stmt* compiled, const Statement& statement) {
  std::vector<int> positions;
  const int count = sqlite3_bind_parameter_count(compiled);
  for (int position = 1; position <= count; ++position) {
    const int number = parameter_number(sqlite3_bind_parameter_name(compiled, position));
    if (number < 1 || number > 1'000) {
      throw std::logic_error(fmt::format("{}: parameters are $1, $2, ...", statement.name));
    }
    const auto size = static_cast<std::size_t>(number);
    if (positions.size() < size) positions.resize(size, 0);
    positions[size - 1] = position;
  }
  return positions;
}

// Counts one statement, also one that fails.
class Counted {
 public:
  Counted(Cost& cost, Observations& observations, const Statement& statement,
          const Observations::OfStatement& observed, SteadyClock::time_point started)
      : cost_(cost),
        observations_(observations),
        statement_(statement),
        observed_(observed),
        started_(started) {}
  ~Counted() {
    const auto time = SteadyClock::now() - started_;
    ++cost_.statements;
    cost_.time += time;
    observations_.statements.add();
    observed_.calls->add();
    observed_.time->add(time);
    observations_.slow.note(observed_, statement_.name, time, cost_.request);
  }
  Counted(const Counted&) = delete;
  Counted& operator=(const Counted&) = delete;

 private:
  Cost& cost_;
  Observations& observations_;
  const Statement& statement_;
  const Observations::OfStatement& observed_;
  SteadyClock::time_point started_;
};

constexpr Statement opening{"open", ""};

}  // namespace

Handle::Handle(const File& file, Use use, std::int64_t cache_bytes, Observations& observations,
               std::span<const std::string_view> recording)
    : use_(use), observations_(observations), recording_(recording) {
  file.require_in_place();
  check(open_raw(file.path, SQLITE_OPEN_READWRITE, raw_), opening);
  harden(raw_.get());
  check(sqlite::execute(raw_.get(), settings(use, cache_bytes)), opening);
}

void Handle::fail(int code, const Statement& statement) {
  spoiled_ = spoiled_ || spoils_connection(code);
  if ((code & 0xff) == SQLITE_BUSY) observations_.failures.count(Cause::lock_timeout);
  sqlite::fail(raw_.get(), code, statement.name, use_);
}

Prepared& Handle::prepared(const Statement& statement) {
  const auto known = prepared_.find(&statement);
  if (known != prepared_.end()) return known->second;
  return prepared_.emplace(&statement, prepare(statement)).first->second;
}

Prepared Handle::prepare(const Statement& statement) {
  sqlite3_stmt* compiled = nullptr;
  const char* tail = nullptr;
  const int code =
      sqlite3_prepare_v3(raw_.get(), statement.text.data(), static_cast<int>(statement.text.size()),
                         SQLITE_PREPARE_PERSISTENT, &compiled, &tail);
  RawStatement owned(compiled);
  if ((code & 0xff) == SQLITE_ERROR) {
    throw std::runtime_error(fmt::format("{}: {}", statement.name, sqlite3_errmsg(raw_.get())));
  }
  check(code, statement);
  const std::string_view rest(tail, statement.text.data() + statement.text.size());
  if (!compiled || rest.find_first_not_of(" \t\r\n;") != std::string_view::npos) {
    throw std::logic_error(fmt::format("{} is not one statement", statement.name));
  }
  if (use_ == Use::read && sqlite3_stmt_readonly(compiled) == 0) {
    throw std::logic_error(fmt::format("{} writes, but was given to a reader", statement.name));
  }
  std::vector<int> positions = parameter_positions(compiled, statement);
  // Transaction control is of no area.
  const std::size_t dot = statement.name.find('.');
  const bool is_change =
      dot != std::string_view::npos && sqlite3_stmt_readonly(compiled) == 0 &&
      std::ranges::find(recording_, statement.name.substr(0, dot)) == recording_.end();
  return {std::move(owned), &statement, std::move(positions), is_change,
          takes_each_row(statement.text)};
}

std::int64_t Handle::run(const Statement& statement, const Params& params, Cost& cost) {
  const auto started = SteadyClock::now();
  Running running(*this, statement);
  const Counted counted(cost, observations_, statement, running.observed(), started);
  const std::int64_t before = sqlite3_total_changes64(raw_.get());
  running.start(params);
  return finish_change(running, before);
}

std::int64_t Handle::run_each(const Statement& statement, const std::vector<Params>& rows,
                              Cost& cost) {
  const auto started = SteadyClock::now();
  Running running(*this, statement);
  const Counted counted(cost, observations_, statement, running.observed(), started);
  if (rows.empty()) return 0;
  std::int64_t before = sqlite3_total_changes64(raw_.get());
  if (running.takes_each_row()) {
    running.start_each(rows);
    return finish_change(running, before);
  }
  std::int64_t changed = 0;
  for (const Params& params : rows) {
    running.start(params);
    changed += finish_change(running, before);
    before = sqlite3_total_changes64(raw_.get());
  }
  return changed;
}

// sqlite3_changes64 speaks of the last statement that could change anything, which may not be this
// one.
std::int64_t Handle::finish_change(Running& running, std::int64_t changes_before) {
  while (running.next()) {
  }
  const bool has_changed = sqlite3_total_changes64(raw_.get()) != changes_before;
  return has_changed ? sqlite3_changes64(raw_.get()) : 0;
}

Rows Handle::many(const Statement& statement, const Params& params, Cost& cost,
                  std::size_t max_bytes) {
  const auto started = SteadyClock::now();
  Running running(*this, statement);
  const Counted counted(cost, observations_, statement, running.observed(), started);
  Rows rows;
  running.start(params);
  running.append_all_to(rows, max_bytes);
  return rows;
}

void Handle::scan(const Statement& statement, const Params& params, Cost& cost,
                  const std::function<bool(const Row&)>& take) {
  const auto started = SteadyClock::now();
  Running running(*this, statement);
  const Counted counted(cost, observations_, statement, running.observed(), started);
  Rows row;
  running.start(params);
  while (running.next()) {
    row.clear();
    running.append_to(row);
    if (!take(row[0])) return;
  }
}

Rows Handle::many_each(const Statement& statement, const std::vector<Params>& each, Cost& cost) {
  const auto started = SteadyClock::now();
  Running running(*this, statement);
  const Counted counted(cost, observations_, statement, running.observed(), started);
  Rows rows;
  for (const Params& params : each) {
    running.start(params);
    running.append_all_to(rows, std::numeric_limits<std::size_t>::max());
  }
  return rows;
}

void Handle::execute(std::string_view name, const std::string& text) {
  check(sqlite::execute(raw_.get(), text), Statement{name, {}});
}

void Handle::control(const Statement& statement) {
  Running running(*this, statement);
  running.start({});
  while (running.next()) {
  }
}

}  // namespace onggi::db::sqlite
