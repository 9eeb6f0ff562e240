#include "store/memories.h"

#include <algorithm>
#include <map>
#include <random>
#include <set>

#include <fmt/format.h>

#include "base/pack.h"
#include "model/decode.h"
#include "model/encode.h"
#include "sql/catalogue.h"
#include "store/memory_words.h"

namespace onggi::store {
namespace {

using model::Memory;

constexpr std::int64_t bytes_per_mb = 1 << 20;

std::int64_t size_of(const Memory& memory) {
  return static_cast<std::int64_t>(
      memory.content.size() + memory.metadata.text.size() +
      (memory.embedding ? memory.embedding->size() * sizeof(float) : 0));
}

// A memory as its row keeps it; what the parameters point into.
struct Stored {
  Stored(const KeptMemory& kept, bool keeps_metadata_plain)
      : memory(*kept.record),
        content(kept.compresses ? pack(memory.content) : memory.content),
        metadata(kept.compresses && !keeps_metadata_plain ? pack(memory.metadata.text)
                                                          : memory.metadata.text),
        embedding(memory.embedding ? embedding_bytes(*memory.embedding) : std::string()),
        provenance(memory.provenance ? pack(*memory.provenance) : std::string()),
        request_hash(kept.request_hash) {}

  db::Params params(Time now) const {
    db::Params params = db::Params::of(memory.id, memory.agent_id);
    params.add(model::memory_type_names[static_cast<std::size_t>(memory.type)])
        .add(model::importance_names[static_cast<std::size_t>(memory.importance)])
        .add(memory.session_id);
    add_packed(content, params);
    add_packed(metadata, params);
    if (memory.embedding)
      params.add_blob(embedding);
    else
      params.add(std::nullopt);
    params.add(memory.access_count)
        .add(memory.last_accessed_at)
        .add(*memory.created_at)
        .add(memory.updated_at)
        .add(memory.version)
        .add(memory.is_pinned)
        .add(model::is_stale(memory, now))
        .add(size_of(memory))
        .add(static_cast<std::int64_t>(content.size() + metadata.size() + embedding.size()));
    if (memory.provenance)
      add_packed(provenance, params);
    else
      params.add(std::nullopt);
    if (request_hash)
      params.add_blob(view(*request_hash));
    else
      params.add(std::nullopt);
    params.add(model::region_of(memory));
    return params;
  }

  static void add_packed(const std::string& bytes, db::Params& params) {
    if (is_packed(bytes))
      params.add_blob(bytes);
    else
      params.add(bytes);
  }

