// An agent as a file: what GET /agents/{id}/export gives and POST /agents/import takes.
#pragma once

#include <string>

#include "base/error.h"
#include "json/json.h"
#include "model/definitions.h"

namespace onggi::api {

std::string write_agent_export(model::Agent& agent);

// The agent within an export: an object without an id, for the rest to be validated as a creation.
// 422 naming the place for anything else.
Result<json::Value> read_agent_export(const json::Value& body);

}  // namespace onggi::api
