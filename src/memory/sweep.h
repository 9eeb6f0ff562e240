// What clean-up leaves in the embedded store's index of metadata (memory_sweeps): terms lie by
// their values, so that each batch of memories would change as many pages as it has terms; all
// those of a scope at once are a few ranges.
#pragma once

#include "base/uuid.h"
#include "db/place.h"
#include "store/batches.h"

namespace onggi::memory {

// In the transaction that removes memories of an agent: their terms are left to sweep_terms().
Task<void> leave_terms(db::Connection& connection, Uuid agent, db::MemoryLife life);

// Removes whatever terms were left, by an earlier run as well.
Task<void> sweep_terms(store::Batches& batches);

}  // namespace onggi::memory
