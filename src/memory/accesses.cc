#include "memory/accesses.h"

#include <spdlog/spdlog.h>

#include "base/secret.h"
#include "sql/catalogue.h"
#include "store/memories.h"

namespace onggi::memory {
namespace {

using namespace std::chrono_literals;

constexpr auto interval = 300ms;
constexpr auto look_interval = 15s;
constexpr std::size_t pending_max = 200'000;  // memories and days
constexpr std::size_t batch_max = 500;
constexpr std::int64_t flushes_kept_ms = day_ms;

// Of what a memory's accesses of a day stand under in the timeline: the same whoever counts them.
Uuid entry_of(const Uuid& memory, std::int64_t day) {
  Uuid id = Uuid::least_of(Time{day * day_ms});
  const Sha256 hash = sha256(std::string(memory.view()) + std::to_string(day));
  for (std::size_t i = 6; i < id.bytes.size(); ++i)
    id.bytes[i] = static_cast<std::uint8_t>(view(hash)[i]);
  id.bytes[6] = static_cast<std::uint8_t>((id.bytes[6] & 0x0F) | 0x70);
  id.bytes[8] = static_cast<std::uint8_t>((id.bytes[8] & 0x3F) | 0x80);
  return id;
}

std::int64_t day_of(Time time) {
  return time.ms >= 0 ? time.ms / day_ms : (time.ms - day_ms + 1) / day_ms;
}

}  // namespace

Accesses::Accesses(db::Database& database, const Clock& clock, Registry& registry)
    : database_(database),
      clock_(clock),
      counted_(registry.counter("onggi_memory_accesses_total", "Accesses of memories, written")),
      lost_(registry.counter("onggi_memory_accesses_lost_total",
                             "Accesses of memories that were not counted: too many waited")),
      expired_(registry.gauge("onggi_memories_expired",
                              "Memories that have expired and are not yet removed")),
      server_(Uuid::v7(clock.now())),
      thread_() {
  for (std::size_t i = 0; i < by_type_.size(); ++i)
    by_type_[i] = &registry.gauge("onggi_memories", "Memories of all agents, by type",
                                  {{"type", std::string(model::memory_type_names[i])}});
  next_look_ = std::chrono::steady_clock::now() + look_interval;
  thread_ = std::thread([this] { run(); });
}

Accesses::~Accesses() {
  stop();
}

void Accesses::note(const Uuid& memory, Time at) {
  const Place place{memory, day_of(at)};
  const std::lock_guard lock(mutex_);
  if (pending_.size() >= pending_max && !pending_.contains(place)) return lost_.add();
  Count& count = pending_[place];
  ++count.times;
  count.last = std::max(count.last, at);
}

bool Accesses::flush(std::chrono::milliseconds patience) {
  std::unique_lock lock(mutex_);
  if (stopping_) return pending_.empty();
  const std::uint64_t mine = ++asked_;
  changed_.notify_all();
  return changed_.wait_for(lock, patience, [&] { return done_ >= mine; });
}

void Accesses::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    changed_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
}

// The next batch; under the mutex.
void Accesses::take_pending(Counts& taken) {
  while (!pending_.empty() && taken.size() < batch_max)
    taken.insert(pending_.extract(pending_.begin()));
  if (!taken.empty()) ++number_;
}

// A batch that could not be written is tried again as it is, under its number: if it was written
// after all, it is not written twice.
void Accesses::run() {
  Counts taken;
  bool has_told = false;
  for (bool is_last = false; !is_last;) {
    std::uint64_t asked = 0;
    {
      std::unique_lock lock(mutex_);
      changed_.wait_for(lock, interval, [&] { return stopping_ || (asked_ > done_ && !has_told); });
      is_last = stopping_;
      asked = asked_;
      if (taken.empty()) {
        take_pending(taken);
      }
    }
    bool is_more = false;
    try {
      while (!taken.empty()) {
        write(taken);
        taken.clear();
        has_told = false;
        const std::lock_guard lock(mutex_);
        take_pending(taken);
      }
    } catch (const std::exception& failure) {
      is_more = true;
      if (!has_told) spdlog::warn("memory_accesses_waiting reason=\"{}\"", failure.what());
      has_told = true;
    }
    if (!is_last && !is_more) look_around();
    const std::lock_guard lock(mutex_);
    if (!is_more) done_ = std::max(done_, asked);
    changed_.notify_all();
  }
}

// What the metrics show of all memories, now and then.
void Accesses::look_around() {
  const auto now = std::chrono::steady_clock::now();
  if (now < next_look_) return;
  next_look_ = now + look_interval;
  db::Rows rows;
  try {
    db::Cost cost;
    rows = run_now(database_.many(cost, sql::memory_overview_of_all,
                                  db::Params::of(std::nullopt, clock_.now())));
  } catch (const Unavailable&) {
    return;  // the driver has told of it; the figures stay as they were
  } catch (const std::exception& failure) {
    spdlog::warn("memory_overview_failed reason=\"{}\"", failure.what());
    return;
  }
  std::array<std::int64_t, 4> by_type{};
  std::int64_t expired = 0;
  for (const db::Row row : rows) {
    by_type[static_cast<std::size_t>(store::type_of_shelf(row.integer(0)))] +=
        row.integer(1) - row.integer(2);
    expired += row.integer(2);
  }
  for (std::size_t i = 0; i < by_type.size(); ++i) by_type_[i]->set(by_type[i]);
  expired_.set(expired);
}

void Accesses::write(const Counts& counts) {
  db::Cost cost;
  std::function<Task<Result<bool>>(db::Connection&)> body =
      [&counts, this, now = clock_.now()](db::Connection& connection) {
        return write_in(connection, counts, server_, number_, now);
      };
  const Result<bool> is_new = run_now(database_.write<bool>(cost, std::move(body)));
  if (!is_new.value()) return;
  for (const auto& [place, count] : counts) counted_.add(static_cast<std::uint64_t>(count.times));
}

Task<Result<bool>> Accesses::write_in(db::Connection& connection, const Counts& counts, Uuid server,
                                      std::int64_t number, Time now) {
  const std::int64_t begun =
      co_await connection.run(sql::memory_begin_flush, db::Params::of(server, number, now));
  if (begun == 0) co_return false;
  // Of two days the later one is written last.
  std::vector<db::Params> added;
  std::vector<db::Params> recorded;
  std::vector<Uuid> entries;
  entries.reserve(counts.size());
  std::map<Uuid, Count> sums;
  for (const auto& [place, count] : counts) {
    Count& sum = sums[place.memory];
    sum.times += count.times;
    sum.last = std::max(sum.last, count.last);
    entries.push_back(entry_of(place.memory, place.day));
    recorded.push_back(
        db::Params::of(place.memory, Time{place.day * day_ms}, entries.back(), count.times));
  }
  for (const auto& [memory, sum] : sums)
    added.push_back(db::Params::of(memory, sum.times, sum.last));
  co_await connection.run_each(sql::memory_access, std::move(added));
  co_await connection.run_each(sql::memory_record_access, std::move(recorded));
  if (number == 1)
    co_await connection.run(sql::memory_forget_flushes,
                            db::Params::of(Time{now.ms - flushes_kept_ms}));
  co_return true;
}

}  // namespace onggi::memory
