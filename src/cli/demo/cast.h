// Who and what there is in the demo: the catalogue as drafts, ready to be written, with its names
// resolved.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "cli/demo/narration.h"
#include "store/stores.h"

namespace onggi::cli::demo {

// A definition that was worked on after it was made.
struct LaterChange {
  const store::Definitions* store;
  Uuid id;
  Uuid owner;
  store::Change change;
};

struct Cast {
  // In an order in which everything that is referred to comes first.
  std::vector<std::pair<const store::Definitions*, store::Draft>> drafts;
  std::vector<LaterChange> changes;
  std::vector<Uuid> users;  // besides admin
  std::vector<Subject> agents;
  std::vector<Subject> workflows;
  Uuid shown_workflow;  // of admin
};

// `admin` owns what the catalogue gives to admin. Everything was defined in the weeks before the
// history that ends at `now`.
Cast assemble(const store::Stores& stores, const Uuid& admin, Time now);

}  // namespace onggi::cli::demo
