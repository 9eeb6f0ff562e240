// The statements as PostgreSQL knows them: what is the same for all connections.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include <libpq-fe.h>

#include "db/observations.h"
#include "db/statement.h"

namespace onggi::db::postgres {

// Thread-safe.
class Prepared {
 public:
  Prepared(const Statement& statement, std::size_t number, StatementCounters counters);

  const Statement& statement;
  const std::string name;               // on the server
  std::string text;                     // with its parameters numbered without gaps
  std::vector<std::size_t> parameters;  // which of those that are given each of them is
  std::string settings;                 // a statement that sets what the planner is to heed
  std::string resets;                   // and one that takes it back; empty where there is nothing
  const StatementCounters counters;

  // The parameters' types, as the server infers them; null until somebody has asked it.
  const std::vector<Oid>* types() const { return types_.load(std::memory_order_acquire); }
  void learn(std::vector<Oid> types);
  // Every parameter is an array: one run takes many rows.
  bool takes_sets() const { return takes_sets_.load(std::memory_order_relaxed); }

  // How long it has been taking; statements that are slow run where they hold nobody up.
  void took(std::chrono::nanoseconds time);
  bool is_slow() const;

 private:
  std::mutex mutex_;
  std::unique_ptr<const std::vector<Oid>> learnt_;
  std::atomic<const std::vector<Oid>*> types_ = nullptr;
  std::atomic<bool> takes_sets_ = false;
  std::atomic<std::int64_t> average_us_ = 0;
};

// Thread-safe.
class Catalogue {
 public:
  explicit Catalogue(Registry& registry) : registry_(registry) {}
  Prepared& find(const Statement& statement);

 private:
  Registry& registry_;
  std::shared_mutex mutex_;
  std::unordered_map<const Statement*, std::unique_ptr<Prepared>> known_;
};

}  // namespace onggi::db::postgres
