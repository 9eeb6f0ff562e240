// What whoever moves something tells about it.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

namespace onggi::move {

struct Progress {
  std::string_view doing;  // "copied", "verified", ...
  std::string_view table;
  std::int64_t rows = 0;    // of the table, those of an earlier attempt included
  std::int64_t before = 0;  // of them, those of an earlier attempt
  bool is_over = false;     // with this table
};

// Called on the thread that moves, after every batch and at the end of every table.
using Report = std::function<void(const Progress&)>;

}  // namespace onggi::move
