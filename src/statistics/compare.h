// Daily rows held against the executions of the same snapshot.
#pragma once

#include <set>
#include <vector>

#include "statistics/snapshot.h"

namespace onggi::statistics {

// Adds to rows of dates from `first` to `last` that are not frozen what waits of them. Returns
// those of which it then is not known what their least or greatest duration is.
std::set<RowKey> add_waiting(Rows& stored, const Snapshot& snapshot, Dates& dates, Date first,
                             Date last);

// Whose figures are not the same; of a row that is not there they are nothing.
std::vector<RowKey> differing(const Rows& stored, const Rows& expected);

// What is there of a row.
const Figures& figures_in(const Rows& rows, const RowKey& key);

}  // namespace onggi::statistics
