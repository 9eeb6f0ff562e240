// Executions of agents and of workflows: one class, two tables.
#pragma once

#include <map>
#include <unordered_map>

#include "db/database.h"
#include "model/execution.h"
#include "store/change.h"
#include "store/page.h"
#include "store/prices.h"
#include "store/search.h"

namespace onggi::store {

struct ExecutionStatements;

// Rules of derivation and their bounds (API.md, Executions).
struct ExecutionRules {
  std::int64_t retention_days = 365;  // what started before is refused; 0: nothing is
};
inline constexpr std::int64_t id_drift_max_ms = day_ms;  // between an id's time and started_at
inline constexpr std::int64_t ahead_max_ms = day_ms;     // of started_at and completed_at, from now
inline constexpr std::int64_t steps_max = 10'000;        // of one execution
inline constexpr std::int64_t steps_at_once_max = 1'000;  // in one request

// One to be recorded, validated, before its transaction. `record` is shared because a transaction's
// body may run more than once.
struct ExecutionDraft {
  std::shared_ptr<model::Execution> record;
  std::optional<Sha256> request_hash;  // where the client brought the id
};

struct RecordedExecution {
  Uuid id;
  bool is_repeated = false;
  std::optional<std::string> subject_name{};  // of what was executed, where it is new
};

struct ExecutionPage : Page {
  model::Given given;
};

struct ChangedExecution : Page {
  std::shared_ptr<model::Execution> finished;  // as it is now, where the change has ended it
};

// Which executions a list is of.
struct ExecutionFilter {
  std::optional<Uuid> subject;  // agent or workflow
  std::optional<std::string> session;
  std::optional<std::string> status;
  Time from = earliest_time;
  Time to = after_all_times;
  std::shared_ptr<const Filter> search;  // null: none; not heeded by exports
};

class Executions {
 public:
  enum class Kind : std::uint8_t { agent, workflow };
  Executions(Kind kind, ExecutionRules rules);

  Kind kind() const { return kind_; }
  const model::Shape& shape() const { return shape_; }

  // Validates a body and derives what it leaves out: started_at from the id, else now; the id from
  // started_at; completed_at, duration_ms and total tokens. `pointer` is the place of the body
  // within the request.
  Result<ExecutionDraft> draft(const json::Value& body, const Uuid& owner, Time now,
                               std::string pointer = {}) const;

  // In a transaction: all of them, each for itself and its owner. One result per draft, in order:
  // 409 where the id is taken by another content, 422 where there is no such agent or workflow for
  // the owner.
  Task<std::vector<Result<RecordedExecution>>> record(
      db::Connection& connection, std::shared_ptr<const std::vector<ExecutionDraft>> drafts) const;

  // What read() would show of one that was just recorded.
  ExecutionPage page_of(model::Execution& execution,
                        const std::optional<std::string>& subject_name) const;
  Task<std::optional<ExecutionPage>> read(db::Connection& connection, Uuid id, Uuid owner) const;
  Task<Items> list(db::Connection& connection, Uuid owner, ExecutionFilter filter,
                   Range range) const;
  Task<Total> count(db::Connection& connection, Uuid owner, ExecutionFilter filter) const;
  // Every line as a single GET shows it, newest first.
  std::unique_ptr<db::Cursor> open_export(db::Database& database, db::Cost& cost, Uuid owner,
                                          const ExecutionFilter& filter) const;
  static std::string export_lines(const db::Rows& rows, std::string_view name_member);
  std::string_view name_member() const;

  // In a transaction: RFC 7396 on one execution; what is derived follows. 404, 409 (a finished one
  // cannot run again), 412, 422.
  Task<Result<ChangedExecution>> patch(db::Connection& connection, Uuid id, Uuid owner,
                                       std::shared_ptr<const json::Value> body, IfMatch if_match,
                                       Time now) const;
  Task<Result<void>> remove(db::Connection& connection, Uuid id, Uuid owner,
                            IfMatch if_match) const;
  // In a transaction: all of a session.
  Task<void> remove_session(db::Connection& connection, Uuid owner, std::string session) const;

  // In a transaction: appends steps. The steps' JSON in order; 404, 409 where a number is taken,
  // 422 beyond steps_max.
  Task<Result<std::vector<std::string>>> append_steps(db::Connection& connection, Uuid id,
                                                      Uuid owner, std::vector<model::Step> steps,
                                                      Time now) const;

 private:
  Task<void> walk(db::Connection& connection, Uuid owner, ExecutionFilter filter, Place after,
                  Sieve& sieve) const;
  using TakenIds =
      std::unordered_map<Uuid, std::pair<Uuid, std::string>>;  // id to (owner, request_hash)

  struct Subject {
    std::string name;
    std::optional<Price> price;  // of an agent's model
  };
  // By owner and id those that the owner may execute; nullopt of the others.
  using Subjects = std::map<std::pair<Uuid, Uuid>, std::optional<Subject>>;
  Task<Subjects> known_subjects(db::Connection& connection,
                                const std::vector<ExecutionDraft>& drafts) const;
  Task<bool> is_known_subject(db::Connection& connection, Uuid subject, Uuid owner) const;
  Task<TakenIds> taken_ids(db::Connection& connection,
                           const std::vector<ExecutionDraft>& drafts) const;
  static std::vector<std::size_t> tell_apart(const std::vector<ExecutionDraft>& drafts,
                                             TakenIds& taken,
                                             std::vector<Result<RecordedExecution>>& results);
  Task<void> insert(db::Connection& connection, const std::vector<ExecutionDraft>& drafts,
                    const std::vector<std::size_t>& of) const;
  Task<void> insert_steps(db::Connection& connection, const std::vector<ExecutionDraft>& drafts,
                          const std::vector<std::size_t>& of) const;
  Task<void> estimate(db::Connection& connection, model::Execution& execution) const;
  // False: retention has begun to remove it.
  Task<bool> update(db::Connection& connection, model::Execution& before,
                    model::Execution& after) const;
  std::unexpected<Error> no_subject(const std::string& pointer = {}) const;

  // execution_rules.cc
  Result<void> derive(model::Execution& execution, Time now, const std::string& pointer) const;
  Result<void> check_start(const model::Execution& execution, Time now,
                           const std::string& pointer) const;
  Result<void> correct(const model::Execution& before, model::Execution& after, Time now) const;

  Kind kind_;
  ExecutionRules rules_;
  const model::Shape& shape_;
  const ExecutionStatements& sql_;
};

// An execution as a list shows it, and as it is kept; with "cost_is_estimated" where its cost is
// estimated.
std::string item_document(const model::Shape& shape, model::Execution& execution);

// Whether a change asks for another estimate of what an execution costs: its tokens are others, or
// what was executed, or the cost was taken back. Prices that were corrected do not (prices.h).
bool is_estimated_anew(const model::Execution& before, const model::Execution& after);

// Takes out of `present`, an execution as its page shows it, what was derived and not given, so
// that it is derived anew after `patch`. Returns what is given after the patch.
model::Given forget_derived(json::Value& present, const json::Value& patch, model::Given given);

// Steps from a body of one object or an array of them, their numbers told apart. 422 with every
// complaint.
Result<std::vector<model::Step>> draft_steps(const json::Value& body, Time now);

}  // namespace onggi::store