  const Memory& memory;
  const std::string content, metadata, embedding, provenance;
  const std::optional<Sha256> request_hash;
};

Page page_of(Memory& memory) {
  return {model::to_json(model::memory_shape, memory), memory.version};
}

Result<void> check_times(const Memory& memory, Time now, const std::string& pointer) {
  for (const auto& [name, time] : {std::pair("/created_at", memory.created_at),
                                   std::pair("/last_accessed_at", memory.last_accessed_at)})
    if (time && time->ms > now.ms + day_ms)
      return invalid(pointer + name, "must not lie more than 24 h ahead");
  return {};
}

// What the timeline tells of a change.
std::string changed_fields(Memory& before, Memory& after) {
  const json::Value was = json::parse_stored(model::to_json(model::memory_shape, before));
  const json::Value is = json::parse_stored(model::to_json(model::memory_shape, after));
  json::Array fields;
  for (const auto& [name, value] : is.get_object())
    if (name != "version" && name != "updated_at" && !json::equal(value, was.at(name)))
      fields.emplace_back(name);
  return json::canonical(json::Object{{"fields", std::move(fields)}});
}

model::Importance importance_named(std::string_view name) {
  const auto& names = model::importance_names;
  return static_cast<model::Importance>(std::ranges::find(names, name) - names.begin());
}

std::optional<std::string> text_of(const db::Row& row, int column) {
  return row.is_null(column) ? std::nullopt : std::optional(unpack(row.text(column)));
}

}  // namespace

Uuid countable_id(Time time, int low_bits) {
  thread_local std::mt19937_64 random{std::random_device{}()};
  Uuid id = Uuid::v7(time);
  std::uint64_t low = random() >> low_bits << low_bits;
  low = (low & ~(std::uint64_t{3} << 62)) | std::uint64_t{2} << 62;  // the variant
  for (std::size_t i = 16; i-- > 8; low >>= 8) id.bytes[i] = static_cast<std::uint8_t>(low & 0xFF);
  return id;
}

Uuid counted_up(const Uuid& id, std::uint32_t by) {
  Uuid next = id;
  std::uint32_t carry = by;
  for (std::size_t i = 16; i-- > 8 && carry != 0;) {
    carry += next.bytes[i];
    next.bytes[i] = static_cast<std::uint8_t>(carry & 0xFF);
    carry >>= 8;
  }
  return next;
}

Result<MemoryDrafts> Memories::draft(const json::Value& body, const Uuid& agent, const Uuid& owner,
                                     Time now, bool is_admin) const {
  const model::Shape& shape = is_admin ? model::memory_import_shape : model::memory_shape;
  const bool is_array = body.is_array();
  const std::size_t count = is_array ? body.get_array().size() : 1;
  if (is_array && (count == 0 || count > model::memories_at_once_max))
    return invalid("", fmt::format("must have 1 to {} entries", model::memories_at_once_max));
  const Uuid first_id = is_array ? countable_id(now, 10) : Uuid::v7(now);
  auto drafts = std::make_shared<std::vector<MemoryDraft>>();
  drafts->reserve(count);
  model::FieldErrors errors;
  for (std::size_t i = 0; i < count && errors.size() < model::max_field_errors; ++i) {
    const json::Value& each = is_array ? body.get_array()[i] : body;
    std::string pointer;
    if (is_array) json::append_pointer(pointer, i);
    MemoryDraft draft{std::make_shared<Memory>(), std::nullopt};
    Memory& memory = *draft.record;
    memory.id = counted_up(first_id, static_cast<std::uint32_t>(i));
    model::decode(shape, each, memory, model::Source::creation, pointer, errors);
    if (!errors.empty()) continue;
    memory.agent_id = agent;
    memory.user_id = owner;
    draft.is_dated = memory.created_at.has_value();
    auto timely = check_times(memory, now, pointer);
    if (!timely) {
      errors.insert(errors.end(), timely.error().errors.begin(), timely.error().errors.end());
      continue;
    }
    if (!memory.created_at) memory.created_at = now;
    memory.updated_at = now;
    const json::Value* id = each.get_object().if_contains("id");
    if (id != nullptr && !id->is_null()) draft.request_hash = request_hash(each);
    draft.words = words_of(memory.content, memory.metadata.text);
    drafts->push_back(std::move(draft));
  }
  if (!errors.empty()) return std::unexpected(model::invalid(std::move(errors)));
  return drafts;
}

Task<std::optional<MemoryHead>> Memories::head(db::Connection& connection, Uuid agent, Uuid owner,
                                               Time now) const {
  const db::Rows rows =
      co_await connection.many(sql::memory_head, db::Params::of(agent, owner, now));
  if (rows.empty()) co_return std::nullopt;
  const db::Row row = rows[0];
  co_return MemoryHead{settings_of(row, 0), row.integer(7), row.integer(8), row.integer(9)};
}

// Which drafts are new; the others are there already, from the same request. 409 where an id is
// taken by anything else.
Task<Result<std::vector<std::size_t>>> Memories::tell_apart(
    db::Connection& connection, Uuid agent, const std::vector<MemoryDraft>& drafts) const {
  std::vector<db::Params> asked;
  for (const MemoryDraft& draft : drafts)
    if (draft.request_hash) asked.push_back(db::Params::of(draft.record->id));
  std::map<Uuid, std::pair<Uuid, std::string>> taken;
  if (!asked.empty()) {
    const db::Rows found = co_await connection.many_each(sql::memory_find, std::move(asked));
    for (const db::Row row : found)
      taken[row.uuid(0)] = {row.uuid(1), std::string(row.maybe_text(2).value_or(""))};
  }
  std::vector<std::size_t> fresh;
  for (std::size_t i = 0; i < drafts.size(); ++i) {
    const std::optional<Sha256>& hash = drafts[i].request_hash;
    if (!hash) {
      fresh.push_back(i);
      continue;
    }
    const auto [there, is_new] =
        taken.try_emplace(drafts[i].record->id, agent, std::string(view(*hash)));
    if (is_new)
      fresh.push_back(i);
    else if (there->second.first != agent || there->second.second != view(*hash))
      co_return fail(Code::conflict, fmt::format("A memory with the id {} exists already.",
                                                 to_string(drafts[i].record->id)));
  }
  co_return fresh;
}

// The pages of those drafts that are not fresh, however many, as one statement. 409 where one has
// expired.
Task<Result<std::map<Uuid, Page>>> Memories::repeated(db::Connection& connection, Uuid agent,
                                                      Uuid owner,
                                                      const std::vector<MemoryDraft>& drafts,
                                                      const std::vector<std::size_t>& fresh,
                                                      Time now) const {
  std::map<Uuid, Page> pages;
  if (fresh.size() == drafts.size()) co_return pages;
  std::vector<db::Params> asked;
  for (std::size_t i = 0; i < drafts.size(); ++i)
    if (!std::ranges::binary_search(fresh, i))
      asked.push_back(db::Params::of(agent, owner, now, drafts[i].record->id));
  const std::size_t count = asked.size();
  const db::Rows rows = co_await connection.many_each(sql::memory_get, std::move(asked));
  if (rows.size() < count)
    co_return fail(Code::conflict, "A memory with this id existed and has expired.");
  for (const db::Row row : rows) {
    const std::shared_ptr<Memory> memory = memory_of(row, 0, agent, owner);
    pages.emplace(memory->id, page_of(*memory));
  }
  co_return pages;
}

Task<Result<CreatedMemories>> Memories::create(db::Connection& connection, Uuid agent, Uuid owner,
                                               MemoryDrafts drafts, Time now) const {
  const std::optional<MemoryHead> there = co_await head(connection, agent, owner, now);
  if (!there) co_return not_found();
  Result<std::vector<std::size_t>> fresh = co_await tell_apart(connection, agent, *drafts);
  if (!fresh) co_return std::unexpected(std::move(fresh.error()));

  std::vector<KeptMemory> rows;
  std::int64_t size_bytes = 0;
  std::int64_t undated_short_term = 0;
  std::array<MemoryEvent, model::memory_type_names.size()> events;
  for (const std::size_t i : *fresh) {
    const MemoryDraft& draft = (*drafts)[i];
    rows.push_back(
        {draft.record, draft.request_hash, there->settings.enable_compression, draft.words});
    size_bytes += size_of(*draft.record);
    const bool is_short_term = draft.record->type == model::MemoryType::short_term;
    undated_short_term += is_short_term && !draft.is_dated ? 1 : 0;
    events[static_cast<std::size_t>(draft.record->type)].memories.push_back(draft.record->id);
  }
  const std::int64_t beyond =
      there->size_bytes + size_bytes - there->settings.max_memory_size_mb * bytes_per_mb;
  if (beyond > 0 && !rows.empty()) {
    Result<void> room = co_await make_room(connection, agent, owner, *there, beyond, now);
    if (!room) co_return std::unexpected(std::move(room.error()));
  }
  co_await insert_rows(connection, rows, now);
  std::vector<MemoryEvent> happened;
  for (std::size_t i = 0; i < events.size(); ++i) {
    if (events[i].memories.empty()) continue;
    events[i].agent = agent;
    events[i].at = now;
    events[i].type = "created";
    events[i].metadata = fmt::format("{{\"type\":\"{}\"}}", model::memory_type_names[i]);
    happened.push_back(std::move(events[i]));
  }
  co_await record(connection, std::move(happened));

  CreatedMemories created;
  created.is_repeated = fresh->empty();
  Result<std::map<Uuid, Page>> there_already =
      co_await repeated(connection, agent, owner, *drafts, *fresh, now);
  if (!there_already) co_return std::unexpected(std::move(there_already.error()));
  std::size_t next = 0;
  for (std::size_t i = 0; i < drafts->size(); ++i) {
    Memory& memory = *(*drafts)[i].record;
    const bool is_fresh = next < fresh->size() && (*fresh)[next] == i;
    created.pages.push_back(is_fresh ? page_of(memory) : there_already->at(memory.id));
    if (is_fresh) ++next;
  }
  const std::int64_t threshold = there->settings.consolidation_threshold;
  if (undated_short_term > 0 && there->settings.auto_consolidation) {
    db::Params params = db::Params::of(agent, owner, now, after_all_times);
    params.add_blob({}).add(threshold).add(earliest_time).add("short_term").add(std::nullopt);
    const db::Rows live = co_await connection.many(sql::memory_count, std::move(params));
    created.calls_for_promotion = live[0].integer(0) >= threshold;
  }
  co_return created;
}

// First what has expired, then short-term memories, the least important and least recently used
// first; no more than is needed.
Task<Result<void>> Memories::make_room(db::Connection& connection, Uuid agent, Uuid owner,
                                       const MemoryHead& head, std::int64_t needed_bytes,
                                       Time now) const {
  std::vector<Uuid> gone;
  std::int64_t freed = 0;
  std::function<bool(const db::Row&)> take_expired = [&](const db::Row& row) {
    gone.push_back(row.uuid(0));
    freed += row.integer(1);
    return freed < needed_bytes;
  };
  co_await connection.scan(sql::memory_overdue_of_agent, db::Params::of(agent, owner, now),
                           std::move(take_expired));
  const std::size_t expired = gone.size();
  if (freed < needed_bytes) {
    const std::set<Uuid> known(gone.begin(), gone.end());
    const auto most = static_cast<std::size_t>(head.settings.importance_threshold);
    for (std::size_t i = 0; i <= most && freed < needed_bytes; ++i) {
      std::function<bool(const db::Row&)> take = [&](const db::Row& row) {
        if (known.contains(row.uuid(1))) return true;
        gone.push_back(row.uuid(1));
        freed += row.integer(2);
        return freed < needed_bytes;
      };
      db::Params params = db::Params::of(agent, static_cast<std::int64_t>(i));
      params.add(model::importance_names[i]);
      co_await connection.scan(sql::memory_victims, std::move(params), std::move(take));
    }
  }
  if (freed < needed_bytes)
    co_return fail(Code::conflict,
                   fmt::format("The agent's memory would exceed its max_memory_size_mb of {}.",
                               head.settings.max_memory_size_mb));
  co_await remove_rows(connection, agent, gone, now);
  const auto split = gone.begin() + static_cast<std::ptrdiff_t>(expired);
  std::vector<MemoryEvent> events;
  if (expired > 0)
    events.push_back({agent, now, "removed", {gone.begin(), split}, R"({"reason":"expired"})"});
  if (split != gone.end())
    events.push_back({agent, now, "removed", {split, gone.end()}, R"({"reason":"room"})"});
  co_await record(connection, std::move(events));
  co_return Result<void>{};
}

Task<Result<Page>> Memories::read(db::Connection& connection, Uuid agent, Uuid owner, Uuid id,
                                  Time now) const {
  const db::Rows rows =
      co_await connection.many(sql::memory_get, db::Params::of(agent, owner, now, id));
  if (rows.empty()) co_return not_found();
  const std::shared_ptr<Memory> memory = memory_of(rows[0], 0, agent, owner);
  co_return page_of(*memory);
}

Task<Result<Page>> Memories::patch(db::Connection& connection, Uuid agent, Uuid owner, Uuid id,
                                   Change change, bool is_admin) const {
  const db::Rows rows =
      co_await connection.many(sql::memory_whole, db::Params::of(agent, owner, change.now, id));
  if (rows.empty()) co_return not_found();
  const std::shared_ptr<Memory> before = memory_of(rows[0], 0, agent, owner);
  before->is_pinned = rows[0].boolean(shown_columns + 1);
  before->provenance = text_of(rows[0], shown_columns + 2);
  auto allowed = check_version(change.if_match, before->version);
  if (!allowed) co_return std::unexpected(std::move(allowed.error()));
  const model::Shape& shape = is_admin ? model::memory_import_shape : model::memory_shape;
  const json::Value present = json::parse_stored(model::to_json(shape, *before));
  auto writable = check_read_only(shape, *change.body, present);
  if (!writable) co_return std::unexpected(std::move(writable.error()));
  json::Value whole = present;
  json::merge_patch(whole, *change.body);
  auto after = std::make_shared<Memory>();
  auto decoded = model::decode(shape, whole, *after, model::Source::change);
  if (!decoded) co_return std::unexpected(std::move(decoded.error()));
  after->id = before->id;
  after->agent_id = agent;
  after->user_id = owner;
  if (!is_admin) {
    after->access_count = before->access_count;
    after->last_accessed_at = before->last_accessed_at;
    after->created_at = before->created_at;
  }
  if (!after->created_at) after->created_at = before->created_at;
  after->updated_at = before->updated_at;
  after->version = before->version;
  auto timely = check_times(*after, change.now, {});
  if (!timely) co_return std::unexpected(std::move(timely.error()));
  // Whoever says of what type it is takes it over: there is nothing to be undone any more.
  if (after->type == before->type) {
    after->is_pinned = before->is_pinned;
    after->provenance = before->provenance;
  }
  if (model::to_json(shape, *before) == model::to_json(shape, *after)) co_return page_of(*before);
  after->version += 1;
  after->updated_at = std::max(change.now, before->updated_at);
  const bool compresses = rows[0].is_null(shown_columns + 4) || rows[0].boolean(shown_columns + 4);
  co_await update_row(connection, *before, {after, std::nullopt, compresses}, change.now);
  std::vector<MemoryEvent> events{
      {agent, change.now, "updated", {id}, changed_fields(*before, *after)}};
  co_await record(connection, std::move(events));
  co_return page_of(*after);
}

Task<Result<void>> Memories::remove(db::Connection& connection, Uuid agent, Uuid owner, Uuid id,
                                    IfMatch if_match, Time now) const {
  const Result<Page> page = co_await read(connection, agent, owner, id, now);
  if (!page) co_return std::unexpected(page.error());
  auto allowed = check_version(if_match, page->version);
  if (!allowed) co_return std::unexpected(std::move(allowed.error()));
  const std::vector<Uuid> ids{id};
  co_await remove_rows(connection, agent, ids, now);
  std::vector<MemoryEvent> events{{agent, now, "removed", {id}, R"({"reason":"deleted"})"}};
  co_await record(connection, std::move(events));
  co_return Result<void>{};
}

Task<Result<Page>> Memories::undo(db::Connection& connection, Uuid agent, Uuid owner, Uuid id,
                                  IfMatch if_match, Time now) const {
  const db::Rows rows =
      co_await connection.many(sql::memory_whole, db::Params::of(agent, owner, now, id));
  if (rows.empty()) co_return not_found();
  const std::shared_ptr<Memory> before = memory_of(rows[0], 0, agent, owner);
  auto allowed = check_version(if_match, before->version);
  if (!allowed) co_return std::unexpected(std::move(allowed.error()));
  const std::optional<std::string> provenance = text_of(rows[0], shown_columns + 2);
  if (!provenance) co_return fail(Code::conflict, "The memory was not promoted.");
  const json::Value was = json::parse_stored(*provenance);
  const bool compresses = rows[0].is_null(shown_columns + 4) || rows[0].boolean(shown_columns + 4);

  auto after = std::make_shared<Memory>(*before);
  after->type = model::MemoryType::short_term;
  after->importance = importance_named(was.at("importance").as_string());
  after->access_count =
      std::max<std::int64_t>(0, before->access_count - was.at("merged_accesses").as_int64());
  if (const json::Value* const merged = was.as_object().if_contains("merged_last_accessed_at")) {
    const bool is_of_merged = before->last_accessed_at <= parse_time(merged->as_string());
    const json::Value& own = was.at("last_accessed_at");
    if (is_of_merged)
      after->last_accessed_at = own.is_null() ? std::nullopt : parse_time(own.as_string());
  }
  after->is_pinned = true;
  after->provenance = std::nullopt;
  after->version += 1;
  after->updated_at = std::max(now, before->updated_at);
  co_await update_row(connection, *before, {after, std::nullopt, compresses}, now);

  // What was merged into it is itself again.
  std::vector<KeptMemory> back;
  std::vector<Uuid> undone{id};
  for (const json::Value& each : was.at("merged").as_array()) {
    auto memory = std::make_shared<Memory>();
    model::decode_stored(model::memory_import_shape, each, *memory);
    memory->agent_id = agent;
    memory->user_id = owner;
    memory->is_pinned = true;
    memory->version += 1;
    memory->updated_at = now;
    undone.push_back(memory->id);
    back.push_back({memory, std::nullopt, compresses});
  }
  const std::int64_t returned = co_await insert_rows(connection, back, now);
  if (returned != std::ssize(back))
    co_return fail(Code::conflict,
                   "The id of a memory that was merged into it has been taken again.");
  std::vector<MemoryEvent> events{
      {agent, now, "undone", std::move(undone), R"({"from":"long_term","to":"short_term"})"}};
  co_await record(connection, std::move(events));
  co_return page_of(*after);
}

Task<std::int64_t> Memories::insert_rows(db::Connection& connection,
                                         const std::vector<KeptMemory>& memories, Time now) const {
  std::vector<Stored> stored;
  stored.reserve(memories.size());
  std::vector<db::Params> rows;
  rows.reserve(memories.size());
  for (const KeptMemory& kept : memories) {
    stored.emplace_back(kept, connection.has_json_type());
    rows.push_back(stored.back().params(now));
  }
  const std::int64_t inserted = co_await connection.run_each(sql::memory_insert, std::move(rows));
  std::vector<std::shared_ptr<const Memory>> said;
  std::vector<std::string_view> words;
  for (const KeptMemory& kept : memories) {
    said.push_back(kept.record);
    words.push_back(kept.words);
  }
  if (asks_for_embeddings_) co_await queue_embeddings(connection, said, now);
  co_await keep_words(connection, std::move(said), std::move(words));
  co_return inserted;
}

Task<void> Memories::update_row(db::Connection& connection, const Memory& before, KeptMemory after,
                                Time now) const {
  const Stored stored(after, connection.has_json_type());
  co_await connection.run(sql::memory_update, stored.params(now));
  const bool says_the_same = before.content == after.record->content &&
                             before.metadata.text == after.record->metadata.text;
  if (says_the_same) co_return;
  std::vector<std::shared_ptr<const Memory>> said{after.record};
  co_await drop_embedding(connection, after.record->agent_id, after.record->id);
  if (asks_for_embeddings_) co_await queue_embeddings(connection, said, now);
  co_await keep_words(connection, std::move(said));
}

Task<std::int64_t> Memories::remove_rows(db::Connection& connection, Uuid agent,
                                         const std::vector<Uuid>& ids, Time now) const {
  if (ids.empty()) co_return 0;
  co_await note_gone(connection, agent, ids, now);
  const Ids gone(ids);
  db::Params params = db::Params::of(agent);
  params.add_blob(gone.bytes).add_texts(gone.texts);
  co_return co_await connection.run(sql::memory_remove, std::move(params));
}

}  // namespace onggi::store
