#include "move/copy.h"

#include <cstdio>
#include <stdexcept>

#include <fmt/format.h>

#include "cli/commands.h"
#include "cli/move_progress.h"
#include "cli/moved_store.h"

namespace onggi::cli {

int run(const Copy& command, const config::Settings& settings) {
  if (command.from == command.to) throw std::runtime_error("source and target are the same store");
  MovedStore source(command.from, MovedStore::Use::move_from, settings.options);
  MovedStore target(command.to, MovedStore::Use::move_to, settings.options);
  MoveProgress progress;
  move::copy(source.database(), target.database(), progress.report());
  fmt::print(stderr, "copied and verified\n");
  return 0;
}

}  // namespace onggi::cli
