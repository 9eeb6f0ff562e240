// Building: daily rows made anew of executions, beside the traffic and exact all the same.
//
// Reading many executions takes longer than a writer may be held up, so it happens over a snapshot,
// before the transactions that write. What makes that exact: the user is *held*, so that nothing of
// its changes is folded meanwhile; the snapshot says which changes waited in the queue, which are
// those that the executions it shows have gone through already, and just these are taken out of the
// queue with the rows that are written. The row of lifetimes has a version that every fold counts
// up: a build that finds another one than its snapshot's (its hold had run out) writes nothing and
// begins again. So a build may die anywhere; who comes after waits until the hold is over.
//
// Rows are written newest first, a few days in a transaction; `built_from` moves with them, so that
// a reader always knows which rows hold.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "statistics/rows.h"
#include "store/batches.h"

namespace onggi::statistics {

// Makes the rows of these dates anew, those that are built already and not frozen. False: it was
// overtaken time and again, or is to stop; the rows are as they were, or anew, and exact.
Task<bool> rebuild(store::Batches& batches, Kind kind, Uuid user, Date first, Date last);

// The same of those of these dates that are not frozen; any dates, however many.
Task<bool> rebuild_unfrozen(store::Batches& batches, Kind kind, Uuid user, Date first, Date last);

// Takes all that waits of a user, of what started between two times, out of the queue at once, by
// making those days anew: for a load of thousands, which folds would take a thousand at a time.
Task<bool> absorb(store::Batches& batches, Kind kind, Uuid user, Time from, Time to);

// Makes what is not made yet: all of a user that has no statistics, or whose zone has changed.
Task<bool> complete(store::Batches& batches, Kind kind, Uuid user);

// Counts what started before `horizon` in frozen rows from now on, of every user: to be called
// before retention removes those executions. Gives the users of whom it could not, who changed
// again and again; nullopt: it is to stop, and is not done.
Task<std::optional<std::set<Uuid>>> settle(store::Batches& batches, Kind kind, Time horizon);
// The same of one user. Retention's rows are counted as gone when this returns true. False: it was
// overtaken time and again, or is to stop.
Task<bool> settle(store::Batches& batches, Kind kind, Uuid user, Time horizon);

// Whose statistics are to be completed, or summed up (weeks.h): the next few behind `after`.
Task<std::vector<Uuid>> incomplete(store::Batches& batches, Kind kind, Uuid after);
// How far a user's statistics are made, and the dates of its oldest and newest executions that are
// not frozen; nullopt: there is no row.
struct Bounds {
  Lifetime lifetime;
  std::optional<Date> oldest;
  std::optional<Date> newest;
};
Task<std::optional<Bounds>> bounds_of(store::Batches& batches, Kind kind, Uuid user);

// What a run of the job `statistics_rebuild` is asked for: all that is not frozen, or these dates,
// or one user. It stands in the run's progress, for the attempts that follow.
struct Rebuild {
  std::optional<Uuid> user{};
  std::optional<Date> from{};
  std::optional<Date> to{};
};
std::string to_json(const Rebuild& rebuild);
// What that job does. Returns its result as JSON: {"users"}. Throws where it was overtaken time and
// again.
Task<std::string> rebuild_as_asked(store::Batches& batches);

// All users, the next few behind `after`.
Task<std::vector<Uuid>> users_behind(store::Batches& batches, Uuid after);

}  // namespace onggi::statistics
