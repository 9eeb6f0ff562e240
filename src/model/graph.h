// A workflow's graph taken apart: a React Flow document checked, its nodes and edges as rows, and
// the page that shows them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/error.h"
#include "json/json.h"
#include "model/definitions.h"

namespace onggi::model {

inline constexpr std::size_t nodes_max = 10'000;
inline constexpr std::size_t edges_max = 20'000;

// What nodes refer to, each once; one of the two is set.
struct Reference {
  std::optional<Uuid> agent_id;
  std::optional<Uuid> block_id;
  std::string pointer;  // of the first node's member that says so, for complaints
};

// Where in a page a name belongs: the four bytes "null" at `offset` are to be replaced.
struct NamePlace {
  std::uint32_t offset;
  std::uint32_t ordinal;  // into references
};

struct Graph {
  std::vector<WorkflowNode> nodes;
  std::vector<WorkflowEdge> edges;
  std::vector<Reference> references;
  std::string page;                    // "graph_definition":{...},"nodes":[...],"edges":[...]
  std::vector<NamePlace> name_places;  // ascending by offset
};

// Checks `definition` and takes it apart. 422 with pointers below `pointer` ("/graph_definition")
// for: nodes or edges that are not arrays of objects, missing or duplicate ids, edges or parents to
// nowhere, parents in a circle, ids in data.agent_id and data.block_id that are no UUIDs, more than
// nodes_max or edges_max. `canonical` is the definition's canonical spelling.
Result<Graph> take_apart(const json::Value& definition, std::string_view canonical,
                         std::string pointer);

// As the store keeps them: two little-endian 32-bit numbers a place.
std::string pack(const std::vector<NamePlace>& places);
std::vector<NamePlace> unpack_name_places(std::string_view packed);

// The page with the names in their places: `names[ordinal]` is a JSON string or "null".
void append_with_names(std::string_view page, const std::vector<NamePlace>& places,
                       const std::vector<std::string>& names, std::string& out);

}  // namespace onggi::model
