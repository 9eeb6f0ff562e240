#include "db/sqlite/group.h"

#include <stdexcept>
#include <utility>

#include <spdlog/spdlog.h>

namespace onggi::db::sqlite {
namespace {

using SteadyClock = std::chrono::steady_clock;

// Who came first waits for the bodies of all who came after.
constexpr std::chrono::milliseconds longest_group{5};
constexpr int longest_wait_for_readers_ms = 50;

// Page 1 is written whatever the value was.
constexpr Statement probing{"probe", "pragma user_version = 0"};

}  // namespace

GroupCommit::GroupCommit(const File& file, std::string_view triggers, std::int64_t cache_bytes,
                         std::size_t group_size, Readers& readers, Observations& observations)
    : file_(file),
      triggers_(triggers),
      cache_bytes_(cache_bytes),
      group_size_(group_size),
      readers_(readers),
      observations_(observations) {
  connect();
}

void GroupCommit::connect() {
  file_.require_in_place();
  if (handle_ && !handle_->spoiled()) return;
  handle_.reset();
  auto handle = std::make_unique<Handle>(file_, Use::write, cache_bytes_, observations_);
  handle->execute("triggers", std::string(triggers_));
  handle_ = std::move(handle);
  const auto after_commit = [](void* self, sqlite3*, const char*, int pages) {
    static_cast<GroupCommit*>(self)->written(pages);
    return SQLITE_OK;
  };
  sqlite3_wal_hook(handle_->raw(), after_commit, this);
}

void GroupCommit::written(int log_pages) {
  readers_.committed();
  log_pages_ = log_pages;
  observations_.wal_bytes.set(std::int64_t{log_pages} * (page_bytes + 24) + 32);
  report({}, "");
}

void GroupCommit::run(std::vector<Write*>& members, const std::function<Write*()>& next) {
  try {
    connect();
    handle_->control(control::begin_immediate);
  } catch (const std::exception& failure) {
    refuse_all(members, next, failure);
    probe();
    return;
  }
  if (together(members, next)) return;
  // What a member saw may have been the work of another that is gone now, so all of them start
  // again.
  observations_.group_retries.add();
  for (Write* member : members) alone(*member);
  probe();
}

// False when the transaction was lost, or nothing of it can be known.
bool GroupCommit::together(std::vector<Write*>& members, const std::function<Write*()>& next) {
  const auto started = SteadyClock::now();
  changed_ = false;
  try {
    for (std::size_t i = 0; i < members.size(); ++i) {
      if (!add(*members[i])) return undo(), false;
      if (!may_grow(members, started)) continue;
      if (Write* one = next()) members.push_back(one);
    }
    commit();
  } catch (const std::exception& failure) {
    if (health_.trouble.empty()) {
      spdlog::warn("db.group_lost: {} writes, {}", members.size(), failure.what());
    }
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

// False when SQLite has ended the transaction. While it holds nobody's work a member needs no
// savepoint: all of it can go.
bool GroupCommit::add(Write& member) {
  const bool guarded = changed_;
  if (guarded) handle_->control(control::savepoint);
  run_body(member);
  if (!handle_->in_transaction()) return false;
  if (member.keep) {
    if (guarded) handle_->control(control::release);
    changed_ = true;
  } else if (guarded) {
    handle_->control(control::rollback_to);
    handle_->control(control::release);
  } else {
    handle_->control(control::rollback);
    handle_->control(control::begin_immediate);
  }
  return true;
}

void GroupCommit::alone(Write& member) {
  try {
    connect();
    handle_->control(control::begin_immediate);
    run_body(member);
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

void GroupCommit::run_body(Write& member) {
  member.spent = {};
  member.keep = false;
  member.error = nullptr;
  member.published.clear();
  try {
    WriteSession session(*handle_, member.spent, member.published);
    member.keep = run_now(member.body(session));
  } catch (...) {
    member.error = std::current_exception();  // travels to whoever awaits the write
  }
}

void GroupCommit::commit() {
  const auto started = SteadyClock::now();
  handle_->control(control::commit);
  const std::chrono::duration<double> took = SteadyClock::now() - started;
  observations_.commit_duration.observe(took.count());
}

// Closing the connection rolls back as well, where ROLLBACK cannot.
void GroupCommit::undo() {
  if (!handle_ || !handle_->in_transaction()) return;
  try {
    handle_->control(control::rollback);
  } catch (const std::exception& failure) {
    spdlog::warn("db.connection_dropped: {}", failure.what());
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
    member->error = unavailable
                        ? std::make_exception_ptr(Unavailable(unavailable->detail(), why.what()))
                        : std::make_exception_ptr(std::runtime_error(why.what()));
  }
}

void GroupCommit::probe() {
  try {
    connect();
    handle_->control(probing);
  } catch (const Unavailable& failure) {
    report(failure.detail(), failure.what());
  } catch (const std::runtime_error& failure) {
    report("The store is damaged.", failure.what());
  }
}

void GroupCommit::report(std::string trouble, const char* internal) {
  if (trouble.empty() && !health_.trouble.empty()) spdlog::info("db.write_recovered");
  if (!trouble.empty() && health_.trouble.empty()) spdlog::error("db.write_failed: {}", internal);
  health_ = {std::move(trouble), SteadyClock::now()};
}

bool GroupCommit::restart_log() {
  if (!handle_) return false;
  readers_.end_idle_snapshots();
  sqlite3_busy_timeout(handle_->raw(), longest_wait_for_readers_ms);
  const int code = sqlite3_wal_checkpoint_v2(handle_->raw(), "main", SQLITE_CHECKPOINT_RESTART,
                                             nullptr, nullptr);
  sqlite3_busy_timeout(handle_->raw(), busy_timeout_ms);
  return code == SQLITE_OK;
}

}  // namespace onggi::db::sqlite
