#include "db/postgres/connector.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <expected>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <poll.h>
#include <pthread.h>
#include <spdlog/spdlog.h>

#include "base/log_text.h"
#include "db/postgres/failure.h"
#include "db/postgres/result.h"

namespace onggi::db::postgres {
namespace {

using Setting = std::pair<std::string_view, std::string_view>;

// What is prepared keeps its one plan: planning anew costs more than most statements. So the
// planner must not settle on what serves while a table is still small, nor believe in few rows and
// sort them where an index has the order. Behind a pooler, where each statement is planned when it
// comes, they keep it to the same plans. tests/postgres/plans.py reads these lines and holds the
// whole catalogue to its plans under them.
constexpr Setting keep_plans{"plan_cache_mode", "force_generic_plan"};
constexpr std::array<Setting, 3> planner_settings{
    {{"jit", "off"}, {"enable_seqscan", "off"}, {"enable_sort", "off"}}};

// A connection that is given up is closed, and the server is to end what it is still at. libpq's
// PQcancel would wait for a server that does not answer, without end.
constexpr Setting end_for_nobody{"client_connection_check_interval", "250"};

constexpr std::chrono::milliseconds first_pause{100};
constexpr std::chrono::milliseconds longest_pause{1'000};
// Of one outage, when its reason changes; of connections that are lost one after the other.
// Longer than an attempt may hang.
constexpr std::chrono::seconds between_lines{15};

constexpr std::chrono::milliseconds answer_patience{5'000};
// An attempt that fails sooner is made once more.
constexpr std::chrono::milliseconds quick_failure{500};

struct Parsed {
  std::unique_ptr<PQconninfoOption, void (*)(PQconninfoOption*)> options{nullptr, PQconninfoFree};

  explicit Parsed(const std::string& url) {
    char* error = nullptr;
    options.reset(PQconninfoParse(url.c_str(), &error));
    const std::unique_ptr<char, void (*)(void*)> owned(error, PQfreemem);
    // libpq's message may quote the URL, and so a password.
    if (!options) throw std::runtime_error("database-url: is not a URL of PostgreSQL");
  }
  std::string value(std::string_view keyword) const {
    for (const PQconninfoOption* one = options.get(); one->keyword != nullptr; ++one)
      if (one->keyword == keyword && one->val != nullptr) return one->val;
    return {};
  }
};

// libpq finds out only when it connects, which would look as if the database was away.
void check_ports(std::string_view ports) {
  while (!ports.empty()) {
    const std::string_view port = ports.substr(0, ports.find(','));
    ports.remove_prefix(std::min(port.size() + 1, ports.size()));
    int number = 0;
    const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), number);
    const bool is_number = error == std::errc{} && end == port.data() + port.size();
    if (!port.empty() && (!is_number || number < 1 || number > 65'535))
      throw std::runtime_error("database-url: its port is none");
  }
}

std::string options_of(const std::vector<std::pair<std::string, std::string>>& settings) {
  std::string text;
  for (const auto& [name, value] : settings) text += fmt::format("-c {}={} ", name, value);
  return text;
}

std::string statement_of(const std::vector<std::pair<std::string, std::string>>& settings) {
  std::string text = "select ";
  for (const auto& [name, value] : settings)
    text +=
        fmt::format("{}set_config('{}', '{}', true)", text.ends_with(' ') ? "" : ",", name, value);
  return text;
}

// A pooler says this of the options that a session is to begin with (PgBouncer before 1.20: of any;
// later: of those that it does not keep apart).
bool refuses_options(const PGconn* connection) {
  return connection != nullptr &&
         std::string_view(PQerrorMessage(connection)).contains("unsupported startup parameter");
}

// The number of the process that answers; none where none does in time.
std::optional<std::string> answering_process(PGconn* connection) {
  if (PQsendQuery(connection, "select pg_catalog.pg_backend_pid()") == 0) return std::nullopt;
  const Clock::time_point deadline = Clock::now() + answer_patience;
  while (PQisBusy(connection) != 0) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
    pollfd descriptor{PQsocket(connection), POLLIN, 0};
    if (left.count() <= 0 || ::poll(&descriptor, 1, static_cast<int>(left.count())) < 0 ||
        PQconsumeInput(connection) == 0)
      return std::nullopt;
  }
  std::optional<std::string> number;
  while (const PgResult result{PQgetResult(connection)})
    if (PQresultStatus(result.get()) == PGRES_TUPLES_OK) number = PQgetvalue(result.get(), 0, 0);
  return number;
}

Clock::time_point long_ago() {
  return Clock::now() - std::chrono::hours(1);
}

}  // namespace

Unavailable unreachable(const std::string& why) {
  Unavailable failure("The database cannot be reached; try again later.", why, Cause::away);
  failure.set_told();  // when the outage began
  return failure;
}

Connector::Connector(const std::string& url, Pooler pooler,
                     std::chrono::milliseconds statement_time, Observations& observations)
    : pooler_(pooler),
      is_pooled_(pooler == Pooler::transaction),
      observations_(observations),
      told_at_(long_ago()) {
  const Parsed parsed(url);
  check_ports(parsed.value("port"));
  const auto add = [&](std::string_view keyword, std::string value) {
    keywords_.emplace_back(keyword);
    values_.push_back(std::move(value));
  };
  const auto or_else = [&](std::string_view keyword, std::string value) {
    if (parsed.value(keyword).empty()) add(keyword, std::move(value));
  };
  for (const PQconninfoOption* one = parsed.options.get(); one->keyword != nullptr; ++one)
    if (one->val != nullptr && std::string_view(one->keyword) != "options")
      add(one->keyword, one->val);
  or_else("connect_timeout", "3");
  or_else("fallback_application_name", "onggi");
  or_else("tcp_user_timeout", "10000");
  or_else("keepalives_idle", "30");
  add("client_encoding", "UTF8");
  std::vector<std::pair<std::string, std::string>> settings(planner_settings.begin(),
                                                            planner_settings.end());
  settings.emplace_back("statement_timeout", std::to_string(statement_time.count()));
  settings.emplace_back("idle_in_transaction_session_timeout", "60000");
  settings.emplace_back(end_for_nobody);
  transaction_settings_ = statement_of(settings);
  settings.emplace_back(keep_plans);
  session_options_ = options_of(settings) + parsed.value("options");
  has_own_options_ = !parsed.value("options").empty();
  shown_url_ =
      fmt::format("{}:{}/{}", parsed.value("host"), parsed.value("port"), parsed.value("dbname"));
  thread_ = std::thread([this] { serve(); });
}

Connector::~Connector() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

// What the last attempt failed of, while no other is to be made.
std::optional<std::string> Connector::pause_after() const {
  const std::lock_guard lock(mutex_);
  return Clock::now() < not_before_ ? std::optional(last_failure_) : std::nullopt;
}

void Connector::failed(const std::string& why, Clock::time_point began) {
  observations_.connection_failures.add();
  const std::lock_guard lock(mutex_);
  if (began < reached_at_) return;  // another attempt has come through meanwhile
  const auto now = Clock::now();
  const bool is_first = pause_.count() == 0;
  const bool is_told = now - told_at_ < between_lines;
  if (is_first && is_told) {
    told_failure_ = why;  // by the request that has lost its connection
  } else if (is_first || (why != told_failure_ && !is_told)) {
    spdlog::warn("database_unreachable database={} error={}", log_text(shown_url_), log_text(why));
    told_failure_ = why;
    told_at_ = now;
  }
  pause_ = std::clamp(pause_ * 2, first_pause, longest_pause);
  not_before_ = Clock::now() + pause_;
  last_failure_ = why;
}

Wire::Connected Connector::open(bool pooled) const {
  std::vector<const char*> keywords;
  std::vector<const char*> values;
  for (const std::string& keyword : keywords_) keywords.push_back(keyword.c_str());
  for (const std::string& value : values_) values.push_back(value.c_str());
  if (!pooled) {
    keywords.push_back("options");
    values.push_back(session_options_.c_str());
  }
  keywords.push_back(nullptr);
  values.push_back(nullptr);
  Wire::Connected connection;
  connection.handle.reset(PQconnectdbParams(keywords.data(), values.data(), 0));
  if (pooled) connection.settings = &transaction_settings_;
  return connection;
}

void Connector::found_pooler() {
  if (!is_pooled_.exchange(true))
    spdlog::info("database_pooler_found database={}", log_text(shown_url_));
}

// One connection, or why there is none.
Connector::Attempt Connector::attempt() {
  Wire::Connected connection = open(is_pooled_);
  if (!is_pooled_ && pooler_ == Pooler::automatic) {
    if (refuses_options(connection.handle.get())) {
      found_pooler();
      connection = open(true);
    } else if (PQstatus(connection.handle.get()) == CONNECTION_OK) {
      const std::optional<std::string> process = answering_process(connection.handle.get());
      const bool is_alive = PQstatus(connection.handle.get()) == CONNECTION_OK;
      if (!process && is_alive)
        return std::unexpected<std::string>("it takes connections and does not answer");
      if (process && *process != std::to_string(PQbackendPID(connection.handle.get()))) {
        found_pooler();
        connection.settings = &transaction_settings_;
      }
    }
  }
  if (is_pooled_ && has_own_options_)
    return std::unexpected<std::string>(
        "a pooler passes on no options of database-url: set them for the role (alter role)");
  if (PQstatus(connection.handle.get()) != CONNECTION_OK)
    return std::unexpected(connection.handle ? one_line(PQerrorMessage(connection.handle.get()))
                                             : std::string("out of memory"));
  return connection;
}

Connector::Attempt Connector::try_to_connect() {
  if (std::optional<std::string> failure = pause_after()) return std::unexpected(*failure);
  const Clock::time_point began = Clock::now();
  Attempt connection = attempt();
  // One that is cut while it is made says nothing of the database.
  if (!connection && Clock::now() - began < quick_failure) connection = attempt();
  if (!connection) {
    failed(connection.error(), began);
    return connection;
  }
  PQsetNoticeProcessor(
      connection->handle.get(),
      [](void*, const char* notice) { spdlog::debug("postgres: {}", one_line(notice)); }, nullptr);
  succeeded();
  return connection;
}

Wire::Connected Connector::connect() {
  Attempt connection = try_to_connect();
  if (!connection) throw unreachable(connection.error());
  return std::move(*connection);
}

void Connector::succeeded() {
  observations_.connected.add();
  std::size_t gone = gone_.load(std::memory_order_relaxed);
  while (gone != 0 && !gone_.compare_exchange_weak(gone, gone - 1, std::memory_order_relaxed)) {
  }
  if (gone != 0) observations_.reconnected.add();
  const std::lock_guard lock(mutex_);
  if (pause_.count() != 0) {
    spdlog::info("database_reached database={}", log_text(shown_url_));
    told_at_ = long_ago();  // another outage is another event
  }
  reached_at_ = Clock::now();
  pause_ = {};
  not_before_ = {};
  last_failure_.clear();
}

void Connector::tell(bool is_lost, std::string_view error, std::string_view request) {
  const std::lock_guard lock(mutex_);
  const auto now = Clock::now();
  if (pause_.count() != 0 || now - told_at_ < between_lines) return;
  told_at_ = now;
  const std::string where = fmt::format("{} database={} error={}", request_field(request),
                                        log_text(shown_url_), log_text(error));
  if (is_lost)
    spdlog::warn("database_lost{}", where);
  else
    spdlog::warn("database_unreachable{}", where);
}

void Connector::connect_later(Deliver deliver) {
  {
    const std::lock_guard lock(mutex_);
    asked_.push_back(std::move(deliver));
  }
  changed_.notify_one();
}

void Connector::serve() {
  pthread_setname_np(pthread_self(), "onggi-connect");
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return stopping_ || !asked_.empty(); });
    if (asked_.empty()) return;
    Deliver deliver = std::move(asked_.front());
    asked_.pop_front();
    lock.unlock();
    deliver(try_to_connect());
    deliver = nullptr;
    lock.lock();
  }
}

}  // namespace onggi::db::postgres
