// A store as lines of JSON: docs/export-format.md.
#pragma once

#include <functional>
#include <string_view>

#include "base/clock.h"
#include "db/database.h"
#include "move/progress.h"

namespace onggi::move {

inline constexpr int format_version = 1;

// Writes everything, over one snapshot, also while the store is served: the lines come in pieces of
// whole lines. Throws what `take` throws; std::runtime_error if the store is the target of an
// unfinished move. Blocks.
void export_all(db::Database& source, Time now, const std::function<void(std::string_view)>& take,
                const Report& report);

}  // namespace onggi::move
