// Weeks, summed up: of closed weeks the daily rows of an agent or workflow are kept added up as
// well, so that a quarter of a year is read as some twenty rows of each and not as ninety.
//
// A row of a week is the sum of what daily rows there are from its Monday to its Sunday, frozen
// ones and others apart. It holds where `Lifetime::is_summed()` says so: there, who changes a daily
// row makes the row of its week anew in the same transaction; elsewhere nobody looks at it. Today's
// week is not summed up, so recording executions costs nothing more. Where much of summed weeks
// changes at once (a load of old executions, a rebuild) they are given up, and summed up again when
// it is over; until then days are read.
#pragma once

#include <vector>

#include "statistics/rows.h"
#include "store/batches.h"

namespace onggi::statistics {

// The Monday of a date's week.
Date week_of(Date date);
// Weeks before this Monday are to be summed up: they are over in every zone.
Date summed_before(Time now);

// In a transaction that has taken `lifetime` and has written daily rows: the weeks of these. The
// lifetime is to be saved.
Task<void> refresh_weeks(db::Connection& connection, Kind kind, Lifetime& lifetime,
                         std::vector<RowKey> changed);

// Sums up what is not yet, of a user whose statistics are made. False: it was overtaken, or is to
// stop; another time.
Task<bool> sum_up(store::Batches& batches, Kind kind, Uuid user);
// All weeks of a user are to be summed up anew.
Task<void> give_up_weeks(store::Batches& batches, Kind kind, Uuid user);

}  // namespace onggi::statistics
