// What an execution says: the scenes of the catalogue with their words filled in, as the bodies of
// POST /executions.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/uuid.h"
#include "cli/demo/random.h"
#include "json/json.h"

namespace onggi::cli::demo {

// What runs: an agent or a workflow.
struct Subject {
  Uuid id;
  Uuid owner;
  std::int64_t utc_offset_minutes = 0;  // of its owner
  double share = 1;                     // of all executions
  std::int64_t median_ms = 1'000;
  std::string model;  // of an agent
  json::Array scenes;
};

// One execution's course, drawn before it is told.
struct Course {
  Time started_at;
  std::int64_t duration_ms = 0;
  std::string_view status = "completed";
  std::optional<std::string> session;
};

json::Object tell_agent(const Subject& agent, const Course& course, Random& random);
json::Object tell_workflow(const Subject& workflow, const Course& course, Random& random);

}  // namespace onggi::cli::demo
