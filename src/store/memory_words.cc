#include "store/memory_words.h"

#include <algorithm>
#include <cstring>

#include "base/pack.h"
#include "sql/catalogue.h"
#include "store/id_list.h"
#include "store/memories.h"
#include "words/analysis.h"
#include "words/document.h"

namespace onggi::store {
namespace {

// The columns of index_changes and index_all.
namespace column {
enum : int { id, arrival, session, shelf, created_at, last_accessed_at, words, content, metadata };
}

// Shelves are numbered by sql/memory.sql: type and importance follow from them.
struct Kind {
  model::MemoryType type;
  model::Importance importance;
};
Kind kind_of(std::int64_t shelf) {
  using enum model::MemoryType;
  const auto importance = [](std::int64_t level) { return static_cast<model::Importance>(level); };
  if (shelf < 9) return {short_term, importance(shelf % 3)};
  if (shelf < 12) return {episodic, importance(shelf % 3)};
  if (shelf < 15) return {semantic, importance(shelf % 3)};
  if (shelf == 16) return {long_term, model::Importance::medium};
  if (shelf == 17) return {long_term, model::Importance::high};
  return {long_term, model::Importance::low};
}

// The shelves on which the last access counts, not the creation.
bool ages_from_access(std::int64_t shelf) {
  return shelf >= 18;
}

// Then the first column is its id, or a list of ids.
bool is_gone(const db::Row& row) {
  return row.is_null(column::arrival);
}

void put(const db::Row& row, words::Index& index) {
  if (is_gone(row)) {
    for (const Uuid& id : read_ids(row.text(column::id))) index.remove(id);
    return;
  }
  words::Memory memory;
  memory.id = row.uuid(column::id);
  memory.arrival = row.integer(column::arrival);
  if (!row.is_null(column::session)) memory.session = row.text(column::session);
  const std::int64_t shelf = row.integer(column::shelf);
  const Kind kind = kind_of(shelf);
  memory.type = static_cast<std::uint8_t>(kind.type);
  memory.importance = static_cast<std::uint8_t>(kind.importance);
  memory.shelf = static_cast<std::uint8_t>(shelf);
  memory.created_at = row.time(column::created_at);
  memory.aged_from = memory.created_at;
  if (ages_from_access(shelf))
    memory.aged_from = row.is_null(column::last_accessed_at)
                           ? Time{std::numeric_limits<std::int64_t>::min()}
                           : row.time(column::last_accessed_at);
  if (!row.is_null(column::words)) {
    memory.words = row.text(column::words);
    index.put(memory);
    return;
  }
  // Brought along by a move, and not yet analysed.
  const std::string words =
      words_of(unpack(row.text(column::content)), unpack(row.text(column::metadata)));
  memory.words = words;
  index.put(memory);
}

}  // namespace

std::string words_of(std::string_view content, std::string_view metadata) {
  const json::Value value = json::parse_stored(metadata);
  static const json::Object nothing;
  return words::encode(words::describe(content, value.is_object() ? value.get_object() : nothing));
}

Task<void> keep_words(db::Connection& connection,
                      std::vector<std::shared_ptr<const model::Memory>> memories,
                      std::vector<std::string_view> known) {
  known.resize(memories.size());
  std::vector<std::string> words;
  words.reserve(memories.size());
  std::vector<db::Params> rows;
  rows.reserve(memories.size());
  for (std::size_t i = 0; i < memories.size(); ++i) {
    const model::Memory& memory = *memories[i];
    if (known[i].empty())
      known[i] = words.emplace_back(words_of(memory.content, memory.metadata.text));
    db::Params params = db::Params::of(memory.agent_id, memory.id, words::analysis_version);
    params.add_blob(known[i]);
    rows.push_back(std::move(params));
  }
  co_await connection.send_each(sql::memory_put_words, std::move(rows));
}

Task<void> note_gone(db::Connection& connection, Uuid agent, std::vector<Uuid> ids, Time now) {
  std::ranges::sort(ids);
  const std::string list = write_ids(ids);
  const Ids each(ids);
  db::Params params = db::Params::of(agent);
  params.add_blob(list).add_texts(each.texts).add(now);
  co_await connection.run(sql::memory_note_gone, std::move(params));
}

Task<void> queue_embeddings(db::Connection& connection,
                            std::vector<std::shared_ptr<const model::Memory>> memories, Time now) {
  std::vector<db::Params> rows;
  for (const auto& memory : memories)
    if (!memory->embedding) rows.push_back(db::Params::of(memory->id, memory->agent_id, now));
  if (!rows.empty()) co_await connection.send_each(sql::memory_queue_embedding, std::move(rows));
}

Task<void> drop_embedding(db::Connection& connection, Uuid agent, Uuid memory) {
  co_await connection.run(sql::memory_drop_embedding, db::Params::of(agent, memory));
}

Task<std::optional<IndexState>> index_state(db::Connection& connection, Uuid agent, Uuid owner,
                                            Time now) {
  const db::Rows rows =
      co_await connection.many(sql::memory_index_state, db::Params::of(agent, owner, now));
  if (rows.empty()) co_return std::nullopt;
  IndexState state;
  const db::Row row = rows[0];
  for (std::size_t shelf = 0; shelf < words::shelves_max; ++shelf) {
    int since = 4;
    if (shelf < 3) since = 0;
    if (shelf >= 3 && shelf < 6) since = 1;
    if (shelf == 9) since = 2;
    if (shelf == 15 || shelf >= 18) since = 3;
    state.horizon[shelf] = row.time(since);
  }
  state.next_change = row.integer(5);
  co_return state;
}

Task<void> read_words(db::Connection& connection, Uuid agent, std::shared_ptr<words::Index> index) {
  std::function<bool(const db::Row&)> take = [index](const db::Row& row) {
    put(row, *index);
    return true;
  };
  co_await connection.scan(sql::memory_index_all, db::Params::of(agent), std::move(take));
}

Task<db::Rows> changed_words(db::Connection& connection, Uuid agent, std::int64_t since) {
  co_return co_await connection.many(sql::memory_index_changes, db::Params::of(agent, since));
}

void put_changes(const db::Rows& rows, words::Index& index) {
  // What is gone may be back: then it is among the others.
  for (const db::Row row : rows)
    if (is_gone(row)) put(row, index);
  for (const db::Row row : rows)
    if (!is_gone(row)) put(row, index);
}

Task<std::vector<FoundMemory>> found_memories(db::Connection& connection, Uuid agent, Uuid owner,
                                              std::vector<Uuid> ids) {
  const Ids asked(ids);
  db::Params params = db::Params::of(agent);
  params.add_blob(asked.bytes).add_texts(asked.texts);
  const db::Rows rows = co_await connection.many(sql::memory_found, std::move(params));
  std::vector<FoundMemory> found;
  for (const db::Row row : rows) {
    FoundMemory& memory = found.emplace_back();
    memory.id = row.uuid(0);
    append_memory(row, 0, agent, owner, memory.json);
    memory.content = unpack(row.text(4));
  }
  co_return found;
}

Task<std::unordered_set<Uuid>> memories_containing(db::Connection& connection, Uuid agent,
                                                   std::vector<Uuid> ids, json::Value metadata) {
  const Ids asked(ids);
  db::Params params = db::Params::of(agent);
  params.add_blob(asked.bytes).add_texts(asked.texts);
  std::unordered_set<Uuid> containing;
  std::function<bool(const db::Row&)> each = [&](const db::Row& row) {
    if (json::contains(json::parse_stored(unpack(row.text(1))), metadata))
      containing.insert(row.uuid(0));
    return true;
  };
  co_await connection.scan(sql::memory_described, std::move(params), std::move(each));
  co_return containing;
}

Task<void> read_vectors(db::Connection& connection, Uuid agent, std::vector<Uuid> ids,
                        std::function<void(const Uuid& id, std::span<const float> vector)> take) {
  const Ids asked(ids);
  db::Params params = db::Params::of(agent);
  params.add_blob(asked.bytes).add_texts(asked.texts);
  std::vector<float> vector;
  std::function<bool(const db::Row&)> each = [&take, &vector](const db::Row& row) {
    const std::string_view bytes = row.text(1);
    vector.resize(bytes.size() / sizeof(float));
    std::memcpy(vector.data(), bytes.data(), vector.size() * sizeof(float));
    take(row.uuid(0), vector);
    return true;
  };
  co_await connection.scan(sql::memory_vectors, std::move(params), std::move(each));
}

}  // namespace onggi::store
