// The endpoints of agents' memory.
#include "api/handlers.h"
#include "model/memory.h"
#include "model/memory_search.h"

namespace onggi::api {
namespace {

using enum http::Method;
using enum model::Type;

constexpr Parameter memory_filters[] = {
    {"type", choice, "Memories of this type", model::memory_type_names},
    {"memory_type", choice, "The same", model::memory_type_names},
    {"importance", choice, "Memories of this importance", model::importance_names},
    {"session_id", text, "Of this session"},
    {"from", time, "Created at this instant or later"},
    {"to", time, "Created before this instant"},
    {"metadata", any, "Memories whose metadata contains this"}};
constexpr Parameter clean_up_parameters[] = {
    {"dry_run", boolean, "true: counts what would be done, and does nothing"},
    {"list", boolean, "true: lists up to 1,000 of what goes"}};

}  // namespace

void add_memory_endpoints(std::vector<Endpoint>& table) {
  const std::size_t first = table.size();
  table.push_back({.method = post,
                   .path = "/agents/{agent_id}/memory",
                   .operation = "create_memory",
                   .summary = "Remembers something, or up to 1,000 things, all or none",
                   .budget = 14,
                   .handle = create_memory,
                   .body = Body::one_or_many,
                   .body_shape = &model::memory_shape,
                   .answer_shape = &model::memory_shape,
                   .status = 201});
  table.push_back({.method = get,
                   .path = "/agents/{agent_id}/memory",
                   .operation = "list_memories",
                   .summary = "Lists what an agent remembers, newest first",
                   .budget = 4,
                   .handle = list_memories,
                   .query = memory_filters,
                   .shows = Shows::list,
                   .answer_shape = &model::memory_shape});
  table.push_back({.method = post,
                   .path = "/agents/{agent_id}/memory/search",
                   .operation = "search_memory",
                   .summary = "Finds what an agent remembers, best first; counts as an access",
                   .budget = 10,
                   .handle = search_memory,
                   .body = Body::object,
                   .body_shape = &model::memory_search_shape,
                   .shows = Shows::found,
                   .answer_shape = &model::memory_shape});
  table.push_back({.method = get,
                   .path = "/agents/{agent_id}/memory/settings",
                   .operation = "get_memory_settings",
                   .summary = "How an agent's memory is kept",
                   .budget = 2,
                   .handle = get_memory_settings,
                   .answer_shape = &model::memory_settings_shape});
  table.push_back({.method = put,
                   .path = "/agents/{agent_id}/memory/settings",
                   .operation = "put_memory_settings",
                   .summary = "Says how an agent's memory is to be kept",
                   .budget = 3,
                   .handle = put_memory_settings,
                   .body = Body::object,
                   .body_shape = &model::memory_settings_shape,
                   .answer_shape = &model::memory_settings_shape});
  table.push_back({.method = get,
                   .path = "/agents/{agent_id}/memory/stats",
                   .operation = "get_memory_stats",
                   .summary = "How much an agent remembers",
                   .budget = 3,
                   .handle = get_memory_stats,
                   .shows = Shows::other});
  table.push_back({.method = get,
                   .path = "/agents/{agent_id}/memory/timeline",
                   .operation = "list_memory_timeline",
                   .summary = "What happened to an agent's memories, newest first, for 90 days",
                   .budget = 3,
                   .handle = list_memory_timeline,
                   .shows = Shows::list,
                   .answer_shape = &model::timeline_entry_shape});
  table.push_back({.method = post,
                   .path = "/agents/{agent_id}/memory/consolidate",
                   .operation = "consolidate_memory",
                   .summary = "Promotes what is used, now",
                   .budget = 6,
                   .handle = consolidate_memory,
                   .body = Body::empty,
                   .shows = Shows::other});
  table.push_back({.method = get,
                   .path = "/agents/{agent_id}/memory/{memory_id}",
                   .operation = "get_memory",
                   .summary = "Shows a memory; counts as an access",
                   .budget = 2,
                   .handle = get_memory,
                   .answer_shape = &model::memory_shape});
  table.push_back({.method = patch,
                   .path = "/agents/{agent_id}/memory/{memory_id}",
                   .operation = "patch_memory",
                   .summary = "Changes a memory by a merge patch (RFC 7396)",
                   .budget = 7,
                   .handle = patch_memory,
                   .body = Body::merge_patch,
                   .body_shape = &model::memory_shape,
                   .answer_shape = &model::memory_shape});
  table.push_back({.method = del,
                   .path = "/agents/{agent_id}/memory/{memory_id}",
                   .operation = "delete_memory",
                   .summary = "Forgets a memory",
                   .budget = 4,
                   .handle = remove_memory,
                   .shows = Shows::nothing,
                   .status = 204});
  table.push_back({.method = post,
                   .path = "/agents/{agent_id}/memory/{memory_id}/undo",
                   .operation = "undo_memory_promotion",
                   .summary = "Takes a memory's promotion back, for good",
                   .budget = 9,
                   .handle = undo_memory,
                   .body = Body::empty,
                   .answer_shape = &model::memory_shape});
  table.push_back({.method = post,
                   .path = "/memory/cleanup",
                   .operation = "clean_up_memory",
                   .summary = "Promotes what is used and removes what has expired, of all agents",
                   .budget = 6,
                   .handle = clean_up_memory,
                   .access = Access::admin,
                   .query = clean_up_parameters,
                   .body = Body::empty,
                   .shows = Shows::other});
  table.push_back({.method = post,
                   .path = "/memory/consolidate/{agent_id}",
                   .operation = "consolidate_memory_of",
                   .summary = "Promotes what is used of an agent, now",
                   .budget = 6,
                   .handle = consolidate_memory,
                   .body = Body::empty,
                   .shows = Shows::other});
  table.push_back({.method = get,
                   .path = "/memory/stats",
                   .operation = "get_memory_overview",
                   .summary = "How much all agents remember; a user's own",
                   .budget = 2,
                   .handle = get_memory_overview,
                   .shows = Shows::other});
  for (std::size_t i = first; i < table.size(); ++i) table[i].touches_pages = false;
}

}  // namespace onggi::api
