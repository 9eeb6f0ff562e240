#include "db/postgres/connector.h"

#include <algorithm>
#include <charconv>
#include <memory>
#include <string_view>

#include <fmt/format.h>
#include <pthread.h>
#include <spdlog/spdlog.h>

#include "db/postgres/failure.h"

namespace onggi::db::postgres {
namespace {

// What is prepared keeps its one plan: planning anew costs more than most statements. So the
// planner must not settle on what serves while a table is still small, nor believe in few rows and
// sort them where an index has the order. tests/postgres/plans.py reads these lines and holds the
// whole catalogue to its plans under them.
constexpr std::string_view planner_options =
    "-c plan_cache_mode=force_generic_plan -c jit=off -c enable_seqscan=off -c enable_sort=off";

// A connection that is given up is closed, and the server is to end what it is still at. libpq's
// PQcancel would wait for a server that does not answer, without end.
constexpr std::string_view watching_options = "-c client_connection_check_interval=250";

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

Unavailable unreachable(const std::string& why) {
  return {"The database cannot be reached; try again later.", why};
}

}  // namespace

Connector::Connector(const std::string& url, std::chrono::milliseconds statement_time,
                     Registry& registry)
    : connected_(registry.counter("onggi_db_connections_made_total", "Connections made.")),
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
  or_else("connect_timeout", "3");
  or_else("fallback_application_name", "onggi");
  or_else("tcp_user_timeout", "10000");
  or_else("keepalives_idle", "30");
  add("client_encoding", "UTF8");
  add("options", fmt::format("{} {} -c statement_timeout={} "
                             "-c idle_in_transaction_session_timeout=60000 {}",
                             planner_options, watching_options, statement_time.count(),
                             parsed.value("options")));
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

Wire::Connected Connector::connect() {
  check_pause();
  std::vector<const char*> keywords;
  std::vector<const char*> values;
  for (const std::string& keyword : keywords_) keywords.push_back(keyword.c_str());
  for (const std::string& value : values_) values.push_back(value.c_str());
  keywords.push_back(nullptr);
  values.push_back(nullptr);
  Wire::Connected connection(PQconnectdbParams(keywords.data(), values.data(), 0));
  if (!connection || PQstatus(connection.get()) != CONNECTION_OK) {
    const std::string why =
        connection ? one_line(PQerrorMessage(connection.get())) : std::string("out of memory");
    failed(why);
    throw unreachable(why);
  }
  PQsetNoticeProcessor(
      connection.get(),
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

void Connector::serve() {
  pthread_setname_np(pthread_self(), "onggi-connect");
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return stopping_ || !asked_.empty(); });
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
