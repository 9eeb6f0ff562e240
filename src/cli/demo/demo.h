// A believable platform, made from the catalogue and a fixed seed: every directory gets the same
// names, counts and figures, with times that end at the clock's now.
#pragma once

#include <cstdint>
#include <string>

#include "app/engine.h"

namespace onggi::cli::demo {

struct Filled {
  std::size_t users = 0;  // besides admin
  std::size_t tools = 0;
  std::size_t knowledgebases = 0;
  std::size_t blocks = 0;
  std::size_t agents = 0;
  std::size_t workflows = 0;
  std::size_t executions = 0;
  std::size_t workflow_executions = 0;
  int days = 0;             // over which the executions are spread, up to now
  std::string workflow_id;  // one of admin's that is worth a look
};

// Writes through the stores: the definitions in one transaction, then the executions. Throws
// std::runtime_error if there are users besides admin already.
Filled fill(app::Engine& engine);

}  // namespace onggi::cli::demo
