// What runs by itself, as app registers it.
#pragma once

#include <functional>
#include <string>

#include "base/task.h"
#include "store/batches.h"

namespace onggi::schedule {

struct Job {
  std::string id;    // "retention"
  std::string name;  // what it does, for people
  std::string cron;  // five fields; empty: it runs when it is asked for, and never by itself
  // Gives what it has done, a JSON object as text. Runs on a thread of its own, so it may block; it
  // ends early where is_to_stop() says so. What it throws makes the attempt fail.
  std::function<Task<std::string>(store::Batches&)> work;
};

}  // namespace onggi::schedule
