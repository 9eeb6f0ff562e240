#include "app/relay.h"

#include <mutex>
#include <string>
#include <unordered_set>
#include <utility>

#include <spdlog/spdlog.h>

#include "json/json.h"
#include "sql/catalogue.h"

namespace onggi::app {
namespace {

constexpr std::chrono::seconds renew_interval{2};
constexpr std::chrono::seconds forget_interval{10};
// Who begins to listen is noticed at the next look, here and there.
constexpr std::chrono::milliseconds margin{1'000};
constexpr std::size_t batch_bytes = 256u << 10;
constexpr int batches_at_once = 16;

// An event's name outlives it; there are few.
std::string_view lasting(std::string_view name) {
  static std::mutex mutex;
  static std::unordered_set<std::string> names;
  const std::lock_guard lock(mutex);
  return *names.emplace(name).first;
}

std::string written(const std::vector<feed::Event>& events) {
  std::string text = "[";
  for (const feed::Event& event : events) {
    if (text.size() > 1) text += ',';
    text += R"({"data":)" + event.data + R"(,"name":)";
    json::append_quoted(event.name, text);
    text += R"(,"user":)";
    json::append_quoted(to_string(event.user), text);
    text += '}';
  }
  return text + "]";
}

std::vector<feed::Event> read(std::string_view text) {
  std::vector<feed::Event> events;
  const json::Value value = json::parse_stored(text);
  for (const json::Value& one : value.as_array()) {
    const json::Object& event = one.as_object();
    const std::optional<Uuid> user = Uuid::parse(event.at("user").as_string());
    if (!user) continue;
    events.push_back({.name = lasting(event.at("name").as_string()),
                      .user = *user,
                      .data = json::canonical(event.at("data"))});
  }
  return events;
}

Counter& relayed(Registry& registry, std::string_view direction) {
  return registry.counter("onggi_events_relayed_total",
                          "Events of the live feed that went to other servers, or came from them.",
                          {{"direction", std::string(direction)}});
}

}  // namespace

Relay::Relay(db::Database& database, feed::Feed& feed, const Clock& clock, Registry& registry)
    : database_(database),
      feed_(feed),
      server_(Uuid::v7(clock.now())),
      sent_(relayed(registry, "sent")),
      received_(relayed(registry, "received")),
      lost_(registry.counter("onggi_events_relay_gaps_total",
                             "Times that events were missed between servers.")) {}

void Relay::tick() {
  if (feed_.has_listeners()) make_known();
  send();
  receive();
  if (SteadyClock::now() >= forget_due_) forget();
}

void Relay::write(const db::Statement& statement, const db::Params& params) {
  db::Cost cost;
  const std::function<Task<Result<bool>>(db::Connection&)> body =
      [&statement, &params](db::Connection& connection) -> Task<Result<bool>> {
    co_await connection.run(statement, params);
    co_return true;
  };
  std::ignore = run_now(database_.write<bool>(cost, body));
}

void Relay::make_known() {
  if (SteadyClock::now() < known_until_) return;
  write(sql::feed_listen, db::Params::of(server_));
  known_until_ = SteadyClock::now() + renew_interval;
}

void Relay::send() {
  db::Cost cost;
  const SteadyClock::time_point asked = SteadyClock::now();
  const db::Rows rows = run_now(database_.many(cost, sql::feed_wanted, db::Params::of(server_)));
  const std::int64_t listening_ms = rows[0].integer(0);
  const bool was_wanted = std::exchange(is_wanted_, listening_ms >= 0);
  if (!is_wanted_) return;
  if (!was_wanted)
    place_ = feed_.place_before(asked - std::chrono::milliseconds(listening_ms) - margin);
  for (int i = 0; i < batches_at_once; ++i) {
    feed::Feed::Own own = feed_.own_behind(place_, batch_bytes);
    if (own.has_gap) lost_.add();
    if (!own.events.empty()) {
      const std::string text = written(own.events);
      write(sql::feed_put, db::Params::of(server_, batches_ + 1, text));
      ++batches_;
      sent_.add(own.events.size());
    }
    place_ = own.place;
    if (own.events.empty()) return;
  }
}

void Relay::receive() {
  db::Cost cost;
  const db::Rows heads = run_now(database_.many(cost, sql::feed_heads, db::Params::of(server_)));
  std::unordered_map<Uuid, std::int64_t> newest;
  for (const db::Row head : heads) newest.emplace(head.uuid(0), head.integer(1));
  // What there was before this server is no news.
  if (std::exchange(has_looked_, true) && feed_.has_listeners())
    for (const auto& [server, number] : newest) receive_from(server, number);
  told_ = std::move(newest);
}

void Relay::receive_from(const Uuid& server, std::int64_t newest) {
  const auto before = told_.find(server);
  std::int64_t told = before == told_.end() ? 0 : before->second;
  while (told < newest) {
    db::Cost cost;
    const db::Rows batches =
        run_now(database_.many(cost, sql::feed_batches, db::Params::of(server, told)));
    if (batches.empty()) return;
    for (const db::Row batch : batches) {
      if (told != 0 && batch.integer(0) != told + 1) lost_.add();
      told = batch.integer(0);
      std::vector<feed::Event> events = read(batch.text(1));
      received_.add(events.size());
      feed_.publish_from_elsewhere(std::move(events));
    }
    // Kept at once: what fails further on is not told twice.
    told_[server] = told;
  }
}

void Relay::forget() {
  write(sql::feed_forget, {});
  write(sql::feed_forget_listeners, {});
  forget_due_ = SteadyClock::now() + forget_interval;
}

}  // namespace onggi::app
