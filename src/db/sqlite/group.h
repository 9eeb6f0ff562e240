// Group commit: the bodies of several writes in one transaction, one COMMIT for all of them, and
// nobody pays for another's failure. Used by the writer's thread alone.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "db/sqlite/handle.h"
#include "db/sqlite/readers.h"
#include "db/sqlite/sqlite.h"
#include "db/sqlite/write.h"

namespace onggi::db::sqlite {

class GroupCommit {
 public:
  // `triggers` are made on every connection that is opened. Throws when the file cannot be opened.
  GroupCommit(const File& file, std::string_view triggers, const SqliteOptions& options,
              Readers& readers, Observations& observations);

  // Runs the first of `members`, adds what `next` gives (null: nothing is waiting) for as long as
  // the group may grow, and commits. Afterwards each member is committed, or has an error, or did
  // not want to be kept.
  void run(std::vector<Write*>& members, const std::function<Write*()>& next);

  // Writes one page: shows whether the store can be written, and covers in the log what a commit
  // that failed half way left there.
  void probe() { probe({}); }

  // What the last commit that wrote, or probe, has shown, and when.
  struct Health {
    std::optional<Trouble> trouble;  // nullopt: it was written
    std::chrono::steady_clock::time_point seen;
  };
  const Health& health() const { return health_; }

  // In the log after the last commit.
  int log_pages() const { return log_pages_; }
  // Moves the rest of the log and waits a moment for the last reader to leave it, so that the next
  // commit begins it anew. False: a reader stayed.
  bool restart_log();

 private:
  void connect();
  void probe(std::string_view request);
  void written(int log_pages);
  bool may_grow(const std::vector<Write*>& members,
                std::chrono::steady_clock::time_point started) const;
  bool together(std::vector<Write*>& members, const std::function<Write*()>& next);
  bool add(Write& member);
  void alone(Write& member);
  void run_body(Write& member, Guard& guard);
  void begin();
  void commit();
  void note(const StatementCounters& counters, const Statement& statement,
            std::chrono::nanoseconds took);
  void undo();
  void refuse_all(std::vector<Write*>& members, const std::function<Write*()>& next,
                  const std::exception& why);
  void prove(const std::vector<Write*>& members);
  void report(std::optional<Trouble> trouble, const char* internal, std::string_view request = {});

  const File& file_;
  const std::string_view triggers_;
  const std::int64_t cache_bytes_;
  const std::size_t group_size_;
  const std::span<const std::string_view> recording_;
  Readers& readers_;
  Observations& observations_;
  const StatementCounters commit_;
  const StatementCounters begin_;
  std::unique_ptr<Handle> handle_;  // null after a failure, until connect()
  bool changed_ = false;            // the transaction holds the work of a member
  int careful_ = 0;                 // groups whose members stand behind savepoints
  int log_pages_ = 0;
  Health health_;
};

}  // namespace onggi::db::sqlite
