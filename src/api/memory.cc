#include <chrono>

#include <fmt/format.h>

#include "api/handlers.h"
#include "api/query.h"
#include "memory/life.h"

namespace onggi::api {
namespace {

constexpr std::size_t listed_max = 1'000;

bool is_admin(const Call& call) {
  return call.caller.is_admin();
}

const store::Memories& memories(const Call& call) {
  return call.services.stores.memories;
}

Result<store::MemoryFilter> filter_of_memories(const Call& call) {
  store::MemoryFilter filter;
  filter.type = call.text("type");
  const std::optional<std::string> same = call.text("memory_type");
  if (same && filter.type && *same != *filter.type)
    return invalid("memory_type", "says otherwise than type");
  if (same) filter.type = same;
  filter.importance = call.text("importance");
  filter.session = call.text("session_id");
  filter.from = call.time("from").value_or(filter.from);
  filter.to = call.time("to").value_or(filter.to);
  // What is empty every object contains: there is nothing to search.
  auto search = std::make_shared<store::Filter>();
  for (const auto& [name, value] : call.query.contained)
    if (!value.is_object() || !value.get_object().empty()) search->add(name, value);
  if (!search->empty()) filter.search = std::move(search);
  return filter;
}

store::Range memory_range(const Call& call) {
  store::Range range{.limit = call.query.limit};
  if (call.query.cursor) range.after = *call.query.cursor;
  return range;
}

Answer answer_of(store::Page page, int status = 200) {
  return {.status = status, .body = std::move(page.body), .version = page.version};
}

// Promotion and clean-up read much at a time, and wait: not on an event loop.
Task<memory::Promoted> promote(Call& call, Uuid agent) {
  co_await move_to(call.services.workers);
  store::Batches batches(call.services.database, call.services.clock);
  memory::Promoted promoted = co_await call.services.life.promote(batches, agent, call.user);
  co_return promoted;
}

Task<Result<Answer>> consolidate(Call& call) {
  call.services.accesses.flush();
  const memory::Promoted promoted = co_await promote(call, call.id(0));
  co_return Answer{
      .body = fmt::format(
          R"({{"success":true,"message":"{} promoted, {} duplicates merged.","agent_id":"{}","consolidated_count":{}}})",
          promoted.promoted, promoted.merged, to_string(call.id(0)), promoted.promoted)};
}

Task<Result<Answer>> clean_up(Call& call) {
  const memory::CleanUpOptions options{
      .is_dry_run = call.boolean("dry_run").value_or(false),
      .list_max = call.boolean("list").value_or(false) ? listed_max : 0};
  const auto begin = std::chrono::steady_clock::now();
  store::Batches batches(call.services.database, call.services.clock);
  const memory::CleanUpResult result = co_await call.services.life.clean_up(batches, options);
  const auto duration = std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::steady_clock::now() - begin);
  std::string body =
      fmt::format(R"({{"success":true,"message":"{} {}, {} {}.","stats":{})", result.total(),
                  options.is_dry_run ? "would be removed" : "removed", result.promotion.promoted,
                  options.is_dry_run ? "would be promoted" : "promoted",
                  memory::to_json(result, duration.count()));
  if (options.list_max > 0) body += ",\"list\":" + memory::list_json(result);
  body += '}';
  co_return Answer{.body = std::move(body)};
}

}  // namespace

