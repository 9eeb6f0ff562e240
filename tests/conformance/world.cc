#include "tests/conformance/world.h"

#include <stdexcept>

#include <fmt/format.h>

namespace onggi::conformance {

using store::Key;
using store::Page;

World::World(const Driver& driver) : store_(driver.make(driver.schema(), {}, registry_)) {}

db::Rows World::many(const db::Statement& statement, db::Params params) {
  db::Cost cost;
  return run_now(database().many(cost, statement, std::move(params)));
}

std::int64_t World::run(const db::Statement& statement, db::Params params) {
  return must(write<std::int64_t>([&](db::Connection& connection) -> Task<Result<std::int64_t>> {
    const std::int64_t changed = co_await connection.run(statement, params);
    co_return changed;
  }));
}

Result<store::Created> World::create(const store::Definitions& kind, const json::Value& body,
                                     Uuid owner) {
  Result<store::Draft> draft = kind.draft(body, owner, now);
  if (!draft) return std::unexpected(draft.error());
  return write<store::Created>(
      [&](db::Connection& connection) { return kind.create(connection, *draft); });
}

Result<Page> World::change(const store::Definitions& kind, Key key, Uuid owner,
                           const json::Value& body, bool is_patch, store::IfMatch if_match) {
  const store::Change change{is_patch, std::make_shared<const json::Value>(body),
                             std::move(if_match), now};
  return write<Page>(
      [&](db::Connection& connection) { return kind.change(connection, key, owner, change); });
}

Result<Page> World::put(const store::Definitions& kind, Key key, Uuid owner,
                        const json::Value& body, store::IfMatch if_match) {
  return change(kind, key, owner, body, false, std::move(if_match));
}

Result<Page> World::patch(const store::Definitions& kind, Key key, Uuid owner,
                          const json::Value& body, store::IfMatch if_match) {
  return change(kind, key, owner, body, true, std::move(if_match));
}

Result<bool> World::remove(const store::Definitions& kind, Key key, Uuid owner,
                           store::IfMatch if_match) {
  return write<bool>([&](db::Connection& connection) -> Task<Result<bool>> {
    Result<void> removed = co_await kind.remove(connection, key, owner, if_match, now);
    if (!removed) co_return std::unexpected(removed.error());
    co_return true;
  });
}

std::optional<Page> World::read(const store::Definitions& kind, Key key, Uuid reader) {
  return look<std::optional<Page>>(
      [&](db::Connection& connection) { return kind.read(connection, key, reader); });
}

std::vector<std::string> World::all(const store::Definitions& kind, Uuid reader, db::Params filters,
                                    std::int64_t limit) {
  return pages(limit, [&](db::Connection& connection, store::Range range) {
    return kind.list(connection, reader, std::move(range), filters);
  });
}

std::vector<std::string> World::all(const store::Definitions& kind, Uuid reader,
                                    std::shared_ptr<const store::Filter> filter,
                                    std::int64_t limit) {
  return pages(limit, [&](db::Connection& connection, store::Range range) {
    return kind.find(connection, reader, std::move(range), filter);
  });
}

std::vector<std::string> World::pages(
    std::int64_t limit,
    const std::function<Task<store::Items>(db::Connection&, store::Range)>& list) {
  std::vector<std::string> ids;
  store::Range range{.limit = limit};
  for (;;) {
    const store::Items items =
        look<store::Items>([&](db::Connection& connection) { return list(connection, range); });
    const json::Value parsed = json::parse_stored("[" + items.json + "]");
    if (std::ssize(parsed.get_array()) > limit) throw std::logic_error("a page beyond its limit");
    for (const json::Value& item : parsed.get_array()) ids.emplace_back(item.at("id").get_string());
    if (!items.next) return ids;
    if (ids.size() > 100'000) throw std::logic_error("a list without an end");
    range.after = *items.next;
  }
}

Result<store::RecordedExecution> World::record(const store::Executions& kind,
                                               const json::Value& body, Uuid owner) {
  Result<store::ExecutionDraft> draft = kind.draft(body, owner, now);
  if (!draft) return std::unexpected(draft.error());
  const auto drafts = std::make_shared<const std::vector<store::ExecutionDraft>>(1, *draft);
  return write<store::RecordedExecution>(
      [&](db::Connection& connection) -> Task<Result<store::RecordedExecution>> {
        std::vector<Result<store::RecordedExecution>> results =
            co_await kind.record(connection, drafts);
        co_return results.at(0);
      });
}

Result<Page> World::patch(const store::Executions& kind, Uuid id, Uuid owner,
                          const json::Value& body, store::IfMatch if_match) {
  const auto shared = std::make_shared<const json::Value>(body);
  return write<Page>([&](db::Connection& connection) -> Task<Result<Page>> {
    Result<store::ChangedExecution> changed =
        co_await kind.patch(connection, id, owner, shared, if_match, now);
    if (!changed) co_return std::unexpected(std::move(changed.error()));
    Page page = std::move(*changed);
    co_return page;
  });
}

Result<bool> World::remove(const store::Executions& kind, Uuid id, Uuid owner,
                           store::IfMatch if_match) {
  return write<bool>([&](db::Connection& connection) -> Task<Result<bool>> {
    Result<void> removed = co_await kind.remove(connection, id, owner, if_match);
    if (!removed) co_return std::unexpected(removed.error());
    co_return true;
  });
}

Result<bool> World::append(const store::Executions& kind, Uuid id, Uuid owner,
                           const json::Value& steps) {
  const auto drafted = store::draft_steps(steps, now);
  if (!drafted) return std::unexpected(drafted.error());
  return write<bool>([&](db::Connection& connection) -> Task<Result<bool>> {
    Result<std::vector<std::string>> appended =
        co_await kind.append_steps(connection, id, owner, *drafted, now);
    if (!appended) co_return std::unexpected(appended.error());
    co_return true;
  });
}

std::optional<Page> World::read(const store::Executions& kind, Uuid id, Uuid owner) {
  return look<std::optional<Page>>([&](db::Connection& connection) -> Task<std::optional<Page>> {
    auto page = co_await kind.read(connection, id, owner);
    if (!page) co_return std::nullopt;
    co_return Page(std::move(*page));
  });
}

Uuid World::make(const store::Definitions& kind, json::Object body, json::Object more, Uuid owner) {
  for (auto& [name, value] : more) body[name] = value;
  return id_of(must(create(kind, body, owner)).page.body);
}

Uuid World::user(std::string_view name, std::string_view role) {
  return make(stores.users, {{"name", name}, {"role", role}}, {}, Uuid{});
}

Uuid World::agent(Uuid owner, json::Object more) {
  return make(stores.agents, {{"name", "writer"}, {"llm_provider", "openai"}, {"llm_model", "gpt"}},
              std::move(more), owner);
}

Uuid World::workflow(Uuid owner, json::Object more) {
  return make(stores.workflows, {{"name", "flow"}, {"graph_definition", json::Object{}}},
              std::move(more), owner);
}

Uuid World::block(Uuid owner, std::string_view name, json::Object more) {
  return make(stores.blocks, {{"name", name}, {"block_type", "logic"}}, std::move(more), owner);
}

Uuid World::knowledgebase(Uuid owner, std::string_view name) {
  return make(stores.knowledgebases, {{"name", name}}, {}, owner);
}

void World::tool(std::string_view slug, json::Object more) {
  json::Object body{{"id", slug},
                    {"name", slug},
                    {"input_schema", json::Object{}},
                    {"implementation_type", "custom"}};
  for (auto& [name, value] : more) body[name] = value;
  must(create(stores.tools, body, Uuid{}));
}

Uuid World::execution(const store::Executions& kind, Uuid owner, Uuid subject, json::Object more) {
  json::Object body{
      {kind.name_member() == "agent_name" ? "agent_id" : "workflow_id", to_string(subject)}};
  for (auto& [name, value] : more) body[name] = value;
  return must(record(kind, body, owner)).id;
}

Result<store::CreatedMemories> World::remember(Uuid owner, Uuid agent, const json::Value& body,
                                               bool is_admin) {
  Result<store::MemoryDrafts> drafts = stores.memories.draft(body, agent, owner, now, is_admin);
  if (!drafts) return std::unexpected(drafts.error());
  return write<store::CreatedMemories>([&](db::Connection& connection) {
    return stores.memories.create(connection, agent, owner, *drafts, now);
  });
}

json::Value World::memory(Uuid owner, Uuid agent, json::Object more) {
  json::Object body{{"type", "short_term"}, {"content", "it was said"}};
  for (auto& [name, value] : more) body[name] = value;
  return json::parse_stored(must(remember(owner, agent, body)).pages.front().body);
}

}  // namespace onggi::conformance
