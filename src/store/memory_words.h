// The words of memories, as they are kept (sql/memory.sql): written in the transaction of the
// memory, read to make an agent's index (words/index.h).
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <unordered_set>
#include <vector>

#include "base/uuid.h"
#include "db/database.h"
#include "json/json.h"
#include "model/memory.h"
#include "words/index.h"

namespace onggi::store {

// Ids as either store takes them.
struct Ids {
  explicit Ids(const std::vector<Uuid>& ids) {
    for (const Uuid& id : ids) {
      bytes += id.view();
      texts.emplace_back(id.view());
    }
  }
  std::string bytes;
  std::vector<std::string> texts;
};

// What is kept of a memory, of its text and its metadata as JSON.
std::string words_of(std::string_view content, std::string_view metadata);

// Of memories that are new, or whose text or metadata are. `known`: the words of some or all of
// them, in the same order; empty where they are still to be found.
Task<void> keep_words(db::Connection& connection,
                      std::vector<std::shared_ptr<const model::Memory>> memories,
                      std::vector<std::string_view> known = {});

// Before memories of an agent are removed: who has them in an index is to hear of it.
Task<void> note_gone(db::Connection& connection, Uuid agent, std::vector<Uuid> ids, Time now);

// Of memories that came without an embedding, where the server is to ask for it.
Task<void> queue_embeddings(db::Connection& connection,
                            std::vector<std::shared_ptr<const model::Memory>> memories, Time now);
// One that the server had asked for does not stand for what the memory says now.
Task<void> drop_embedding(db::Connection& connection, Uuid agent, Uuid memory);

// By what an agent's index goes at one instant.
struct IndexState {
  words::Horizon horizon;
  // Changes that the snapshot may not show have this number or a higher one.
  std::int64_t next_change = 0;
};
// nullopt: not the owner's agent.
Task<std::optional<IndexState>> index_state(db::Connection& connection, Uuid agent, Uuid owner,
                                            Time now);

// Puts into the index what has changed since; 0: everything. The index must be nobody else's while
// it runs.
Task<void> read_words(db::Connection& connection, Uuid agent, std::shared_ptr<words::Index> index);
// The rows of what has changed; put_changes() puts them in.
Task<db::Rows> changed_words(db::Connection& connection, Uuid agent, std::int64_t since);
void put_changes(const db::Rows& rows, words::Index& index);

// A memory of an answer, as a list shows it, and what its snippet is made of.
struct FoundMemory {
  Uuid id;
  std::string json;
  std::string content;
};
Task<std::vector<FoundMemory>> found_memories(db::Connection& connection, Uuid agent, Uuid owner,
                                              std::vector<Uuid> ids);

// Those of these memories whose metadata contains it.
Task<std::unordered_set<Uuid>> memories_containing(db::Connection& connection, Uuid agent,
                                                   std::vector<Uuid> ids, json::Value metadata);

// Hands over each embedding that there is of these memories; its floats are valid during the call.
Task<void> read_vectors(db::Connection& connection, Uuid agent, std::vector<Uuid> ids,
                        std::function<void(const Uuid& id, std::span<const float> vector)> take);

}  // namespace onggi::store
