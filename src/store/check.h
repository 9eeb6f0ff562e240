// Whether a store agrees with itself: documents with rows, rows with each other.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "db/database.h"

namespace onggi::store {

struct CheckReport {
  std::map<std::string, std::int64_t> counts;  // rows looked at, by table
  std::vector<std::string> troubles;           // at most troubles_max
  bool is_sound() const { return troubles.empty(); }
};

inline constexpr std::size_t troubles_max = 100;

// Reads everything, piece by piece; changes nothing. Blocks: call it from a thread of its own.
CheckReport check(db::Database& database);

}  // namespace onggi::store
