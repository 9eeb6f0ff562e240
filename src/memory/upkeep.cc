#include "memory/upkeep.h"

#include <spdlog/spdlog.h>

#include "base/pack.h"
#include "model/memory.h"
#include "sql/catalogue.h"
#include "store/memories.h"
#include "store/memory_words.h"
#include "words/analysis.h"

namespace onggi::memory {
namespace {

using namespace std::chrono_literals;

constexpr std::int64_t analysed_at_once = 200;
constexpr std::int64_t forgotten_at_once = 500;
constexpr std::int64_t embedded_at_once = 16;
constexpr std::int64_t attempts_max = 5;
constexpr std::int64_t first_pause_ms = 2'000;  // doubles with each attempt
constexpr auto patience = 30s;
constexpr auto upkeep_interval = 500ms;
constexpr auto hour = 1h;

struct Analysed {
  std::int64_t count = 0;
  std::optional<Uuid> last;  // nullopt: nothing was left
};

Task<Analysed> analyse_some(db::Connection& connection, Uuid after, bool asks_for_embeddings,
                            Time now) {
  const db::Rows rows = co_await connection.many(
      sql::memory_to_analyse, db::Params::of(after, words::analysis_version, analysed_at_once));
  Analysed analysed;
  std::vector<std::shared_ptr<const model::Memory>> memories;
  for (const db::Row row : rows) {
    analysed.last = row.uuid(0);
    if (row.is_null(2)) continue;
    auto memory = std::make_shared<model::Memory>();
    memory->id = row.uuid(0);
    memory->agent_id = row.uuid(1);
    memory->content = unpack(row.text(2));
    memory->metadata.text = unpack(row.text(3));
    if (row.boolean(4)) memory->embedding.emplace();
    memories.push_back(std::move(memory));
  }
  analysed.count = static_cast<std::int64_t>(memories.size());
  if (asks_for_embeddings) co_await store::queue_embeddings(connection, memories, now);
  co_await store::keep_words(connection, std::move(memories));
  co_return analysed;
}

}  // namespace

Task<std::int64_t> analyse_anew(store::Batches& batches, bool asks_for_embeddings) {
  std::function<Task<std::int64_t>(db::Connection&)> look =
      [](db::Connection& connection) -> Task<std::int64_t> {
    const db::Rows rows = co_await connection.many(sql::memory_analysis, {});
    co_return rows.empty() ? words::analysis_version : rows[0].integer(0);
  };
  const std::int64_t version = co_await batches.read<std::int64_t>(std::move(look));
  // A newer server may have been here.
  if (version >= words::analysis_version) co_return 0;
  std::int64_t count = 0;
  Uuid after;
  while (!batches.is_to_stop()) {
    std::function<Task<Analysed>(db::Connection&)> some =
        [after, asks_for_embeddings, now = batches.now()](db::Connection& connection) {
          return analyse_some(connection, after, asks_for_embeddings, now);
        };
    const Analysed analysed = co_await batches.write<Analysed>(std::move(some));
    count += analysed.count;
    if (!analysed.last) break;
    after = *analysed.last;
  }
  if (batches.is_to_stop()) co_return count;
  std::function<Task<bool>(db::Connection&)> finish = [](db::Connection& connection) -> Task<bool> {
    co_await connection.run(sql::memory_set_analysis, db::Params::of(words::analysis_version));
    co_return true;
  };
  co_await batches.write<bool>(std::move(finish));
  co_return count;
}

Task<std::int64_t> forget_gone(store::Batches& batches) {
  std::int64_t count = 0;
  while (!batches.is_to_stop()) {
    std::function<Task<std::int64_t>(db::Connection&)> some =
        [before = Time{batches.now().ms - day_ms}](db::Connection& connection) {
          return connection.run(sql::memory_forget_gone, db::Params::of(before, forgotten_at_once));
        };
    const std::int64_t forgotten = co_await batches.write<std::int64_t>(std::move(some));
    count += forgotten;
    if (forgotten < forgotten_at_once) break;
  }
  co_return count;
}

class Upkeep::Batches final : public store::Batches {
 public:
  explicit Batches(const Upkeep& upkeep)
      : store::Batches(upkeep.database_, upkeep.clock_), upkeep_(upkeep) {}
  bool is_to_stop() const override { return upkeep_.is_stopping(); }

