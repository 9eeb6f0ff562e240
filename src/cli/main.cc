#include "cli/main.h"

#include <cstdio>
#include <exception>

#include <fmt/format.h>

#include "app/log.h"
#include "cli/command_line.h"

namespace onggi::cli {
namespace {

constexpr int failed = 1;
constexpr int not_understood = 2;

int run_command(const CommandLine& line) {
  const auto settings = config::resolve(line.flags, config::process_environment());
  if (!settings) {
    fmt::print(stderr, "onggi: {}\n", settings.error());
    return not_understood;
  }
  // serve says for itself how it logs.
  app::configure_log(config::LogFormat::text, config::LogLevel::warning);
  return std::visit([&settings](const auto& command) { return run(command, *settings); },
                    line.command);
}

}  // namespace

int run(std::span<const char* const> arguments) {
  const auto line = read_command_line(arguments);
  if (!line) {
    fmt::print(line.error().is_mistake ? stderr : stdout, "{}", line.error().text);
    return line.error().is_mistake ? not_understood : 0;
  }
  try {
    return run_command(*line);
  } catch (const std::exception& failure) {
    fmt::print(stderr, "onggi: {}\n", failure.what());
    return failed;
  }
}

}  // namespace onggi::cli
