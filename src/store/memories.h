// What agents remember. Every statement is scoped by the agent and its owner: an agent that is not
// the owner's, or deleted, is 404, public or not. What has expired is as if it were not there.
#pragma once

#include <map>
#include <span>

#include "db/database.h"
#include "model/memory.h"
#include "model/memory_rules.h"
#include "store/change.h"
#include "store/page.h"
#include "store/search.h"

namespace onggi::store {

// One to be created, validated, before its transaction. `record` is shared because a transaction's
// body may run more than once.
struct MemoryDraft {
  std::shared_ptr<model::Memory> record;
  std::optional<Sha256> request_hash;  // where the client brought the id
  bool is_dated = false;               // created_at was given: it is brought along
  std::string words{};  // of its text (memory_words.h): nobody waits for the analysis
};
using MemoryDrafts = std::shared_ptr<const std::vector<MemoryDraft>>;

struct CreatedMemories {
  std::vector<Page> pages;   // one per draft, in order
  bool is_repeated = false;  // all of them were there
  // The agent has so many short-term memories that what is due is to be promoted now.
  bool calls_for_promotion = false;
};

// Which memories a list is of.
struct MemoryFilter {
  std::optional<std::string> type;
  std::optional<std::string> importance;
  std::optional<std::string> session;
  Time from = earliest_time;
  Time to = after_all_times;
  std::shared_ptr<const Filter> search;  // of metadata; null: none
};

// An agent's settings, and how much it remembers.
struct MemoryHead {
  model::MemorySettings settings;
  std::int64_t version = 0;  // of the settings; 0: never set
  std::int64_t size_bytes = 0;
  std::int64_t short_term_count = 0;
};

// The same happened to all of these memories, at once.
struct MemoryEvent {
  Uuid agent;
  Time at;
  std::string_view type;
  std::vector<Uuid> memories;
  std::string metadata = "{}";
};

// One that is as it is kept, with what is not shown.
struct KeptMemory {
  std::shared_ptr<model::Memory> record;
  std::optional<Sha256> request_hash{};
  bool compresses = true;
  std::string_view words{};  // where they are known already
};

// A memory that goes.
struct GoneMemory {
  Uuid id;
  model::MemoryType type;
  std::int64_t stored_bytes = 0;
  Time created_at;
};

class Memories {
 public:
  // Whether memories that come without an embedding are put in line for one.
  explicit Memories(bool asks_for_embeddings = false) : asks_for_embeddings_(asks_for_embeddings) {}

  // A body of one object, or an array of them. An admin may send what is read-only otherwise.
  Result<MemoryDrafts> draft(const json::Value& body, const Uuid& agent, const Uuid& owner,
                             Time now, bool is_admin) const;

  // In a transaction: all of them or none. 404, 409 (an id is taken; there is no room).
  Task<Result<CreatedMemories>> create(db::Connection& connection, Uuid agent, Uuid owner,
                                       MemoryDrafts drafts, Time now) const;
  Task<Result<Page>> read(db::Connection& connection, Uuid agent, Uuid owner, Uuid id,
                          Time now) const;
  Task<Result<Items>> list(db::Connection& connection, Uuid agent, Uuid owner, MemoryFilter filter,
                           Range range, Time now) const;
  Task<Total> count(db::Connection& connection, Uuid agent, Uuid owner, MemoryFilter filter,
                    Time now) const;
  Task<Result<Page>> patch(db::Connection& connection, Uuid agent, Uuid owner, Uuid id,
                           Change change, bool is_admin) const;
  Task<Result<void>> remove(db::Connection& connection, Uuid agent, Uuid owner, Uuid id,
                            IfMatch if_match, Time now) const;
  // In a transaction: takes a promotion back. 404, 409 where it was not promoted.
  Task<Result<Page>> undo(db::Connection& connection, Uuid agent, Uuid owner, Uuid id,
                          IfMatch if_match, Time now) const;

  Task<Result<Page>> settings(db::Connection& connection, Uuid agent, Uuid owner) const;
  Task<Result<Page>> put_settings(db::Connection& connection, Uuid agent, Uuid owner,
                                  std::shared_ptr<const json::Value> body, IfMatch if_match,
                                  Time now) const;
  // What lives, by type, as GET .../stats shows it.
  Task<Result<std::string>> stats(db::Connection& connection, Uuid agent, Uuid owner,
                                  Time now) const;
  Task<Result<Items>> timeline(db::Connection& connection, Uuid agent, Uuid owner,
                               Range range) const;
  Task<Total> count_timeline(db::Connection& connection, Uuid agent) const;
  // What all of the owner's agents remember (nullopt: everybody's), as GET /memory/stats shows it.
  Task<std::string> overview(db::Connection& connection, std::optional<Uuid> owner, Time now) const;

  // How rows change; whatever keeps something beside them does so here, in the same transaction.
  Task<std::int64_t> insert_rows(db::Connection& connection,
                                 const std::vector<KeptMemory>& memories, Time now) const;
  Task<void> update_row(db::Connection& connection, const model::Memory& before, KeptMemory after,
                        Time now) const;
  // Those that were there.
  Task<std::int64_t> remove_rows(db::Connection& connection, Uuid agent,
                                 const std::vector<Uuid>& ids, Time now) const;
  Task<void> record(db::Connection& connection, std::vector<MemoryEvent> events) const;

 private:
  const bool asks_for_embeddings_;

  Task<std::optional<MemoryHead>> head(db::Connection& connection, Uuid agent, Uuid owner,
                                       Time now) const;
  Task<Result<std::vector<std::size_t>>> tell_apart(db::Connection& connection, Uuid agent,
                                                    const std::vector<MemoryDraft>& drafts) const;
  Task<Result<std::map<Uuid, Page>>> repeated(db::Connection& connection, Uuid agent, Uuid owner,
                                              const std::vector<MemoryDraft>& drafts,
                                              const std::vector<std::size_t>& fresh,
                                              Time now) const;
  Task<void> walk(db::Connection& connection, Uuid agent, Uuid owner, const MemoryFilter& filter,
                  Place after, Time now, Sieve& sieve) const;
  Task<Result<void>> make_room(db::Connection& connection, Uuid agent, Uuid owner,
                               const MemoryHead& head, std::int64_t needed_bytes, Time now) const;
};

// The record of a row: the columns `shown` of sql/memory.sql from `first` on.
std::shared_ptr<model::Memory> memory_of(const db::Row& row, int first, const Uuid& agent,
                                         const Uuid& owner);
// Its item of a list, from the same columns.
void append_memory(const db::Row& row, int first, const Uuid& agent, const Uuid& owner,
                   std::string& json);
// The settings of a row, from `first` on.
model::MemorySettings settings_of(const db::Row& row, int first);
inline constexpr int settings_columns = 8;  // their version included
inline constexpr int shown_columns = 11;

// The shelves of sql/memory.sql.
model::MemoryType type_of_shelf(std::int64_t shelf);

std::string embedding_bytes(const std::vector<float>& embedding);
std::vector<float> embedding_of(std::string_view bytes);

// An id like any other, with `low_bits` free to count up in.
Uuid countable_id(Time time, int low_bits);
Uuid counted_up(const Uuid& id, std::uint32_t by);

}  // namespace onggi::store
