// A platform of a size to measure with (`onggi demo --size bench`): the same figures every time,
// with times that end at the clock's now. What users define does not depend on the number of
// executions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>

#include "cli/demo/demo.h"

namespace onggi::cli::demo {

struct BenchExtent {
  std::size_t agents = 20'000;
  std::size_t workflows = 1'000;
  std::int64_t executions = 1'000'000;
};

// Told what is being written and how far it is.
using Progress = std::function<void(std::string_view what, std::int64_t done, std::int64_t of)>;

// Writes through the stores, in large transactions:
// - 100 users besides admin, "bench-001" and so on;
// - agents, one in twenty private, with a configuration of about 600 bytes. Five providers; one in
// a
//   hundred says ollama, so that of 20,000 everybody sees 190. One in twenty has ten tools;
// - public workflows of 50 nodes and 60 edges, ten nodes of each naming an agent; in one of a
// hundred
//   a node is of the type "rare_review";
// - executions of agents with metrics over 90 days, in the order of their times: three in ten are
//   bench-001's, the others' of the remaining users. A user runs some agents far more than others.
// Throws std::runtime_error if there are users besides admin already.
Filled fill_bench(app::Engine& engine, const BenchExtent& extent, const Progress& progress);

}  // namespace onggi::cli::demo
