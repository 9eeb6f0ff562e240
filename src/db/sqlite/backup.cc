// backup() and restore(): a consistent copy is made under another name, synced, and only then given
// its own.
#include <array>
#include <cerrno>
#include <cstdio>
#include <string>
#include <string_view>
#include <system_error>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "db/sqlite/integrity.h"
#include "db/sqlite/ownership.h"
#include "db/sqlite/raw.h"
#include "db/sqlite/sqlite.h"

namespace onggi::db {
namespace {

using namespace sqlite;
using std::filesystem::path;

path beside(const path& file, std::string_view suffix) {
  path other = file;
  other += suffix;
  return other;
}

[[noreturn]] void refuse_for_errno(const path& file, std::string_view what) {
  refuse(file, fmt::format("{}: {}", what, std::generic_category().message(errno)));
}

// A log without its file would be taken for the new file's.
void require_absent(const path& file) {
  for (const std::string_view suffix : {"", "-wal", "-shm", "-journal"}) {
    const path existing = beside(file, suffix);
    if (std::filesystem::exists(std::filesystem::symlink_status(existing))) {
      refuse(existing, "exists already; nothing was written");
    }
  }
}

// A file that grows into the copy, and is gone with this object unless it was published.
class Unpublished {
 public:
  explicit Unpublished(const path& target)
      : target_(target), file_(beside(target, fmt::format(".{}.partial", ::getpid()))) {
    const int descriptor = ::open(file_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (descriptor < 0) refuse_for_errno(file_, "cannot be created");
    ::close(descriptor);
  }
  ~Unpublished() {
    std::error_code ignored;
    for (const std::string_view suffix : {"", "-wal", "-shm", "-journal"}) {
      std::filesystem::remove(beside(file_, suffix), ignored);
    }
  }
  Unpublished(const Unpublished&) = delete;
  Unpublished& operator=(const Unpublished&) = delete;

  const path& file() const { return file_; }

  void publish() {
    sync(file_, O_RDWR);
    // Unlike rename(), takes no file away that has come since.
    if (::renameat2(AT_FDCWD, file_.c_str(), AT_FDCWD, target_.c_str(), RENAME_NOREPLACE) != 0) {
      if (errno != EINVAL) refuse_for_errno(target_, "cannot be given its name");
      require_absent(target_);
      if (::rename(file_.c_str(), target_.c_str()) != 0) {
        refuse_for_errno(target_, "cannot be given its name");
      }
    }
    const path directory = target_.parent_path();
    sync(directory.empty() ? path(".") : directory, O_RDONLY | O_DIRECTORY);
  }

 private:
  static void sync(const path& what, int flags) {
    const int descriptor = ::open(what.c_str(), flags | O_CLOEXEC);
    const bool synced = descriptor >= 0 && ::fsync(descriptor) == 0;
    const int failure = errno;
    if (descriptor >= 0) ::close(descriptor);
    errno = failure;
    if (!synced) refuse_for_errno(what, "cannot be synced");
  }

  path target_;
  path file_;
};

// A database without a log beside it is complete in itself: opened as it is, nothing is written
// next to it (a backup may lie on a read-only disk).
RawConnection open_source(const path& from) {
  if (!std::filesystem::is_regular_file(from)) refuse(from, "does not exist");
  RawConnection source;
  const bool complete = !std::filesystem::exists(beside(from, "-wal"));
  require(from, source.get(),
          complete ? open_immutable(from, source) : open_raw(from, SQLITE_OPEN_READWRITE, source));
  if (!is_ours(source.get(), from)) refuse(from, "is empty, not a database of onggi");
  return source;
}

// All pages in one step: one snapshot, which neither holds up who writes nor starts again when
// somebody has written.
void copy(sqlite3* source, const path& to) {
  RawConnection target;
  require(to, target.get(), open_raw(to, SQLITE_OPEN_READWRITE, target));
  // Without a journal: a copy that fails half way is thrown away.
  require(to, target.get(),
          execute(target.get(), "pragma journal_mode = off; pragma synchronous = off"));
  sqlite3_backup* copying = sqlite3_backup_init(target.get(), "main", source, "main");
  if (!copying) require(to, target.get(), sqlite3_errcode(target.get()));
  const int stepped = sqlite3_backup_step(copying, -1);
  sqlite3_backup_finish(copying);
  if (stepped != SQLITE_DONE) require(to, target.get(), stepped);
}

}  // namespace

void backup(const path& from, const path& to) {
  require_absent(to);
  const RawConnection source = open_source(from);
  Unpublished made(to);
  copy(source.get(), made.file());
  made.publish();
}

void restore(const path& backup_file, const path& to, std::span<const Migration> migrations) {
  require_absent(to);
  const RawConnection source = open_source(backup_file);
  applied_version(source.get(), backup_file, migrations);
  Unpublished made(to);
  copy(source.get(), made.file());

  // What is verified is what will be used, not what was read to make it.
  RawConnection copied;
  require(backup_file, copied.get(), open_immutable(made.file(), copied));
  if (const std::string found = integrity(copied.get()); found != "ok") {
    refuse(backup_file, fmt::format("is damaged; nothing was restored:\n{}", found));
  }
  copied.reset();
  made.publish();
}

}  // namespace onggi::db
