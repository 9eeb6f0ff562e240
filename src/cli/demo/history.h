// Thirty days of executions.
#pragma once

#include <vector>

#include "cli/demo/narration.h"

namespace onggi::cli::demo {

// How much of it.
struct Extent {
  std::int64_t executions;
  std::int64_t running;  // of them; begun within the last minutes
  int days;
};

struct Happening {
  Time started_at;
  Time recorded_at;  // when it ended; for a running one, when it began
  Uuid owner;
  json::Object body;  // as POST takes it
};

// How a finished execution ended: nine of ten completed.
std::string_view draw_end(Random& random);

using Tell = json::Object (*)(const Subject& subject, const Course& course, Random& random);

// In the order of their starts. The same subjects, extent and seed give the same executions; only
// their times follow `now`.
std::vector<Happening> history(const std::vector<Subject>& subjects, Extent extent, Tell tell,
                               Time now, std::uint64_t seed);

}  // namespace onggi::cli::demo
