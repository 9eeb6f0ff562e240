// Whose a file is, and of which version: asked before anything is done with it. All throw
// std::runtime_error with a message for the user that names the file.
#pragma once

#include <filesystem>
#include <span>
#include <string_view>

#include <sqlite3.h>

#include "db/statement.h"

namespace onggi::db::sqlite {

// "ongg", in the file's header.
inline constexpr int application_id = 0x6F6E6767;

[[noreturn]] void refuse(const std::filesystem::path& file, std::string_view why);
// refuse() with what SQLite says of `code`, unless it is SQLITE_OK.
void require(const std::filesystem::path& file, sqlite3* connection, int code);

// True for a database of onggi, false for an empty one; refuses everything else.
bool is_ours(sqlite3* connection, const std::filesystem::path& file);

// The number of migrations applied. Refuses gaps, and a version that `migrations` does not reach.
int applied_version(sqlite3* connection, const std::filesystem::path& file,
                    std::span<const Migration> migrations);

}  // namespace onggi::db::sqlite
