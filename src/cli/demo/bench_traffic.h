// The executions of the bench, by number.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cli/demo/filling.h"
#include "cli/demo/random.h"
#include "cli/demo/rhythm.h"

namespace onggi::cli::demo {

inline constexpr int traffic_days = 90;

// A user with the agents that it runs, the first of them most.
struct Runner {
  Uuid id;
  std::vector<std::string> agents;
  std::vector<double> shares;  // ascending
};

// The first user is the heavy one. `agents` are those that everybody can see.
std::vector<Runner> runners(const std::vector<Uuid>& users, const std::vector<std::string>& agents);

// The n-th execution of all starts when its share of the work of 90 days is done, so they ascend in
// time. Three in ten are the first runner's. Immutable; thread-safe.
class Traffic {
 public:
  Traffic(const store::Executions& store, std::vector<Runner> runners, Time now,
          std::int64_t count);

  // [begin, end) as batches of 1,000, in the order of their arrival. Depends on nothing but the
  // numbers. Throws std::runtime_error where an execution is refused.
  std::vector<ExecutionDrafts> draw(std::int64_t begin, std::int64_t end) const;

 private:
  ExecutionDrafts draw_batch(std::int64_t begin, std::int64_t end) const;
  store::ExecutionDraft draw_one(const Runner& runner, std::int64_t number, Random& random) const;
  const Runner& draw_runner(std::int64_t number, Random& random) const;

  const store::Executions& store_;
  const std::vector<Runner> runners_;
  const Time now_;
  const std::int64_t count_;
  const Rhythm rhythm_;
};

}  // namespace onggi::cli::demo
