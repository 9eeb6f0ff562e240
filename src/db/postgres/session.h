// What the bodies of read() and write() see.
#pragma once

#include <deque>
#include <functional>
#include <string>
#include <vector>

#include "db/database.h"
#include "db/postgres/lane.h"
#include "db/postgres/observations.h"
#include "db/postgres/prepared.h"
#include "db/postgres/wire.h"

namespace onggi::db::postgres {

// What the driver has for everybody.
struct Surroundings {
  Catalogue& catalogue;
  Observations& observed;
  std::chrono::milliseconds patience;  // for an answer
};

// What Connection's calls have in common.
class Session : public Connection {
 public:
  Session(Surroundings& around, Cost& cost) : around_(around), cost_(cost) {}

  Task<Rows> many(const Statement& statement, Params params) override;
  Task<Rows> many_within(const Statement& statement, Params params, std::size_t max_bytes) override;
  Task<void> scan(const Statement& statement, Params params,
                  std::function<bool(const Row&)> take) override;
  Task<Rows> many_each(const Statement& statement, std::vector<Params> rows) override;
  Task<std::int64_t> run(const Statement& statement, Params params) override;
  Task<std::int64_t> run_each(const Statement& statement, std::vector<Params> rows) override;
  bool has_json_type() const override { return true; }
  void after_commit(std::move_only_function<void()> published) override;

 protected:
  virtual Task<void> execute(Query& query) = 0;
  // Runs and counts.
  Task<void> ask(Query& query);
  virtual bool may_write() const { return false; }
  // Tells of it if it was slow, a failure as well.
  void note_time(const Query& query);
  // As the log names it.
  virtual std::string name_of(const Query& query) const {
    return std::string(query.prepared.statement.name);
  }

  Surroundings& around_;
  Cost& cost_;
};

// One statement, on its own.
class SingleRead final : public Session {
 public:
  // `lane`: of the thread's event loop, or null.
  SingleRead(Surroundings& around, Cost& cost, Lane* lane, Owner& owner)
      : Session(around, cost), lane_(lane), owner_(owner) {}

 protected:
  Task<void> execute(Query& query) override;

 private:
  Task<void> execute_alone(Query& query);

  Lane* const lane_;
  Owner& owner_;
  bool is_used_ = false;
};

// A transaction on a connection of its own. It begins with its first statement; whoever made it
// ends it, by commit() or roll_back().
class Transaction final : public Session {
 public:
  enum class Mode {
    snapshot,
    write,
    write_alone,  // while nobody else adds rows of users
  };
  using Published = std::vector<std::move_only_function<void()>>;

  Transaction(Surroundings& around, Cost& cost, Wire& wire, Mode mode)
      : Session(around, cost), wire_(wire), mode_(mode) {}

  Task<void> send_each(const Statement& statement, std::vector<Params> rows) override;
  void after_commit(std::move_only_function<void()> published) override;

  // Throws Lost when it cannot be known whether it has committed, else what has kept it from it.
  Task<void> commit();
  // Does not wait for the answer.
  void roll_back();
  bool asked_to_commit() const { return asked_to_commit_; }
  // Whether a statement of it has failed for that: another transaction may have been quicker.
  bool met_another() const { return met_another_; }
  Published& published() { return published_; }

 protected:
  Task<void> execute(Query& query) override;
  bool may_write() const override { return mode_ != Mode::snapshot; }
  // With those before it that nobody has waited for: their time cannot be told apart.
  std::string name_of(const Query& query) const override;

 private:
  Wire& wire_;
  const Mode mode_;
  bool is_begun_ = false;
  bool asked_to_commit_ = false;
  bool met_another_ = false;
  void begin(Query& blamed);
  // Throws what one of those has met that nobody has waited for.
  void check_sent();

  Published published_;
  std::deque<Query> sent_;
  std::size_t settled_ = 0;        // of sent_, the first ones
  std::size_t together_from_ = 0;  // those from here on go with what is being waited for
};

// Learns the types of the statement's parameters, if nobody has.
Task<void> introduce(Wire& wire, Query& query, Clock::time_point deadline);

}  // namespace onggi::db::postgres
