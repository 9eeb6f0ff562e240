// From argv to a command and the options that were given as flags. The one file behind it knows
// CLI11.
#pragma once

#include <expected>
#include <span>
#include <string>
#include <vector>

#include "cli/commands.h"

namespace onggi::cli {

struct CommandLine {
  Command command;
  std::vector<config::Given> flags;
};

// Instead of a command: help that was asked for (for stdout), or a mistake and where to find help
// (for stderr).
struct Reply {
  std::string text;
  bool is_mistake;
};

// `arguments` without the program's name.
std::expected<CommandLine, Reply> read_command_line(std::span<const char* const> arguments);

}  // namespace onggi::cli
