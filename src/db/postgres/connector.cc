#include "db/postgres/connector.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <memory>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <pthread.h>
#include <spdlog/spdlog.h>

#include "db/postgres/failure.h"

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

constexpr std::chrono::milliseconds first_pause{100};
constexpr std::chrono::milliseconds longest_pause{1'000};

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

// Whether it answers under another process's number than the one that it has given.
bool is_somebody_elses(PGconn* connection) {
  const std::unique_ptr<PGresult, void (*)(PGresult*)> result(
      PQexec(connection, "select pg_catalog.pg_backend_pid()"), PQclear);
  return PQresultStatus(result.get()) == PGRES_TUPLES_OK &&
         std::to_string(PQbackendPID(connection)) != PQgetvalue(result.get(), 0, 0);
}

Unavailable unreachable(const std::string& why) {
  return {"The database cannot be reached; try again later.", why};
}

}  // namespace

Connector::Connector(const std::string& url, Pooler pooler,
                     std::chrono::milliseconds statement_time, Registry& registry)
    : pooler_(pooler),
      is_pooled_(pooler == Pooler::transaction),
      connected_(registry.counter("onggi_db_connections_made_total", "Connections made.")),
      failures_(registry.counter("onggi_db_connection_failures_total",
                                 "Attempts to connect that have failed.")) {
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
  or_else("connect_timeout", "5");
  or_else("fallback_application_name", "onggi");
  or_else("tcp_user_timeout", "10000");
  or_else("keepalives_idle", "30");
  add("client_encoding", "UTF8");
  std::vector<std::pair<std::string, std::string>> settings(planner_settings.begin(),
                                                            planner_settings.end());
  settings.emplace_back("statement_timeout", std::to_string(statement_time.count()));
  settings.emplace_back("idle_in_transaction_session_timeout", "60000");
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

void Connector::check_pause() {
  const std::lock_guard lock(mutex_);
  if (Clock::now() < not_before_) throw unreachable(last_failure_);
}

void Connector::failed(const std::string& why) {
  failures_.add();
  const std::lock_guard lock(mutex_);
  if (why != last_failure_ || pause_.count() == 0)
    spdlog::warn("database_unreachable database=\"{}\" error=\"{}\"", shown_url_, why);
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
  if (!is_pooled_.exchange(true)) spdlog::info("database_pooler_found database=\"{}\"", shown_url_);
}

Wire::Connected Connector::connect() {
  check_pause();
  Wire::Connected connection = open(is_pooled_);
  if (!is_pooled_ && pooler_ == Pooler::automatic) {
    if (refuses_options(connection.handle.get())) {
      found_pooler();
      connection = open(true);
    } else if (PQstatus(connection.handle.get()) == CONNECTION_OK &&
               is_somebody_elses(connection.handle.get())) {
      found_pooler();
      connection.settings = &transaction_settings_;
    }
  }
  if (is_pooled_ && has_own_options_) {
    const std::string why =
        "a pooler passes on no options of database-url: set them for the role (alter role)";
    failed(why);
    throw unreachable(why);
  }
  if (PQstatus(connection.handle.get()) != CONNECTION_OK) {
    const std::string why = connection.handle ? one_line(PQerrorMessage(connection.handle.get()))
                                              : std::string("out of memory");
    failed(why);
    throw unreachable(why);
  }
  PQsetNoticeProcessor(
      connection.handle.get(),
      [](void*, const char* notice) { spdlog::debug("postgres: {}", one_line(notice)); }, nullptr);
  connected_.add();
  const std::lock_guard lock(mutex_);
  if (pause_.count() != 0) spdlog::info("database_reached database=\"{}\"", shown_url_);
  pause_ = {};
  not_before_ = {};
  last_failure_.clear();
  return connection;
}

void Connector::connect_later(Deliver deliver) {
  {
    const std::lock_guard lock(mutex_);
    asked_.push_back(std::move(deliver));
  }
  changed_.notify_one();
}

void Connector::cancel_later(Wire::Cancel cancel) {
  {
    const std::lock_guard lock(mutex_);
    cancels_.push_back(std::move(cancel));
  }
  changed_.notify_one();
}

void Connector::serve() {
  pthread_setname_np(pthread_self(), "onggi-connect");
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return stopping_ || !asked_.empty() || !cancels_.empty(); });
    if (!cancels_.empty()) {
      const Wire::Cancel cancel = std::move(cancels_.front());
      cancels_.pop_front();
      lock.unlock();
      char error[256];
      if (cancel) PQcancel(cancel.get(), error, sizeof(error));
      lock.lock();
      continue;
    }
    if (asked_.empty()) return;
    Deliver deliver = std::move(asked_.front());
    asked_.pop_front();
    lock.unlock();
    Wire::Connected connection;
    std::exception_ptr error;
    try {
      connection = connect();
    } catch (const Unavailable&) {
      error = std::current_exception();
    }
    deliver(std::move(connection), error);
    deliver = nullptr;
    lock.lock();
  }
}

}  // namespace onggi::db::postgres
