#include "db/postgres/postgres.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <random>
#include <thread>
#include <unordered_map>
#include <utility>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "base/log_text.h"
#include "db/postgres/connector.h"
#include "db/postgres/cursor.h"
#include "db/postgres/failure.h"
#include "db/postgres/lane.h"
#include "db/postgres/migrate.h"
#include "db/postgres/session.h"
#include "db/postgres/shared.h"

namespace onggi::db {

using namespace postgres;

namespace {

constexpr Statement ensuring{
    "partitions.ensure",
    "select onggi_ensure_partitions(cast($1 as timestamptz), cast($2 as timestamptz))"};
constexpr Statement asking{"database.ask", "select 1"};
constexpr Statement looking{"database.schema",
                            "select cast(coalesce(max(version), 0) as bigint), "
                            "cast(coalesce(max(oldest_server), 0) as bigint) "
                            "from schema_migrations"};

// More than the server's own limit: it speaks first.
constexpr std::chrono::milliseconds patience_beyond{5'000};
constexpr std::chrono::milliseconds trouble_patience{2'000};

// A write that collides runs again, for so long at most.
constexpr std::chrono::milliseconds collisions_for{10'000};
// Runs in which a row that was referred to went away, or one that goes was referred to anew.
constexpr int orphans_max = 4;
constexpr int orphans_before_alone = 2;
constexpr int partitions_max = 128;  // months in one transaction that have to be made

struct Shares {
  std::size_t shared;
  std::size_t quick;
  std::size_t exclusive;
};

// Of all connections: for the threads that may block, and for each event loop.
Shares shares_of(const PostgresOptions& options) {
  const std::size_t all = options.connections != 0 ? options.connections : 8 + 6 * options.loops;
  if (options.loops == 0) return {all, 0, 0};
  const std::size_t shared = std::max<std::size_t>(3, all / 3);
  const std::size_t rest = all > shared ? all - shared : 0;
  const std::size_t each = std::max<std::size_t>(2, rest / options.loops);
  const std::size_t quick = each >= 4 ? 2 : 1;
  return {shared, quick, each - quick};
}

bool is_lost(const Unavailable& failure) {
  return dynamic_cast<const Lost*>(&failure) != nullptr;
}

std::chrono::milliseconds pause_before(int attempt) {
  thread_local std::minstd_rand random{std::random_device{}()};
  const int most = std::min(1 << std::min(attempt, 6), 50);
  return std::chrono::milliseconds(std::uniform_int_distribution<int>(0, most)(random));
}

}  // namespace

struct Postgres::Impl {
  Impl(PostgresOptions given, const Schema& made_of, Registry& registry)
      : options(std::move(given)),
        schema(made_of),
        shares(shares_of(options)),
        observations(registry, options.slow_statement),
        connector(options.url, options.pooler, options.statement_time, observations),
        catalogue(registry),
        around{catalogue, observations, options.statement_time + patience_beyond},
        shared(connector, shares.shared, shares.shared, options.waiting),
        long_readers(connector, options.long_reads, 2, options.long_reads) {}

  // Of the event loop whose thread this is; null on other threads.
  Lane* lane();
  Task<void> pause(Lane* lane, std::chrono::milliseconds delay) {
    if (lane != nullptr) {
      co_await lane->pause(delay);
    } else {
      std::this_thread::sleep_for(delay);
    }
  }
  void require_ready() const {
    if (is_ready.load(std::memory_order_acquire)) return;
    Unavailable failure("The database is not ready yet; try again later.",
                        "the database is not prepared", Cause::unprepared);
    failure.set_told();  // by whoever prepares it
    throw failure;
  }
  // What a request is told: counts it, and sees to its line in the log.
  void note(Unavailable& failure, const Cost& cost);

  enum class Outcome { done, again };
  struct Attempts {
    int number = 0;
    int lost = 0;
    int orphans = 0;
    int others = 0;
    int partitions = 0;
    Clock::time_point since = Clock::now();
  };
  Task<Outcome> try_write(Lane* lane, Owner& owner, Cost& cost, Attempts& attempts,
                          std::function<Task<bool>(Connection&)>& body);
  Task<void> make_partition(Owner& owner, Uuid id, std::string_view request);
  std::unique_ptr<Cursor> open(PostgresCursor::Life life, Cost& cost, const Statement& statement,
                               const Params& params);
  // Whether the server answers; throws what keeps it from it.
  void ask();
  // One connection did not answer in time: those that are idle, whosever, may be as dead.
  void drop_idle_everywhere();
  // Does so where that is what has happened, and says whether it is.
  bool heed(const Unavailable& failure) {
    const bool is_late = dynamic_cast<const Late*>(&failure) != nullptr;
    if (is_late) drop_idle_everywhere();
    return is_late;
  }

  const PostgresOptions options;
  const Schema schema;
  const Shares shares;
  Observations observations;
  Connector connector;
  Catalogue catalogue;
  Surroundings around;
  SharedConnections shared;
  SharedConnections long_readers;
  std::atomic<std::size_t> long_reads{0};
  std::atomic<bool> is_ready{false};

  std::mutex mutex;
  std::unordered_map<Reactor*, std::unique_ptr<Lane>> lanes;
};

Lane* Postgres::Impl::lane() {
  Executor* const executor = Executor::current();
  Reactor* const reactor = executor != nullptr ? executor->reactor() : nullptr;
  if (reactor == nullptr) return nullptr;
  thread_local std::pair<const Impl*, Lane*> known{};
  if (known.first == this) return known.second;
  const std::lock_guard lock(mutex);
  std::unique_ptr<Lane>& lane = lanes[reactor];
  if (!lane) {
    const Lane::Bounds bounds{shares.quick, shares.exclusive, options.waiting, around.patience};
    lane = std::make_unique<Lane>(*executor, *reactor, connector, observations, bounds);
    reactor->at_end([this, reactor] {
      known = {};
      const std::lock_guard inner(mutex);
      lanes.erase(reactor);
    });
  }
  known = {this, lane.get()};
  return lane.get();
}

void Postgres::Impl::drop_idle_everywhere() {
  shared.drop_idle();
  long_readers.drop_idle();
  const std::lock_guard lock(mutex);
  for (const auto& [reactor, lane] : lanes) lane->drop_idle_later();
}

Postgres::Postgres(PostgresOptions options, Schema schema, Registry& registry)
    : impl_(std::make_unique<Impl>(std::move(options), schema, registry)) {}

Postgres::~Postgres() = default;

bool Postgres::is_ready() const {
  return impl_->is_ready;
}

const std::string& Postgres::shown_url() const {
  return impl_->connector.shown_url();
}

void Postgres::prepare(const std::function<void()>& first) {
  const Wire::Connected guard = impl_->connector.connect();
  const Wire::Connected connection = impl_->connector.connect();
  migrate(guard.handle.get(), connection.handle.get(), impl_->schema.migrations, [&] {
    impl_->is_ready.store(true, std::memory_order_release);
    try {
      first();
    } catch (...) {
      impl_->is_ready.store(false, std::memory_order_release);
      throw;
    }
  });
}

void Postgres::prepare_as_it_is() {
  const Wire::Connected connection = impl_->connector.connect();
  check(connection.handle.get(), impl_->schema.migrations);
  impl_->is_ready.store(true, std::memory_order_release);
}

void Postgres::look_at_schema() {
  Cost cost;
  const Rows rows = run_now(many(cost, looking, {}));
  try {
    require_known({.version = rows[0].integer(0), .oldest_server = rows[0].integer(1)},
                  impl_->schema.migrations.size());
  } catch (...) {
    impl_->is_ready = false;
    throw;
  }
}

void Postgres::give_up() {
  impl_->is_ready = false;
  impl_->shared.give_up();
  impl_->long_readers.give_up();
  const std::lock_guard lock(impl_->mutex);
  for (const auto& [reactor, lane] : impl_->lanes) lane->give_up_later();
}

// --- reads ---------------------------------------------------------------------------------------

Task<Rows> Postgres::many(Cost& cost, const Statement& statement, Params params) {
  const std::function<Task<Rows>(Connection&)> body =
      [&statement, params = std::move(params)](Connection& connection) {
        return connection.many(statement, params);
      };
  Rows rows = co_await read_one<Rows>(cost, body);
  co_return rows;
}

Task<void> Postgres::do_read(Cost& cost, Reads reads, std::function<Task<void>(Connection&)> body) {
  Lane* const lane = impl_->lane();
  Owner& owner = lane != nullptr ? static_cast<Owner&>(*lane) : impl_->shared;
  const std::uint32_t before = cost.statements;
  for (int attempt = 0;; ++attempt) {
    impl_->require_ready();  // until the server stops
    cost.statements = before;
    try {
      if (reads == Reads::one) {
        SingleRead single(impl_->around, cost, lane, owner);
        co_await body(single);
      } else {
        std::unique_ptr<Wire> taken = co_await owner.take();
        const Lease wire(owner, std::move(taken));
        Transaction snapshot(impl_->around, cost, *wire, Transaction::Mode::snapshot);
        try {
          co_await body(snapshot);
        } catch (...) {
          snapshot.roll_back();
          throw;
        }
        co_await snapshot.commit();
      }
      co_return;
    } catch (Unavailable& failure) {
      const bool is_late = impl_->heed(failure);
      if (attempt != 0 || is_late || !is_lost(failure)) {
        impl_->note(failure, cost);
        throw;
      }
    }
    impl_->observations.retries.connection_lost.add();
    owner.drop_idle();
  }
}

std::unique_ptr<Cursor> Postgres::open(Cost& cost, const Statement& statement, Params params) {
  return impl_->open(PostgresCursor::Life::one_statement, cost, statement, params);
}

std::unique_ptr<Cursor> Postgres::open_lasting(Cost& cost, const Statement& statement,
                                               Params params) {
  return impl_->open(PostgresCursor::Life::lasting, cost, statement, params);
}

std::unique_ptr<Cursor> Postgres::Impl::open(PostgresCursor::Life life, Cost& cost,
                                             const Statement& statement, const Params& params) {
  require_ready();
  for (int attempt = 0;; ++attempt) {
    try {
      return std::make_unique<PostgresCursor>(long_reads, options.long_reads, around, long_readers,
                                              life, cost, statement, params);
    } catch (Unavailable& failure) {
      const bool is_late = heed(failure);
      if (attempt != 0 || is_late || !is_lost(failure)) {
        note(failure, cost);
        throw;
      }
      observations.retries.connection_lost.add();
      long_readers.drop_idle();
    }
  }
}

// --- writes --------------------------------------------------------------------------------------

Task<void> Postgres::do_write(Cost& cost, std::function<Task<bool>(Connection&)> body) {
  Lane* const lane = impl_->lane();
  Owner& owner = lane != nullptr ? static_cast<Owner&>(*lane) : impl_->shared;
  const std::uint32_t before = cost.statements;
  Impl::Attempts attempts;
  try {
    while (true) {
      impl_->require_ready();  // until the server stops
      cost.statements = before;
      const Impl::Outcome outcome = co_await impl_->try_write(lane, owner, cost, attempts, body);
      if (outcome == Impl::Outcome::done) co_return;
      ++attempts.number;
    }
  } catch (Unavailable& failure) {
    impl_->note(failure, cost);
    throw;
  }
}

Task<Postgres::Impl::Outcome> Postgres::Impl::try_write(
    Lane* lane, Owner& owner, Cost& cost, Attempts& attempts,
    std::function<Task<bool>(Connection&)>& body) {
  std::optional<Uuid> without_partition;
  bool collided = false;
  bool orphaned = false;
  {
    std::unique_ptr<Wire> taken = co_await owner.take();
    const Lease wire(owner, std::move(taken));
    const Transaction::Mode mode = attempts.orphans >= orphans_before_alone
                                       ? Transaction::Mode::write_alone
                                       : Transaction::Mode::write;
    Transaction transaction(around, cost, *wire, mode);
    try {
      const bool keep = co_await body(transaction);
      if (!keep) {
        transaction.roll_back();
        // What was there already may be the very same: the next run sees it.
        if (!transaction.met_another() || attempts.others++ != 0) co_return Outcome::done;
        observations.retries.another.add();
        co_return Outcome::again;
      }
      co_await transaction.commit();
      for (auto& published : transaction.published()) published();
      co_return Outcome::done;
    } catch (Lost& lost) {
      const bool is_late = heed(lost);
      if (transaction.asked_to_commit()) throw OutcomeUnknown(lost);
      if (is_late || attempts.lost++ != 0) throw;
    } catch (const Collision&) {
      collided = true;
      if (Clock::now() - attempts.since > collisions_for) {
        transaction.roll_back();
        throw Unavailable("Others are changing the same thing all the time; try again later.",
                          "a transaction collided for too long", Cause::collision);
      }
    } catch (const ForeignKeyViolation&) {
      // Its check saw what another has removed since: the next run sees that as well.
      orphaned = true;
      if (++attempts.orphans > orphans_max) {
        transaction.roll_back();
        throw;
      }
    } catch (const NoPartition& missing) {
      if (++attempts.partitions > partitions_max) {
        transaction.roll_back();
        throw;
      }
      without_partition = missing.id;
    } catch (...) {
      transaction.roll_back();
      throw;
    }
    transaction.roll_back();
  }
  if (without_partition) {
    observations.retries.partition.add();
    co_await make_partition(owner, *without_partition, cost.request);
  } else if (collided || orphaned) {
    (collided ? observations.retries.collision : observations.retries.orphan).add();
    co_await pause(lane, pause_before(attempts.number));
  } else {
    observations.retries.connection_lost.add();
    owner.drop_idle();
  }
  co_return Outcome::again;
}

Task<void> Postgres::Impl::make_partition(Owner& owner, Uuid id, std::string_view request) {
  std::unique_ptr<Wire> taken = co_await owner.take();
  const Lease wire(owner, std::move(taken));
  Cost unaccounted{.request = request};
  Transaction transaction(around, unaccounted, *wire, Transaction::Mode::write);
  std::exception_ptr error;
  try {
    co_await transaction.many(ensuring, Params::of(id.time(), id.time()));
    co_await transaction.commit();
    spdlog::info("partition_made{} time={}", request_field(request), to_string(id.time()));
  } catch (const Collision&) {
    transaction.roll_back();  // another has made it
  } catch (...) {
    error = std::current_exception();
    transaction.roll_back();
  }
  if (error) std::rethrow_exception(error);
}

// --- the rest ------------------------------------------------------------------------------------

void Postgres::ensure_partitions(Time from, Time to) {
  Cost cost;
  const std::function<Task<Result<bool>>(Connection&)> body =
      [from, to](Connection& connection) -> Task<Result<bool>> {
    co_await connection.many(ensuring, Params::of(from, to));
    co_return true;
  };
  std::ignore = run_now(write<bool>(cost, body));
}

void Postgres::Impl::note(Unavailable& failure, const Cost& cost) {
  observations.failures.count(failure.cause());
  if (failure.is_told() || (!is_lost(failure) && failure.cause() != Cause::away)) return;
  connector.tell(is_lost(failure), failure.what(), cost.request);
  failure.set_told();
}

void Postgres::Impl::ask() {
  std::unique_ptr<Wire> taken = run_now(shared.take());
  const Lease wire(shared, std::move(taken));
  const Params none;
  Query query(catalogue.find(asking), {&none, 1});
  run_now(introduce(*wire, query, Clock::now() + trouble_patience));
  if (!query.error) {
    wire->send(query);
    wire->sync();
    run_now(wire->settle(Clock::now() + trouble_patience));
  }
  if (query.error) std::rethrow_exception(query.error);
}

std::optional<Trouble> Postgres::trouble() {
  if (!impl_->is_ready) return Trouble{Cause::unprepared, "The database is not ready yet."};
  try {
    try {
      impl_->ask();
    } catch (const Late&) {
      impl_->drop_idle_everywhere();
      impl_->ask();
    } catch (const Lost&) {
      impl_->shared.drop_idle();
      impl_->ask();
    }
    return std::nullopt;
  } catch (const Unavailable& unavailable) {
    return unavailable.trouble();
  } catch (const std::exception& error) {
    return Trouble{Cause::other,
                   fmt::format("The database does not answer as it should: {}", error.what())};
  }
}

}  // namespace onggi::db
