#include "cli/demo/demo.h"

#include <cstdio>

#include <fmt/format.h>

#include "cli/commands.h"
#include "cli/hints.h"

namespace onggi::cli {

int run(const Demo&, const config::Settings& settings) {
  const SystemClock clock;
  app::Engine engine(settings.options, clock);
  show_new_key(engine);
  const demo::Filled filled = demo::fill(engine);
  write_marker(engine.directory.places, filled.workflow_id);
  fmt::print(
      "{} holds a demo: {} users besides admin, {} tools, {} knowledgebases, {} blocks, {} agents, "
      "{} workflows,\n"
      "and 30 days of executions: {} of agents, {} of workflows\n"
      "serve it, and see what to try: onggi serve --data {}\n",
      settings.options.data, filled.users, filled.tools, filled.knowledgebases, filled.blocks,
      filled.agents, filled.workflows, filled.executions, filled.workflow_executions,
      settings.options.data);
  return 0;
}

}  // namespace onggi::cli
