// One attempt of a job's run, on this server: batches that know whose turn it is.
#pragma once

#include <atomic>
#include <mutex>
#include <string>

#include "store/batches.h"
#include "store/jobs.h"

namespace onggi::schedule {

// The work is on one thread; the rest may be called from any.
class Run final : public store::Batches {
 public:
  // `stopping`: the server's; must outlive it.
  Run(db::Database& database, const Clock& clock, store::Jobs::Turn turn, std::string progress,
      const std::atomic<bool>& stopping)
      : Batches(database, clock),
        turn_(std::move(turn)),
        stopping_(stopping),
        progress_(std::move(progress)) {}

  const store::Jobs::Turn& turn() const { return turn_; }

  bool is_to_stop() const override;
  void report(std::string progress) override;

  // Somebody else has taken it over: it ends at its next batch.
  void lose() { is_lost_.store(true, std::memory_order_relaxed); }
  // Whether the work was told to stop, and so has perhaps not done all.
  bool was_stopped() const { return was_stopped_.load(std::memory_order_relaxed); }

  std::string progress() const override;
  // What was reported since the last call; empty: nothing.
  std::string take_progress();

 private:
  Task<void> confirm(db::Connection& connection) override;
  bool wait_out(const Unavailable& failure, int times) override;

  const store::Jobs::Turn turn_;
  const std::atomic<bool>& stopping_;
  std::atomic<bool> is_lost_{false};
  mutable std::atomic<bool> was_stopped_{false};

  mutable std::mutex mutex_;
  std::string progress_;
  bool has_news_ = false;
};

}  // namespace onggi::schedule
