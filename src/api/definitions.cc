#include <fmt/format.h>

#include "api/handlers.h"
#include "api/query.h"
#include "sql/catalogue.h"

namespace onggi::api {
namespace {

db::Params filters_of(const Call& call) {
  db::Params filters;
  for (std::size_t i = 0; i < call.endpoint.query.size(); ++i) {
    const auto& value = call.query.values[i];
    if (!value)
      filters.add(std::nullopt);
    else if (call.endpoint.query[i].type == model::Type::boolean)
      filters.add(*value == "true");
    else
      filters.add(*value);
  }
  return filters;
}

// Keys and roles are kept in memory: what changes users makes that start anew, once it is
// committed.
void forget_users(const Call& call, db::Connection& connection) {
  if (&call.definitions() == &call.services.stores.users)
    connection.after_commit(
        [&authenticator = call.services.authenticator] { authenticator.forget(); });
}

Task<Result<Answer>> change_definition(Call& call, bool is_patch) {
  std::function<Task<Result<Answer>>(db::Connection&)> body =
      [&call, is_patch](db::Connection& connection) -> Task<Result<Answer>> {
    store::Change change{is_patch, call.body, call.if_match, call.now};
    forget_users(call, connection);
    Result<store::Page> page =
        co_await call.definitions().change(connection, call.key(0), call.user, std::move(change));
    if (!page) co_return std::unexpected(std::move(page.error()));
    co_return Answer{.body = std::move(page->body), .version = page->version};
  };
  return write(call, std::move(body));
}

store::Range range_of(const Call& call) {
  store::Range range{.limit = call.query.limit};
  if (call.query.cursor) range.after = *call.query.cursor;
  return range;
}

Task<Result<Answer>> list_all(Call& call) {
  std::function<Task<Answer>(db::Connection&)> body =
      [&call](db::Connection& connection) -> Task<Answer> {
    const store::Definitions& definitions = call.definitions();
    const db::Params filters = definitions.is_searchable() ? db::Params() : filters_of(call);
    store::Items items = co_await definitions.list(connection, call.user, range_of(call), filters);
    std::optional<store::Total> total;
    if (call.query.wants_count) {
      const store::Total counted = co_await definitions.count(connection, call.user, filters);
      total = counted;
    }
    co_return Answer{.body = list_body(call, std::move(items), total)};
  };
  Answer answer = co_await read_list(call, std::move(body));
  co_return answer;
}

using Filter = std::shared_ptr<const store::Filter>;
struct Finding {
  Task<store::Items> (*items)(const Call&, db::Connection&, Filter);
  Task<store::Total> (*total)(const Call&, db::Connection&, Filter);
};

constexpr Finding find_definitions{
    [](const Call& call, db::Connection& connection, Filter filter) {
      return call.definitions().find(connection, call.user, range_of(call), std::move(filter));
    },
    [](const Call& call, db::Connection& connection, Filter filter) {
      return call.definitions().count_found(connection, call.user, std::move(filter));
    }};
constexpr Finding find_nodes{
    [](const Call& call, db::Connection& connection, Filter filter) {
      return store::Workflows::find_nodes(connection, call.user, range_of(call), std::move(filter));
    },
    [](const Call& call, db::Connection& connection, Filter filter) {
      return store::Workflows::count_nodes(connection, call.user, std::move(filter));
    }};

// A search that may take long leaves the event loop to others.
Task<Result<Answer>> find(Call& call, Filter filter, Finding finding) {
  if (!filter->is_quick() || call.query.wants_count) co_await leave_loop(call);
  std::function<Task<Answer>(db::Connection&)> body =
      [&call, filter, finding](db::Connection& connection) -> Task<Answer> {
    store::Items items = co_await finding.items(call, connection, filter);
    std::optional<store::Total> total;
    if (call.query.wants_count) {
      const store::Total counted = co_await finding.total(call, connection, filter);
      total = counted;
    }
    co_return Answer{.body = list_body(call, std::move(items), total)};
  };
  Answer answer = co_await read_list(call, std::move(body));
  co_return answer;
}

}  // namespace

Answer created(const Call& call, store::Created made, std::string_view id) {
  Answer answer{.status = made.is_repeated ? 200 : 201,
                .body = std::move(made.page.body),
                .version = made.page.version};
  answer.location = fmt::format("{}{}/{}", prefix,
                                call.endpoint.path.substr(0, call.endpoint.path.find('/', 1)), id);
  return answer;
}

Task<void> leave_loop(Call& call) {
  if (!call.services.database.is_shared()) co_await move_to(call.services.workers);
}

Task<Answer> read_list(Call& call, std::function<Task<Answer>(db::Connection&)> body) {
  db::Database& database = call.services.database;
  return call.query.wants_count ? database.read<Answer>(call.cost, std::move(body))
                                : database.read_one<Answer>(call.cost, std::move(body));
}

std::string list_body(const Call& call, store::Items items, std::optional<store::Total> total) {
  std::string body = "{\"items\":[" + items.json + "],\"next_cursor\":";
  if (items.next)
    json::append_quoted(write_cursor(*items.next, call.endpoint.operation), body);
  else
    body += "null";
  if (total) {
    fmt::format_to(std::back_inserter(body), ",\"total\":{}", total->count);
    if (total->is_capped) body += ",\"total_is_capped\":true";
  }
  body += '}';
  return body;
}

Task<Result<Answer>> create_definition(Call& call) {
  Result<store::Draft> draft = call.definitions().draft(*call.body, call.user, call.now);
  if (!draft) co_return std::unexpected(std::move(draft.error()));
  const store::Draft made = std::move(*draft);
  std::function<Task<Result<Answer>>(db::Connection&)> body =
      [&call, made](db::Connection& connection) -> Task<Result<Answer>> {
    Result<store::Created> result = co_await call.definitions().create(connection, made);
    if (!result) co_return std::unexpected(std::move(result.error()));
    co_return created(call, std::move(*result), call.definitions().key_of(*made.record).text());
  };
  Result<Answer> answer = co_await write(call, std::move(body));
  co_return answer;
}

Task<Result<Answer>> list_definitions(Call& call) {
  if (call.definitions().is_searchable())
    if (std::shared_ptr<const store::Filter> filter = call.filter(true))
      return find(call, std::move(filter), find_definitions);
  return list_all(call);
}

// No filter at all: every node has data.
Task<Result<Answer>> list_nodes(Call& call) {
  Filter filter = call.filter(true);
  if (!filter) {
    auto all = std::make_shared<store::Filter>();
    all->add("data", json::Object{});
    filter = std::move(all);
  }
  return find(call, std::move(filter), find_nodes);
}

// From memory where it was read before; the reader is part of the place. Where other servers write
// to the same database, a statement confirms that what its pages show has not changed.
Task<Result<Answer>> get_definition(Call& call) {
  cache::Pages& pages = call.services.page_cache;
  db::Database& database = call.services.database;
  std::string place =
      fmt::format("{} {} {}", call.endpoint.path, call.user.view(), call.key(0).bytes());
  cache::Pages::Stamp stamp = pages.stamp();
  if (database.is_shared() && pages.is_kept()) {
    const db::Rows version =
        co_await database.many(call.cost, sql::pages_confirm, db::Params::of(call.user));
    stamp = static_cast<cache::Pages::Stamp>(version[0].integer(0));
  }
  if (auto kept = pages.get(place, stamp)) co_return Answer{.kept = std::move(kept)};
  std::function<Task<std::optional<store::Page>>(db::Connection&)> body =
      [&call](db::Connection& connection) {
        return call.definitions().read(connection, call.key(0), call.user);
      };
  std::optional<store::Page> page =
      co_await database.read_one<std::optional<store::Page>>(call.cost, std::move(body));
  if (!page) co_return store::not_found();
  std::string tag = entity_tag(page->body, page->version);
  auto kept = std::make_shared<const cache::Page>(std::move(page->body), std::move(tag));
  const bool is_present = database.is_shared() || stamp == pages.stamp();
  if (is_present) pages.put(std::move(place), kept, stamp);
  co_return Answer{.kept = std::move(kept)};
}

Task<Result<Answer>> replace_definition(Call& call) {
  return change_definition(call, false);
}

Task<Result<Answer>> patch_definition(Call& call) {
  return change_definition(call, true);
}

Task<Result<Answer>> remove_definition(Call& call) {
  std::function<Task<Result<Answer>>(db::Connection&)> body =
      [&call](db::Connection& connection) -> Task<Result<Answer>> {
    Result<void> removed = co_await call.definitions().remove(connection, call.key(0), call.user,
                                                              call.if_match, call.now);
    if (!removed) co_return std::unexpected(std::move(removed.error()));
    co_return Answer{.status = 204};
  };
  return write(call, std::move(body));
}

}  // namespace onggi::api
