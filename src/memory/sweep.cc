#include "memory/sweep.h"

#include <chrono>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "json/terms.h"
#include "memory/pace.h"
#include "sql/catalogue.h"

namespace onggi::memory {
namespace {

constexpr std::int64_t terms_at_once = 10'000;
constexpr std::size_t prefix_bytes = 2;  // what the terms of a scope have in common (json/terms.h)

struct Scope {
  Uuid agent;
  std::int64_t life = 0;
  // The index behind these is still to be looked at; the first term that is not the scope's.
  std::string term, place, end;
};

Scope scope_of(const Uuid& agent, std::int64_t life) {
  const json::Term one =
      json::unlisted_term(db::memory_scope(agent.view(), static_cast<db::MemoryLife>(life)));
  Scope scope{agent, life, std::string(one.begin(), one.begin() + prefix_bytes), {}, {}};
  const std::uint32_t next = std::uint32_t{one[0]} * 256 + one[1] + 1;
  scope.end = next > 0xFFFF ? std::string(sizeof(json::Term) + 1, '\xFF')
                            : std::string{static_cast<char>(next >> 8), static_cast<char>(next)};
  return scope;
}

struct Swept {
  std::int64_t terms = 0;
  bool is_done = false;
  std::string term, place;
  std::chrono::nanoseconds took{};
};

// Other scopes may begin with the same bytes: what goes is what belongs to no memory.
Task<Swept> sweep_some(db::Connection& connection, Scope scope, std::int64_t most) {
  const Stopwatch watch;
  if (scope.place.empty())
    co_await connection.run(sql::memory_close_sweep, db::Params::of(scope.agent, scope.life));
  db::Params params;
  params.add_blob(scope.term).add_blob(scope.place).add_blob(scope.end).add(most);
  const db::Rows rows = co_await connection.many(sql::memory_terms_behind, std::move(params));
  std::vector<db::Params> ranges;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (!rows[i].boolean(2)) continue;
    std::size_t last = i;
    while (last + 1 < rows.size() && rows[last + 1].boolean(2)) ++last;
    db::Params range;
    range.add_blob(rows[i].text(0)).add_blob(rows[i].text(1));
    range.add_blob(rows[last].text(0)).add_blob(rows[last].text(1));
    ranges.push_back(std::move(range));
    i = last;
  }
  if (!ranges.empty()) co_await connection.run_each(sql::memory_remove_terms, std::move(ranges));
  Swept swept{static_cast<std::int64_t>(rows.size()), {}, {}, {}, {}};
  swept.is_done = swept.terms < most;
  if (swept.is_done) {
    co_await connection.run(sql::memory_end_sweep, db::Params::of(scope.agent, scope.life));
  } else {
    swept.term = rows[rows.size() - 1].text(0);
    swept.place = rows[rows.size() - 1].text(1);
  }
  swept.took = watch.elapsed();
  co_return swept;
}

}  // namespace

Task<void> leave_terms(db::Connection& connection, Uuid agent, db::MemoryLife life) {
  co_await connection.run(sql::memory_open_sweep,
                          db::Params::of(agent, static_cast<std::int64_t>(life)));
}

Task<void> sweep_terms(store::Batches& batches) {
  std::function<Task<db::Rows>(db::Connection&)> look = [](db::Connection& connection) {
    return connection.many(sql::memory_sweeps, {});
  };
  const db::Rows scopes = co_await batches.read<db::Rows>(std::move(look));
  Pace pace(terms_at_once);
  for (const db::Row row : scopes) {
    Scope scope = scope_of(row.uuid(0), row.integer(1));
    for (bool is_done = false; !is_done && !batches.is_to_stop();) {
      std::function<Task<Swept>(db::Connection&)> body =
          [scope, most = pace.rows()](db::Connection& connection) {
            return sweep_some(connection, scope, most);
          };
      const Swept swept = co_await batches.write<Swept>(std::move(body));
      pace.note(swept.terms, swept.took);
      is_done = swept.is_done;
      scope.term = swept.term;
      scope.place = swept.place;
    }
  }
}

}  // namespace onggi::memory