Task<Result<Answer>> create_memory(Call& call) {
  const Uuid agent = call.id(0);
  Result<store::MemoryDrafts> drafted =
      memories(call).draft(*call.body, agent, call.user, call.now, is_admin(call));
  if (!drafted) co_return std::unexpected(std::move(drafted.error()));
  const store::MemoryDrafts drafts = std::move(*drafted);
  const bool is_array = call.body->is_array();
  bool calls_for_promotion = false;
  std::function<Task<Result<Answer>>(db::Connection&)> body =
      [&, agent, drafts, is_array](db::Connection& connection) -> Task<Result<Answer>> {
    Result<store::CreatedMemories> created =
        co_await memories(call).create(connection, agent, call.user, drafts, call.now);
    if (!created) co_return std::unexpected(std::move(created.error()));
    calls_for_promotion = created->calls_for_promotion;
    const int status = created->is_repeated ? 200 : 201;
    if (!is_array) {
      Answer answer = answer_of(std::move(created->pages.front()), status);
      answer.location = call.resource + '/' + to_string(drafts->front().record->id);
      co_return answer;
    }
    std::string items;
    for (const store::Page& page : created->pages) {
      if (!items.empty()) items += ',';
      items += page.body;
    }
    co_return Answer{.status = status, .body = "{\"items\":[" + items + "]}"};
  };
  Result<Answer> answer = co_await write(call, std::move(body));
  if (answer && calls_for_promotion) {
    co_await move_to(call.services.workers);
    call.services.accesses.flush();
    co_await promote(call, agent);
  }
  co_return answer;
}

Task<Result<Answer>> list_memories(Call& call) {
  Result<store::MemoryFilter> asked = filter_of_memories(call);
  if (!asked) co_return std::unexpected(std::move(asked.error()));
  const store::MemoryFilter filter = std::move(*asked);
  if (filter.search) co_await leave_loop(call);
  std::function<Task<Result<Answer>>(db::Connection&)> body =
      [&call, filter](db::Connection& connection) -> Task<Result<Answer>> {
    Result<store::Items> items = co_await memories(call).list(connection, call.id(0), call.user,
                                                              filter, memory_range(call), call.now);
    if (!items) co_return std::unexpected(std::move(items.error()));
    std::optional<store::Total> total;
    if (call.query.wants_count) {
      const store::Total counted =
          co_await memories(call).count(connection, call.id(0), call.user, filter, call.now);
      total = counted;
    }
    co_return Answer{.body = list_body(call, std::move(*items), total)};
  };
  db::Database& database = call.services.database;
  const bool is_one = !call.query.wants_count && !filter.search;
  if (is_one) {
    Result<Answer> answer = co_await database.read_one<Result<Answer>>(call.cost, std::move(body));
    co_return answer;
  }
  Result<Answer> answer = co_await database.read<Result<Answer>>(call.cost, std::move(body));
  co_return answer;
}

Task<Result<Answer>> get_memory(Call& call) {
  std::function<Task<Result<store::Page>>(db::Connection&)> body =
      [&call](db::Connection& connection) {
        return memories(call).read(connection, call.id(0), call.user, call.id(1), call.now);
      };
  Result<store::Page> page =
      co_await call.services.database.read_one<Result<store::Page>>(call.cost, std::move(body));
  if (!page) co_return std::unexpected(std::move(page.error()));
  call.services.accesses.note(call.id(1), call.now);
  co_return answer_of(std::move(*page));
}

Task<Result<Answer>> patch_memory(Call& call) {
  std::function<Task<Result<Answer>>(db::Connection&)> body =
      [&call](db::Connection& connection) -> Task<Result<Answer>> {
    store::Change change{true, call.body, call.if_match, call.now};
    Result<store::Page> page = co_await memories(call).patch(
        connection, call.id(0), call.user, call.id(1), std::move(change), is_admin(call));
    if (!page) co_return std::unexpected(std::move(page.error()));
    co_return answer_of(std::move(*page));
  };
  return write(call, std::move(body));
}

Task<Result<Answer>> remove_memory(Call& call) {
  std::function<Task<Result<Answer>>(db::Connection&)> body =
      [&call](db::Connection& connection) -> Task<Result<Answer>> {
    Result<void> removed = co_await memories(call).remove(connection, call.id(0), call.user,
                                                          call.id(1), call.if_match, call.now);
    if (!removed) co_return std::unexpected(std::move(removed.error()));
    co_return Answer{.status = 204};
  };
  return write(call, std::move(body));
}

