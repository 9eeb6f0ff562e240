// What the bench's users have defined. Everything follows from an index, so that one can say who
// owns what without looking.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "json/json.h"

namespace onggi::cli::demo {

inline constexpr std::size_t bench_users = 100;

json::Object bench_user(std::size_t index);

// The index of the user who owns it. Agents of one provider belong to many users.
std::size_t owner_of_agent(std::size_t index);
json::Object bench_agent(std::size_t index);
bool is_private_agent(std::size_t index);

std::size_t owner_of_workflow(std::size_t index);
// `agents` are the ids that its nodes may name.
json::Object bench_workflow(std::size_t index, const std::vector<std::string>& agents);

}  // namespace onggi::cli::demo