 private:
  const Upkeep& upkeep_;
};

Upkeep::Upkeep(db::Database& database, const Clock& clock, Registry& registry,
               const Embeddings* embeddings)
    : database_(database),
      clock_(clock),
      embeddings_(embeddings),
      embedded_(registry.counter("onggi_memory_embeddings_total",
                                 "Embeddings that were asked for and kept")),
      failed_(registry.counter("onggi_memory_embeddings_failed_total",
                               "Attempts to ask for embeddings that failed")),
      thread_([this] { run(); }) {}

Upkeep::~Upkeep() {
  stop();
}

void Upkeep::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    changed_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
}

bool Upkeep::is_stopping() const {
  const std::lock_guard lock(mutex_);
  return stopping_;
}

bool Upkeep::rest(std::chrono::milliseconds pause) {
  std::unique_lock lock(mutex_);
  return !changed_.wait_for(lock, pause, [this] { return stopping_; });
}

void Upkeep::run() {
  bool is_analysed = false;
  bool has_told = false;
  auto forgotten = std::chrono::steady_clock::time_point{};
  while (rest(upkeep_interval)) {
    try {
      Batches batches(*this);
      if (!is_analysed) {
        const std::int64_t count = run_now(analyse_anew(batches, embeddings_ != nullptr));
        if (count > 0) spdlog::info("memories_analysed count={}", count);
        is_analysed = !is_stopping();
      }
      if (const auto now = std::chrono::steady_clock::now(); now - forgotten > hour) {
        run_now(forget_gone(batches));
        forgotten = now;
      }
      bool is_more = embeddings_ != nullptr;
      while (is_more && !is_stopping()) is_more = run_now(embed_some());
      has_told = false;
    } catch (const Unavailable&) {
      // The driver has told of it.
    } catch (const std::exception& failure) {
      // The database is away, or not prepared yet.
      if (!has_told) spdlog::warn("memory_upkeep_waiting reason=\"{}\"", failure.what());
      has_told = true;
    }
  }
}

Task<bool> Upkeep::embed_some() {
  struct Wanted {
    Uuid memory;
    std::int64_t attempts;
    std::int64_t version;
  };
  Batches batches(*this);
  std::function<Task<db::Rows>(db::Connection&)> look =
      [now = batches.now()](db::Connection& connection) {
        return connection.many(sql::memory_to_embed, db::Params::of(now, embedded_at_once));
      };
  const db::Rows rows = co_await batches.read<db::Rows>(std::move(look));
  if (rows.empty()) co_return false;
  std::vector<Wanted> wanted;
  std::vector<std::string> texts;
  std::vector<Uuid> done;
  for (const db::Row row : rows) {
    if (row.is_null(3) || row.boolean(4)) {
      done.push_back(row.uuid(0));
      continue;
    }
    wanted.push_back({row.uuid(0), row.integer(2), row.integer(3)});
    texts.push_back(unpack(row.text(5)));
  }
  std::vector<std::vector<float>> vectors;
  if (!wanted.empty()) {
    try {
      vectors = embeddings_->of(texts, patience);
    } catch (const std::exception& failure) {
      failed_.add();
      spdlog::warn("embeddings_failed count={} reason=\"{}\"", texts.size(), failure.what());
    }
  }
  std::function<Task<bool>(db::Connection&)> keep = [&](db::Connection& connection) -> Task<bool> {
    for (const Uuid& memory : done)
      co_await connection.run(sql::memory_unqueue_embedding, db::Params::of(memory));
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      const Wanted& each = wanted[i];
      if (vectors.empty()) {
        const std::int64_t attempts = each.attempts + 1;
        const Time next{batches.now().ms + (first_pause_ms << each.attempts)};
        if (attempts >= attempts_max)
          co_await connection.run(sql::memory_unqueue_embedding, db::Params::of(each.memory));
        else
          co_await connection.run(sql::memory_postpone_embedding,
                                  db::Params::of(each.memory, attempts, next));
        continue;
      }
      const std::string bytes = store::embedding_bytes(vectors[i]);
      db::Params params = db::Params::of(each.memory, each.version);
      params.add_blob(bytes);
      const std::int64_t kept =
          co_await connection.run(sql::memory_put_embedding, std::move(params));
      // Changed meanwhile: it is asked for again.
      if (kept == 0) continue;
      co_await connection.run(sql::memory_unqueue_embedding, db::Params::of(each.memory));
    }
    co_return true;
  };
  co_await batches.write<bool>(std::move(keep));
  if (!vectors.empty()) embedded_.add(vectors.size());
  co_return !vectors.empty() || !done.empty();
}

}  // namespace onggi::memory