Task<Result<Answer>> undo_memory(Call& call) {
  std::function<Task<Result<Answer>>(db::Connection&)> body =
      [&call](db::Connection& connection) -> Task<Result<Answer>> {
    Result<store::Page> page = co_await memories(call).undo(connection, call.id(0), call.user,
                                                            call.id(1), call.if_match, call.now);
    if (!page) co_return std::unexpected(std::move(page.error()));
    co_return answer_of(std::move(*page));
  };
  return write(call, std::move(body));
}

Task<Result<Answer>> get_memory_settings(Call& call) {
  std::function<Task<Result<store::Page>>(db::Connection&)> body =
      [&call](db::Connection& connection) {
        return memories(call).settings(connection, call.id(0), call.user);
      };
  Result<store::Page> page =
      co_await call.services.database.read_one<Result<store::Page>>(call.cost, std::move(body));
  if (!page) co_return std::unexpected(std::move(page.error()));
  co_return answer_of(std::move(*page));
}

Task<Result<Answer>> put_memory_settings(Call& call) {
  std::function<Task<Result<Answer>>(db::Connection&)> body =
      [&call](db::Connection& connection) -> Task<Result<Answer>> {
    Result<store::Page> page = co_await memories(call).put_settings(
        connection, call.id(0), call.user, call.body, call.if_match, call.now);
    if (!page) co_return std::unexpected(std::move(page.error()));
    co_return answer_of(std::move(*page));
  };
  return write(call, std::move(body));
}

Task<Result<Answer>> get_memory_stats(Call& call) {
  std::function<Task<Result<std::string>>(db::Connection&)> body =
      [&call](db::Connection& connection) {
        return memories(call).stats(connection, call.id(0), call.user, call.now);
      };
  Result<std::string> stats =
      co_await call.services.database.read<Result<std::string>>(call.cost, std::move(body));
  if (!stats) co_return std::unexpected(std::move(stats.error()));
  co_return Answer{.body = std::move(*stats)};
}

Task<Result<Answer>> list_memory_timeline(Call& call) {
  std::function<Task<Result<Answer>>(db::Connection&)> body =
      [&call](db::Connection& connection) -> Task<Result<Answer>> {
    Result<store::Items> items =
        co_await memories(call).timeline(connection, call.id(0), call.user, memory_range(call));
    if (!items) co_return std::unexpected(std::move(items.error()));
    std::optional<store::Total> total;
    if (call.query.wants_count) {
      const store::Total counted = co_await memories(call).count_timeline(connection, call.id(0));
      total = counted;
    }
    co_return Answer{.body = list_body(call, std::move(*items), total)};
  };
  Result<Answer> answer =
      co_await call.services.database.read<Result<Answer>>(call.cost, std::move(body));
  co_return answer;
}

Task<Result<Answer>> consolidate_memory(Call& call) {
  std::function<Task<Result<store::Page>>(db::Connection&)> body =
      [&call](db::Connection& connection) {
        return memories(call).settings(connection, call.id(0), call.user);
      };
  Result<store::Page> settings =
      co_await call.services.database.read_one<Result<store::Page>>(call.cost, std::move(body));
  if (!settings) co_return std::unexpected(std::move(settings.error()));
  co_await move_to(call.services.workers);
  Result<Answer> answer = co_await work_once(call, [&call] { return consolidate(call); });
  co_return answer;
}

Task<Result<Answer>> clean_up_memory(Call& call) {
  co_await move_to(call.services.workers);
  Result<Answer> answer = co_await work_once(call, [&call] { return clean_up(call); });
  co_return answer;
}

Task<Result<Answer>> get_memory_overview(Call& call) {
  const bool is_of_all = is_admin(call) && call.user == call.caller.user_id;
  const std::optional<Uuid> owner = is_of_all ? std::nullopt : std::optional(call.user);
  std::function<Task<std::string>(db::Connection&)> body = [&call,
                                                            owner](db::Connection& connection) {
    return memories(call).overview(connection, owner, call.now);
  };
  std::string stats =
      co_await call.services.database.read_one<std::string>(call.cost, std::move(body));
  co_return Answer{.body = "{\"success\":true,\"stats\":" + stats + '}'};
}

}  // namespace onggi::api
