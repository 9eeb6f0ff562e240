#pragma once

#include <span>

namespace onggi::cli {

// The whole program. Exit codes: 0, 1 for what failed, 2 for what was not understood; messages are
// one line on stderr.
int run(std::span<const char* const> arguments);

}  // namespace onggi::cli
