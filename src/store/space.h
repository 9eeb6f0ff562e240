// Room that nothing needs any more, given back to the file system.
//
// The embedded store's file is cut by what is free inside of it, in small transactions, and its log
// is emptied. PostgreSQL makes room usable again by itself (autovacuum), and whole months of
// executions go back when retention drops them.
#pragma once

#include <cstdint>
#include <functional>

#include "store/batches.h"

namespace onggi::store {

// Returns the bytes given back. `progress` is told how many there are so far; `settle` brings what
// was committed to where it belongs, at the end.
Task<std::int64_t> return_space(Batches& batches, std::function<void()> settle,
                                std::function<void(std::int64_t bytes)> progress = nullptr);

}  // namespace onggi::store
