// Which jobs there are, when they run, and what they do: the one place that brings the parts that
// have work together with the schedule.
#pragma once

#include <vector>

#include "app/storage.h"
#include "base/clock.h"
#include "base/metrics.h"
#include "config/options.h"
#include "feed/feed.h"
#include "memory/life.h"
#include "schedule/job.h"
#include "schedule/runner.h"
#include "store/retention.h"

namespace onggi::app {

// What the arguments refer to must outlive the jobs.
std::vector<schedule::Job> make_jobs(const config::Options& options, Storage& storage,
                                     const Clock& clock, const store::Retention& retention,
                                     const memory::Life& life, Registry& registry);

// Executions stay counted when retention removes them.
store::Retention::Settle settle_statistics();

schedule::RunnerOptions runner_options(const config::Options& options,
                                       const db::Database& database);

// Tells the live feed of every admin.
schedule::Runner::Tell tell_admins(feed::Feed& feed);

// Says in the log for how long executions are kept.
void tell_retention(const config::Options& options);

}  // namespace onggi::app
