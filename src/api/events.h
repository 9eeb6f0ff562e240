// Telling the live feed what requests have done.
#pragma once

#include <memory>
#include <vector>

#include "api/endpoint.h"
#include "feed/feed.h"
#include "model/execution.h"

namespace onggi::api {

// execution.started or .finished, or the same of a workflow_execution.
feed::Event event_of(const Call& call, model::Execution& execution);

// In a transaction: publishes once it is committed, and not if it is not.
void announce(const Call& call, db::Connection& connection, model::Execution& execution);
// Those of `events` with these indices. They are moved from; nobody else may need them.
void announce(const Call& call, db::Connection& connection,
              std::shared_ptr<std::vector<feed::Event>> events, std::vector<std::size_t> indices);

}  // namespace onggi::api
