// A store with its classes, and a clock that stands still until it is moved: what a server works
// with, called one thing after the other.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "json/json.h"
#include "store/stores.h"
#include "tests/conformance/driver.h"

namespace onggi::conformance {

class World {
 public:
  explicit World(const Driver& driver);

  db::Database& database() { return *store_.database; }

  // An error rolls back, as in the server.
  template <class T>
  Result<T> write(std::function<Task<Result<T>>(db::Connection&)> body) {
    db::Cost cost;
    return run_now(database().write<T>(cost, std::move(body)));
  }
  template <class T>
  T look(std::function<Task<T>(db::Connection&)> body) {
    db::Cost cost;
    return run_now(database().read<T>(cost, std::move(body)));
  }
  db::Rows many(const db::Statement& statement, db::Params params = {});
  std::int64_t run(const db::Statement& statement, db::Params params = {});

  Result<store::Created> create(const store::Definitions& kind, const json::Value& body,
                                Uuid owner);
  Result<store::Page> put(const store::Definitions& kind, store::Key key, Uuid owner,
                          const json::Value& body, store::IfMatch if_match = {});
  Result<store::Page> patch(const store::Definitions& kind, store::Key key, Uuid owner,
                            const json::Value& body, store::IfMatch if_match = {});
  Result<bool> remove(const store::Definitions& kind, store::Key key, Uuid owner,
                      store::IfMatch if_match = {});
  std::optional<store::Page> read(const store::Definitions& kind, store::Key key, Uuid reader);
  // The ids of all pages of a list, in their order.
  std::vector<std::string> all(const store::Definitions& kind, Uuid reader, db::Params filters,
                               std::int64_t limit);
  std::vector<std::string> all(const store::Definitions& kind, Uuid reader,
                               std::shared_ptr<const store::Filter> filter, std::int64_t limit);
  std::vector<std::string> pages(
      std::int64_t limit,
      const std::function<Task<store::Items>(db::Connection&, store::Range)>& list);

  Result<store::RecordedExecution> record(const store::Executions& kind, const json::Value& body,
                                          Uuid owner);
  Result<store::Page> patch(const store::Executions& kind, Uuid id, Uuid owner,
                            const json::Value& body, store::IfMatch if_match = {});
  Result<bool> remove(const store::Executions& kind, Uuid id, Uuid owner,
                      store::IfMatch if_match = {});
  Result<bool> append(const store::Executions& kind, Uuid id, Uuid owner, const json::Value& steps);
  std::optional<store::Page> read(const store::Executions& kind, Uuid id, Uuid owner);

  // Objects with what they need and nothing else. Throw where the store refuses them.
  Uuid user(std::string_view name = "somebody", std::string_view role = "user");
  Uuid agent(Uuid owner, json::Object more = {});
  Uuid workflow(Uuid owner, json::Object more = {});
  Uuid block(Uuid owner, std::string_view name, json::Object more = {});
  Uuid knowledgebase(Uuid owner, std::string_view name = "notes");
  void tool(std::string_view slug, json::Object more = {});
  Uuid execution(const store::Executions& kind, Uuid owner, Uuid subject, json::Object more = {});

  // A memory as its page shows it; `more` over {"type": "short_term", "content": "it was said"}. An
  // admin's, who may date it.
  json::Value memory(Uuid owner, Uuid agent, json::Object more = {});
  Result<store::CreatedMemories> remember(Uuid owner, Uuid agent, const json::Value& body,
                                          bool is_admin = true);

  store::Stores stores{store::ExecutionRules{}};
  Time now{1'795'000'000'000};

 private:
  Uuid make(const store::Definitions& kind, json::Object body, json::Object more, Uuid owner);
  Result<store::Page> change(const store::Definitions& kind, store::Key key, Uuid owner,
                             const json::Value& body, bool is_patch, store::IfMatch if_match);

  Registry registry_;
  Store store_;
};

// The value of a result, or a test that fails with its error.
template <class T>
T must(Result<T> result) {
  if (!result)
    throw std::runtime_error(result.error().detail +
                             (result.error().errors.empty()
                                  ? ""
                                  : " (" + result.error().errors[0].field + " " +
                                        result.error().errors[0].message + ")"));
  return std::move(*result);
}

inline Uuid id_of(std::string_view page) {
  return *Uuid::parse(json::parse_stored(page).at("id").as_string());
}

}  // namespace onggi::conformance
