// From a path to a database of the present schema.
#pragma once

#include <filesystem>
#include <span>

#include <sys/types.h>

#include "db/statement.h"

namespace onggi::db::sqlite {

inline constexpr int page_bytes = 8'192;

// A database that migrate() has accepted. Connections and writes are held to its inode: a file
// moved away or replaced while the server runs must not be written half here and half there.
struct File {
  std::filesystem::path path;
  dev_t device;
  ino_t inode;

  // Throws Unavailable when `path` no longer leads to it: what is written then would be lost with
  // the file.
  void require_in_place() const;
};

// Creates or opens `file` (mode 0600 when new) and applies the migrations that it lacks. Throws
// std::runtime_error for the user.
File migrate(const std::filesystem::path& file, std::span<const Migration> migrations);

}  // namespace onggi::db::sqlite
