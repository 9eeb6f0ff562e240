// What search needs done beside the traffic, on a thread of its own, in small transactions:
//  - where the analysis has changed, or memories were brought along by a move, they are analysed
//    (anew); until then what is kept answers, and what has no words yet is analysed when it is
//    read;
//  - embeddings are asked for of memories that came without one (--embeddings-url), a few at a
//    time, each at most five times, with a growing pause; then it stays without;
//  - what is kept of memories that are gone is forgotten after a day.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

#include "base/clock.h"
#include "base/metrics.h"
#include "db/database.h"
#include "memory/embeddings.h"
#include "store/batches.h"

namespace onggi::memory {

// Analyses whatever is not of the present version; of those, what has no embedding is put in line
// for one where that is asked for. How many. Both must live until it is done.
Task<std::int64_t> analyse_anew(store::Batches& batches, bool asks_for_embeddings);
// Forgets what has been gone for a day. How many.
Task<std::int64_t> forget_gone(store::Batches& batches);

class Upkeep {
 public:
  // All must outlive it; `embeddings` may be null.
  Upkeep(db::Database& database, const Clock& clock, Registry& registry,
         const Embeddings* embeddings);
  ~Upkeep();
  Upkeep(const Upkeep&) = delete;
  Upkeep& operator=(const Upkeep&) = delete;

  void stop();

 private:
  class Batches;

  void run();
  bool rest(std::chrono::milliseconds pause);
  bool is_stopping() const;
  // Whether there was something to do.
  Task<bool> embed_some();

  db::Database& database_;
  const Clock& clock_;
  const Embeddings* const embeddings_;
  Counter& embedded_;
  Counter& failed_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace onggi::memory
