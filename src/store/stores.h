// All stores, one member each. They hold no state of their own: what is kept is in the database.
#pragma once

#include "store/agents.h"
#include "store/blocks.h"
#include "store/executions.h"
#include "store/idempotency.h"
#include "store/knowledgebases.h"
#include "store/memories.h"
#include "store/tools.h"
#include "store/users.h"
#include "store/workflows.h"

namespace onggi::store {

struct Stores {
  explicit Stores(ExecutionRules rules, bool asks_for_embeddings = false)
      : agent_executions(Executions::Kind::agent, rules),
        workflow_executions(Executions::Kind::workflow, rules),
        memories(asks_for_embeddings) {}

  Users users;
  Tools tools;
  Knowledgebases knowledgebases;
  Blocks blocks;
  Agents agents;
  Workflows workflows;
  Executions agent_executions;
  Executions workflow_executions;
  Prices prices;
  Memories memories;
  Idempotency idempotency;
};

}  // namespace onggi::store
