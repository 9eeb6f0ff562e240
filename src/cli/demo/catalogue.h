// What the demo is made of: JSON, written by hand. A name in `owner`, `agent`, `block` or
// `knowledgebases` stands for the object that carries it as its `key`.
#pragma once

#include <string_view>

namespace onggi::cli::demo {

extern const std::string_view users;           // name, timezone, utc_offset_minutes
extern const std::string_view tools;           // bodies of creations
extern const std::string_view knowledgebases;  // owner, key, body
extern const std::string_view blocks;          // owner, key, body
extern const std::string_view
    agents;  // owner, key, share (of executions), median_ms, changes (patches), body
extern const std::string_view workflows;  // owner, key, share, median_ms, body, stages (graphs.h)
extern const std::string_view
    agent_scenes;  // by the agent's key: what is asked, thought and answered
extern const std::string_view workflow_scenes;  // by the workflow's key

}  // namespace onggi::cli::demo
