// What keeps statistics up, beside the requests: folds what has changed, four times a second and
// until nothing is left, and makes what is to be made anew. So the changes that a read has to add
// are those of about a quarter of a second, and under a load of many executions at once those of a
// few batches: folds then go on without a rest, and take the more the more wait (fold.h). Where
// that is not enough, and fifty thousand changes wait, those of users who have many among them
// are taken out of the queue together (build.h: absorb), in about the time that reading these
// users' executions takes. /metrics says how many wait.
//
// Every server has one; on a shared database one of them folds at a time. None is needed for
// answers to be exact, only for them to be cheap.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <set>
#include <string>
#include <thread>

#include "base/metrics.h"
#include "statistics/lifetime.h"
#include "store/batches.h"

namespace onggi::statistics {

class Keeper {
 public:
  // Does nothing until it is started.
  Keeper(db::Database& database, const Clock& clock, Registry& registry);
  // Ends what is under way after its present batch.
  ~Keeper();
  Keeper(const Keeper&) = delete;
  Keeper& operator=(const Keeper&) = delete;

  void start();
  // What the job counts (verify.h).
  Counter& differences() { return differences_; }

 private:
  struct OwnBatches;
  using Todo = std::set<std::pair<Kind, Uuid>>;

  void run_folds();
  void run_builds();
  bool fold_pass(store::Batches& batches);
  bool fold_some(store::Batches& batches, Kind kind, std::int64_t waiting);
  void look_for_incomplete(store::Batches& batches);
  void absorb_crowds(store::Batches& batches, Kind kind);
  bool rest(std::chrono::milliseconds time);
  bool is_stopping() const;
  void tell(std::string& told, const std::string& failure);

  db::Database& database_;
  const Clock& clock_;
  Counter& folded_;
  Counter& built_;
  Counter& differences_;
  std::atomic<std::int64_t> waiting_{0};
  std::atomic<std::int64_t> empty_at_ms_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;
  Todo incomplete_;
  std::set<std::pair<Kind, std::pair<Uuid, Date>>> spoilt_;
  std::set<Kind> crowded_;
  std::thread folds_;
  std::thread builds_;
};

}  // namespace onggi::statistics
