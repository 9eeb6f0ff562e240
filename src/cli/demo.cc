#include <cstdio>
#include <stdexcept>

#include <fmt/format.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/demo/bench.h"
#include "cli/hints.h"

namespace onggi::cli {
namespace {

// Shown where somebody watches, on one line.
demo::Progress progress() {
  if (::isatty(STDERR_FILENO) == 0) return [](std::string_view, std::int64_t, std::int64_t) {};
  return [](std::string_view what, std::int64_t done, std::int64_t of) {
    fmt::print(stderr, "\r{}: {} of {}    {}", what, done, of, done == of ? "\n" : "");
    std::fflush(stderr);
  };
}

demo::Filled fill(const Demo& command, app::Engine& engine) {
  if (command.size == "small") return demo::fill(engine);
  demo::BenchExtent extent;
  extent.executions = command.executions.value_or(extent.executions);
  return demo::fill_bench(engine, extent, progress());
}

}  // namespace

int run(const Demo& command, const config::Settings& settings) {
  if (command.executions && command.size != "bench")
    throw std::runtime_error("--executions needs --size bench");
  const SystemClock clock;
  app::Engine engine(settings.options, clock);
  show_new_key(engine);
  const demo::Filled filled = fill(command, engine);
  write_marker(engine.directory.places, filled.workflow_id);
  fmt::print(
      "{} holds a demo: {} users besides admin, {} tools, {} knowledgebases, {} blocks, {} agents, "
      "{} workflows,\n"
      "and {} days of executions: {} of agents, {} of workflows\n"
      "serve it, and see what to try: onggi serve --data {}\n",
      settings.options.data, filled.users, filled.tools, filled.knowledgebases, filled.blocks,
      filled.agents, filled.workflows, filled.days, filled.executions, filled.workflow_executions,
      settings.options.data);
  return 0;
}

}  // namespace onggi::cli
