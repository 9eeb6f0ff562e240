#include "db/sqlite/group.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include <spdlog/spdlog.h>

#include "base/log_text.h"

namespace onggi::db::sqlite {
namespace {

using SteadyClock = std::chrono::steady_clock;

// Who came first waits for the bodies of all who came after.
constexpr std::chrono::milliseconds longest_group{5};
constexpr int longest_wait_for_readers_ms = 50;
// Groups that set savepoints after one would have needed one.
constexpr int careful_groups = 1'000;

// Page 1 is written whatever the value was.
constexpr Statement probing{"probe", "pragma user_version = 0"};

}  // namespace

GroupCommit::GroupCommit(const File& file, std::string_view triggers, const SqliteOptions& options,
                         Readers& readers, Observations& observations)
    : file_(file),
      triggers_(triggers),
      cache_bytes_(options.page_cache_bytes),
      group_size_(options.group_size),
      recording_(options.recording),
      readers_(readers),
      observations_(observations),
      commit_(observations.of(control::commit)),
      begin_(observations.of(control::begin_immediate)) {
  connect();
}

void GroupCommit::connect() {
  file_.require_in_place();
  if (handle_ && !handle_->spoiled()) return;
  handle_.reset();
  auto handle =
      std::make_unique<Handle>(file_, Use::write, cache_bytes_, observations_, recording_);
  handle->execute("triggers", std::string(triggers_));
  handle_ = std::move(handle);
  const auto after_commit = [](void* self, sqlite3*, const char*, int pages) {
    static_cast<GroupCommit*>(self)->written(pages);
    return SQLITE_OK;
  };
  sqlite3_wal_hook(handle_->raw(), after_commit, this);
}

void GroupCommit::written(int log_pages) {
  readers_.committed(handle_->take_changed());
  log_pages_ = log_pages;
  observations_.wal_bytes.set(std::int64_t{log_pages} * (page_bytes + 24) + 32);
  report(std::nullopt, "");
}

void GroupCommit::run(std::vector<Write*>& members, const std::function<Write*()>& next) {
  try {
    connect();
    begin();
  } catch (const std::exception& failure) {
    refuse_all(members, next, failure);
    prove(members);
    return;
  }
  if (together(members, next)) return;
  // What a member saw may have been the work of another that is gone now, so all of them start
  // again.
  observations_.group_retries.add();
  for (Write* member : members) alone(*member);
  prove(members);
}

// Who could not be written is told of here, in the name of the first, if nobody can be written now;
// where it was that one write alone, whoever asked for it tells.
void GroupCommit::prove(const std::vector<Write*>& members) {
  const auto failed =
      std::ranges::find_if(members, [](const Write* member) { return member->error != nullptr; });
  probe(failed == members.end() ? std::string_view() : (*failed)->cost.request);
  if (!health_.trouble) return;
  for (const Write* member : members) set_told(member->error);
}

// False when the transaction was lost, or nothing of it can be known.
bool GroupCommit::together(std::vector<Write*>& members, const std::function<Write*()>& next) {
  auto started = SteadyClock::now();
  changed_ = false;
  if (careful_ > 0) --careful_;
  try {
    for (std::size_t i = 0; i < members.size(); ++i) {
      if (!add(*members[i])) return undo(), false;
      // Those who have come meanwhile share its commit.
      if (i == 0 && members[0]->cost.is_batch) started = SteadyClock::now();
      if (!may_grow(members, started)) continue;
      if (Write* one = next()) members.push_back(one);
    }
    commit();
  } catch (const std::exception& failure) {
    spdlog::debug("db.group_lost writes={} error={}", members.size(), log_text(failure.what()));
    undo();
    return false;
  }
  for (Write* member : members) member->committed = member->keep;
  observations_.write_group_size.observe(static_cast<double>(members.size()));
  return true;
}

bool GroupCommit::may_grow(const std::vector<Write*>& members,
                           SteadyClock::time_point started) const {
  return members.size() < group_size_ && SteadyClock::now() - started < longest_group;
}

// False when SQLite has ended the transaction, or a member that is not kept cannot be undone alone.
// While it holds nobody's work a member needs no savepoint: all of it can go. Nor does one that is
// as good as never needed: it copies each page that the member changes, a quarter of what recording
// an execution costs. So they are set for a while once somebody has changed something and
// failed.
bool GroupCommit::add(Write& member) {
  const std::int64_t before = sqlite3_total_changes64(handle_->raw());
  Guard guard(*handle_, changed_ && careful_ > 0);
  run_body(member, guard);
  if (!handle_->in_transaction()) return false;
  if (member.keep) {
    guard.release();
    changed_ = true;
    return true;
  }
  const bool has_changed = sqlite3_total_changes64(handle_->raw()) != before;
  if (guard.holds()) {
    guard.roll_back();
  } else if (has_changed && changed_) {
    careful_ = careful_groups;
    return false;
  } else if (has_changed) {
    handle_->control(control::rollback);
    begin();
  }
  return true;
}

void GroupCommit::alone(Write& member) {
  try {
    connect();
    begin();
    Guard guard(*handle_, false);
    run_body(member, guard);
    if (!handle_->in_transaction()) {
      if (!member.error) throw transaction_lost();
    } else if (member.keep) {
      commit();
      member.committed = true;
      observations_.write_group_size.observe(1);
    } else {
      handle_->control(control::rollback);
    }
  } catch (const std::exception&) {
    if (!member.error) member.error = std::current_exception();
    undo();
  }
}

void GroupCommit::run_body(Write& member, Guard& guard) {
  member.spent = {.request = member.cost.request};
  member.keep = false;
  member.error = nullptr;
  member.published.clear();
  try {
    WriteSession session(*handle_, member.spent, member.published, guard);
    member.keep = run_now(member.body(session));
  } catch (...) {
    member.error = std::current_exception();  // travels to whoever awaits the write
  }
}

void GroupCommit::note(const StatementCounters& counters, const Statement& statement,
                       std::chrono::nanoseconds took) {
  counters.calls->add();
  counters.time->add(took);
  observations_.slow.note(counters, statement.name, took, {});
}

// Waits where another process writes.
void GroupCommit::begin() {
  const auto started = SteadyClock::now();
  handle_->control(control::begin_immediate);
  note(begin_, control::begin_immediate, SteadyClock::now() - started);
}

void GroupCommit::commit() {
  const auto started = SteadyClock::now();
  handle_->control(control::commit);
  const auto took = SteadyClock::now() - started;
  observations_.commit_duration.observe(std::chrono::duration<double>(took).count());
  note(commit_, control::commit, took);
}

// Closing the connection rolls back as well, where ROLLBACK cannot.
void GroupCommit::undo() {
  if (!handle_ || !handle_->in_transaction()) return;
  try {
    handle_->control(control::rollback);
  } catch (const std::exception& failure) {
    spdlog::debug("db.connection_dropped error={}", log_text(failure.what()));
    handle_.reset();
  }
}

// Nobody has run. All who wait are told: one after the other would each wait as long again. Each
// gets an exception of its own, since each goes on on a thread of its own.
void GroupCommit::refuse_all(std::vector<Write*>& members, const std::function<Write*()>& next,
                             const std::exception& why) {
  while (members.size() < group_size_) {
    Write* one = next();
    if (!one) break;
    members.push_back(one);
  }
  const auto* unavailable = dynamic_cast<const Unavailable*>(&why);
  for (Write* member : members) {
    member->error = unavailable ? std::make_exception_ptr(Unavailable(
                                      unavailable->detail(), why.what(), unavailable->cause()))
                                : std::make_exception_ptr(std::runtime_error(why.what()));
  }
}

void GroupCommit::probe(std::string_view request) {
  try {
    connect();
    handle_->control(probing);
  } catch (const Unavailable& failure) {
    report(failure.trouble(), failure.what(), request);
  } catch (const std::runtime_error& failure) {
    report(Trouble{Cause::damaged, "The store is damaged."}, failure.what(), request);
  }
}

void GroupCommit::report(std::optional<Trouble> trouble, const char* internal,
                         std::string_view request) {
  if (!trouble && health_.trouble) spdlog::info("db.write_recovered");
  if (trouble && !health_.trouble)
    spdlog::error("db.write_failed{} error={}", request_field(request), log_text(internal));
  health_ = {std::move(trouble), SteadyClock::now()};
}

bool GroupCommit::restart_log() {
  if (!handle_) return false;
  readers_.end_idle_snapshots();
  // A cursor stays longer than anybody may wait.
  const bool is_in_vain = readers_.long_reads().load(std::memory_order_relaxed) != 0;
  sqlite3_busy_timeout(handle_->raw(), is_in_vain ? 0 : longest_wait_for_readers_ms);
  const int code = sqlite3_wal_checkpoint_v2(handle_->raw(), "main", SQLITE_CHECKPOINT_RESTART,
                                             nullptr, nullptr);
  sqlite3_busy_timeout(handle_->raw(), busy_timeout_ms);
  return code == SQLITE_OK;
}

}  // namespace onggi::db::sqlite
