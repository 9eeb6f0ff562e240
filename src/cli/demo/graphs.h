// From a workflow's stages to the React Flow document that a person would have drawn.
#pragma once

#include <functional>
#include <string>

#include "json/json.h"

namespace onggi::cli::demo {

// The id of an agent or block by the name that the catalogue gives it.
struct References {
  std::function<std::string(std::string_view key)> agent;
  std::function<std::string(std::string_view key)> block;
};

// A stage is a "chain" of nodes, or nodes that stand "parallel"; with "for_each" the chain is
// repeated in a group for each label; with "group" the stage stands in a group of its own. What
// ends a stage leads to what begins the next.
json::Object draw(const json::Array& stages, const References& references);

}  // namespace onggi::cli::demo
