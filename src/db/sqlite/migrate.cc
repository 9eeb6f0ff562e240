#include "db/sqlite/migrate.h"

#include <cerrno>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <system_error>

#include <fcntl.h>
#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "db/sqlite/ownership.h"
#include "db/sqlite/raw.h"

namespace onggi::db::sqlite {
namespace {

void check_numbering(std::span<const Migration> migrations) {
  int expected = 1;
  for (const Migration& migration : migrations) {
    if (migration.version != expected++) {
      throw std::logic_error(
          fmt::format("migration {} stands in place {}", migration.version, expected - 1));
    }
  }
}

// Never opens a file that exists: closing a descriptor of ours would drop the locks that SQLite
// holds on the same file elsewhere in this process.
void create_if_missing(const std::filesystem::path& file) {
  const int descriptor = ::open(file.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (descriptor >= 0) {
    ::close(descriptor);
    return;
  }
  const auto why = [](int code) { return std::generic_category().message(code); };
  if (errno == ENOENT) refuse(file, "cannot be created: its directory does not exist");
  if (errno != EEXIST) refuse(file, fmt::format("cannot be created: {}", why(errno)));
  if (std::filesystem::is_directory(file)) refuse(file, "is a directory");
  if (::access(file.c_str(), R_OK | W_OK) != 0) {
    refuse(file, fmt::format("cannot be read and written: {}", why(errno)));
  }
}

class Migrating {
 public:
  Migrating(const std::filesystem::path& file, std::span<const Migration> migrations)
      : file_(file), migrations_(migrations) {
    check(open_raw(file, SQLITE_OPEN_READWRITE, connection_));
    harden(connection_.get());
  }

  void run() {
    if (!is_ours(connection_.get(), file_)) {
      // Both must stand before the first page is written.
      execute(fmt::format("pragma page_size = {}; pragma auto_vacuum = incremental", page_bytes));
    }
    if (sqlite3_db_readonly(connection_.get(), "main") == 1) refuse(file_, "is read-only");
    keep_log();
    // Off, so that a migration may build a table anew under its old name; checked before each
    // commit instead.
    execute("pragma synchronous = full; pragma temp_store = memory; pragma foreign_keys = off");
    claim();
    while (apply_next()) {
    }
  }

 private:
  void check(int code) { require(file_, connection_.get(), code); }
  void execute(const std::string& text) { check(sqlite::execute(connection_.get(), text)); }

  // Some file systems (over a network, above all) cannot share memory between processes: SQLite
  // stays with its old journal there.
  void keep_log() {
    std::string mode;
    check(query(connection_.get(), "pragma journal_mode = wal", mode));
    if (mode != "wal") refuse(file_, "lies on a file system that cannot keep a write-ahead log");
  }

  void claim() {
    execute("begin immediate");
    // Another process may have been quicker.
    if (!is_ours(connection_.get(), file_)) {
      execute(fmt::format(
          "pragma application_id = {};"
          "create table schema_migrations ("
          "version integer primary key, name text not null, applied_at integer not null)",
          application_id));
    }
    execute("commit");
  }

  // One transaction; two servers that start at once take turns.
  bool apply_next() {
    execute("begin immediate");
    const int version = applied_version(connection_.get(), file_, migrations_);
    const bool pending = static_cast<std::size_t>(version) < migrations_.size();
    if (pending) apply(migrations_[static_cast<std::size_t>(version)]);
    execute("commit");
    return pending;
  }

  // A failure leaves the transaction to the connection's end, which rolls it back.
  void apply(const Migration& migration) {
    const int code = sqlite::execute(connection_.get(), std::string(migration.text));
    if (code != SQLITE_OK && (code & 0xff) != SQLITE_ERROR && (code & 0xff) != SQLITE_CONSTRAINT) {
      check(code);
    }
    if (code != SQLITE_OK) reject(migration, sqlite3_errmsg(connection_.get()));
    std::int64_t broken = 0;
    check(query(connection_.get(), "select count(*) from pragma_foreign_key_check", broken));
    if (broken != 0) reject(migration, fmt::format("{} foreign keys lead nowhere", broken));
    if (sqlite3_get_autocommit(connection_.get()) != 0)
      reject(migration, "it ended its transaction");
    execute(
        fmt::format("insert into schema_migrations (version, name, applied_at) values ({}, '{}', "
                    "cast((julianday('now') - 2440587.5) * 86400000 as integer))",
                    migration.version, migration.name));
    spdlog::info("db.migrated: version {} ({})", migration.version, migration.name);
  }

  [[noreturn]] void reject(const Migration& migration, std::string_view why) {
    refuse(file_, fmt::format("was left as it was: migration {} ({}) failed: {}", migration.version,
                              migration.name, why));
  }

  const std::filesystem::path& file_;
  std::span<const Migration> migrations_;
  RawConnection connection_;
};

}  // namespace

void File::require_in_place() const {
  struct stat now{};
  if (::stat(path.c_str(), &now) == 0 && now.st_dev == device && now.st_ino == inode) return;
  throw Unavailable("The store's file was moved or replaced; onggi must be started again.",
                    fmt::format("{} is not the file that was opened at start", path.string()),
                    Cause::read_only);
}

File migrate(const std::filesystem::path& file, std::span<const Migration> migrations) {
  check_numbering(migrations);
  create_if_missing(file);
  Migrating(file, migrations).run();
  struct stat made{};
  if (::stat(file.c_str(), &made) != 0) {
    refuse(file, std::generic_category().message(errno));
  }
  return {std::filesystem::absolute(file), made.st_dev, made.st_ino};
}

}  // namespace onggi::db::sqlite
