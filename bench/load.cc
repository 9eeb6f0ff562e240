// onggi_bench_load: sends requests at the times at which they are due, however the answers come
// (open loop), and says how long they took. For measuring overload and recovery.
//
//   onggi_bench_load --target 127.0.0.1:8420 --path /api/agent-builder/me --key onggi_...
//                    [--body FILE]          POST this file as application/json instead of a GET
//                    [--connections 256]    kept open; a request that is due while all of them wait
//                                           for answers is sent as soon as one is free, but not
//                                           more than 100 ms late: then it is unsent
//                    --rates 5000:2,45000:5,4500:3    requests a second, for so many seconds each
//
// One JSON object on stdout:
//   phases    of each rate: offered, ok (2xx), shed_503, shed_429, other, failed (no answer),
//             ok_per_second; ok_p50_ms, ok_p99_ms, ok_max_ms, shed_p99_ms from the time a request
//             was due, so that waiting for a free connection counts; answered_p99_ms, from when an
//             accepted one was sent; unsent; normal_after_ms: from the phase's beginning until
//             nothing is shed any more and every accepted one takes less than 100 ms (null: never)
//   timeline  of each 100 ms by due time: at_ms, offered, ok, shed, failed, ok_p50_ms, ok_p99_ms,
//             ok_max_ms
//   late_p99_ms   how late the generator itself was to look at what was due: beyond a few
//                 milliseconds its processor is overloaded, and latencies are its own
//
// Ends with 1 where nothing was answered, with 2 for wrong arguments.
#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <deque>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

namespace {

using Clock = std::chrono::steady_clock;
using TimePoint = Clock::time_point;
using Milliseconds = std::chrono::duration<double, std::milli>;

constexpr std::chrono::milliseconds slot{100};
constexpr std::chrono::seconds drain{10};
constexpr std::chrono::milliseconds patience{100};
constexpr std::chrono::microseconds shortest_sleep{200};

struct Phase {
  double rate;
  double seconds;
};

struct Arguments {
  std::string host;
  std::uint16_t port = 0;
  std::string path;
  std::string key;
  std::optional<std::string> body;
  std::size_t connections = 256;
  std::vector<Phase> phases;
};

struct Outcome {
  TimePoint due;
  TimePoint sent;
  TimePoint answered;
  int status = 0;  // 0: none
  bool is_unsent = false;
  std::size_t phase = 0;

  bool is_ok() const { return status >= 200 && status < 300; }
  bool is_shed() const { return status == 503 || status == 429; }
  double took_ms() const { return Milliseconds(answered - due).count(); }
};

[[noreturn]] void refuse(const std::string& what) {
  fmt::print(stderr, "onggi_bench_load: {}\n", what);
  std::exit(2);
}

double number(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value <= 0)
    refuse(fmt::format("'{}' is no positive number", text));
  return value;
}

std::vector<Phase> phases_of(std::string_view text) {
  std::vector<Phase> phases;
  while (!text.empty()) {
    const std::size_t comma = std::min(text.find(','), text.size());
    const std::string_view one = text.substr(0, comma);
    const std::size_t colon = one.find(':');
    if (colon == std::string_view::npos) refuse("--rates takes RATE:SECONDS,...");
    phases.push_back({number(one.substr(0, colon)), number(one.substr(colon + 1))});
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return phases;
}

Arguments arguments_of(int count, char** texts) {
  Arguments given;
  for (int i = 1; i + 1 < count; i += 2) {
    const std::string_view name = texts[i];
    const std::string value = texts[i + 1];
    if (name == "--target") {
      const std::size_t colon = value.rfind(':');
      if (colon == std::string::npos) refuse("--target takes HOST:PORT");
      given.host = value.substr(0, colon);
      given.port = static_cast<std::uint16_t>(number(std::string_view(value).substr(colon + 1)));
    } else if (name == "--path") {
      given.path = value;
    } else if (name == "--key") {
      given.key = value;
    } else if (name == "--body") {
      std::ifstream file(value, std::ios::binary);
      if (!file) refuse("cannot read " + value);
      given.body.emplace(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
    } else if (name == "--connections") {
      given.connections = static_cast<std::size_t>(number(value));
    } else if (name == "--rates") {
      given.phases = phases_of(value);
    } else {
      refuse(fmt::format("there is no {}", name));
    }
  }
  if (given.port == 0 || given.path.empty() || given.phases.empty() || count % 2 == 0)
    refuse("--target, --path and --rates are needed; the head of bench/load.cc explains");
  return given;
}

std::string request_of(const Arguments& given) {
  std::string request = fmt::format("{} {} HTTP/1.1\r\nHost: {}\r\n", given.body ? "POST" : "GET",
                                    given.path, given.host);
  if (!given.key.empty()) request += fmt::format("Authorization: Bearer {}\r\n", given.key);
  if (given.body)
    request +=
        fmt::format("Content-Type: application/json\r\nContent-Length: {}\r\n", given.body->size());
  return request + "\r\n" + given.body.value_or("");
}

// The value of a header field in a response's head, whose names are those of this server.
std::string_view field_of(std::string_view head, std::string_view name) {
  const std::string start = fmt::format("\r\n{}: ", name);
  const std::size_t at = head.find(start);
  if (at == std::string_view::npos) return {};
  const std::string_view rest = head.substr(at + start.size());
  return rest.substr(0, rest.find("\r\n"));
}

struct Connection {
  int socket = -1;
  bool is_busy = false;
  std::size_t written = 0;
  std::string received;
  Outcome outcome;
};

class Load {
 public:
  explicit Load(const Arguments& given);
  void run();
  int report() const;

 private:
  void open(Connection& connection);
  void start(Connection& connection, Outcome outcome);
  void write(Connection& connection);
  void read(Connection& connection);
  void finish(Connection& connection, int status, bool closes);
  bool note_due(TimePoint now);
  void serve_events(std::chrono::nanoseconds wait);

  const Arguments& given_;
  const std::string request_;
  sockaddr_in address_{};
  int epoll_;
  std::deque<Connection> connections_;
  std::vector<Connection*> free_;
  std::deque<Outcome> waiting_;
  std::vector<Outcome> outcomes_;
  std::vector<double> late_ms_;
  std::vector<TimePoint> begins_;  // of phases, and the end of the last
  std::size_t phase_ = 0;
  std::uint64_t of_phase_ = 0;
};

Load::Load(const Arguments& given)
    : given_(given), request_(request_of(given)), epoll_(::epoll_create1(0)) {
  address_.sin_family = AF_INET;
  address_.sin_port = htons(given.port);
  if (::inet_pton(AF_INET, given.host.c_str(), &address_.sin_addr) != 1)
    refuse("--target takes an IPv4 address");
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  for (std::size_t i = 0; i < given.connections; ++i) {
    open(connections_.emplace_back());
    if (connections_.back().socket < 0) refuse("cannot connect to " + given.host);
    free_.push_back(&connections_.back());
  }
}

void Load::open(Connection& connection) {
  if (connection.socket >= 0) ::close(connection.socket);
  connection.received.clear();
  connection.socket = ::socket(AF_INET, SOCK_STREAM, 0);
  const int on = 1;
  ::setsockopt(connection.socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (::connect(connection.socket, reinterpret_cast<const sockaddr*>(&address_), sizeof address_) !=
      0) {
    ::close(connection.socket);
    connection.socket = -1;
    return;
  }
  epoll_event event{.events = EPOLLIN | EPOLLOUT | EPOLLET, .data = {.ptr = &connection}};
  ::epoll_ctl(epoll_, EPOLL_CTL_ADD, connection.socket, &event);
}

void Load::start(Connection& connection, Outcome outcome) {
  if (connection.socket < 0) open(connection);
  connection.is_busy = true;
  connection.written = 0;
  connection.outcome = outcome;
  connection.outcome.sent = Clock::now();
  write(connection);
}

void Load::write(Connection& connection) {
  while (connection.is_busy && connection.written < request_.size()) {
    const ssize_t sent = ::send(connection.socket, request_.data() + connection.written,
                                request_.size() - connection.written, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent > 0)
      connection.written += static_cast<std::size_t>(sent);
    else if (errno == EAGAIN)
      return;
    else
      return finish(connection, 0, true);
  }
}

void Load::read(Connection& connection) {
  std::array<char, 65'536> piece;
  for (;;) {
    const ssize_t count = ::recv(connection.socket, piece.data(), piece.size(), MSG_DONTWAIT);
    if (count < 0 && errno == EAGAIN) return;
    if (count <= 0) return finish(connection, 0, true);
    connection.received.append(piece.data(), static_cast<std::size_t>(count));
    const std::string_view received = connection.received;
    const std::size_t end = received.find("\r\n\r\n");
    if (end == std::string_view::npos) continue;
    const std::string_view head = received.substr(0, end + 2);
    std::size_t length = 0;
    const std::string_view length_text = field_of(head, "Content-Length");
    std::from_chars(length_text.data(), length_text.data() + length_text.size(), length);
    if (received.size() < end + 4 + length) continue;
    int status = 0;
    std::from_chars(head.data() + 9, head.data() + 12, status);
    const bool closes = field_of(head, "Connection") == "close";
    return finish(connection, status, closes);
  }
}

void Load::finish(Connection& connection, int status, bool closes) {
  connection.received.clear();
  if (std::exchange(connection.is_busy, false)) {
    connection.outcome.status = status;
    connection.outcome.answered = Clock::now();
    outcomes_.push_back(connection.outcome);
    free_.push_back(&connection);
  }
  if (!closes) return;
  ::close(connection.socket);
  connection.socket = -1;
}

// Puts what is due among what waits; false when there will be no more.
bool Load::note_due(TimePoint now) {
  while (phase_ < given_.phases.size()) {
    const Phase& phase = given_.phases[phase_];
    const TimePoint due =
        begins_[phase_] + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(
                              static_cast<double>(of_phase_) / phase.rate));
    if (due >= begins_[phase_ + 1]) {
      ++phase_;
      of_phase_ = 0;
      continue;
    }
    if (due > now) return true;
    late_ms_.push_back(Milliseconds(now - due).count());
    waiting_.push_back({.due = due, .phase = phase_});
    ++of_phase_;
  }
  return false;
}

void Load::serve_events(std::chrono::nanoseconds wait) {
  std::array<epoll_event, 256> events;
  const timespec time{.tv_sec = 0, .tv_nsec = wait.count()};
  const int count = ::epoll_pwait2(epoll_, events.data(), events.size(), &time, nullptr);
  for (int i = 0; i < count; ++i) {
    auto& connection = *static_cast<Connection*>(events[static_cast<std::size_t>(i)].data.ptr);
    if (connection.socket >= 0) write(connection);
    if (connection.socket >= 0) read(connection);
  }
}

void Load::run() {
  begins_.push_back(Clock::now());
  for (const Phase& phase : given_.phases)
    begins_.push_back(begins_.back() + std::chrono::duration_cast<Clock::duration>(
                                           std::chrono::duration<double>(phase.seconds)));
  const TimePoint end = begins_.back() + drain;
  for (;;) {
    const TimePoint now = Clock::now();
    const bool has_more = note_due(now);
    for (; !waiting_.empty() && now - waiting_.front().due > patience; waiting_.pop_front()) {
      waiting_.front().is_unsent = true;
      outcomes_.push_back(waiting_.front());
    }
    while (!waiting_.empty() && !free_.empty()) {
      Connection& connection = *free_.back();
      free_.pop_back();
      start(connection, waiting_.front());
      waiting_.pop_front();
    }
    const bool is_done = !has_more && waiting_.empty() && free_.size() == connections_.size();
    if (is_done || now > end) break;
    serve_events(shortest_sleep);
  }
  for (Connection& connection : connections_)
    if (connection.is_busy) finish(connection, 0, true);
}

double quantile(std::vector<double> values, double q) {
  if (values.empty()) return 0;
  const auto at =
      values.begin() + static_cast<std::ptrdiff_t>(q * static_cast<double>(values.size() - 1));
  std::ranges::nth_element(values, at);
  return *at;
}

struct Tally {
  std::size_t ok = 0, shed_503 = 0, shed_429 = 0, other = 0, failed = 0, unsent = 0;
  std::vector<double> ok_ms, shed_ms, answered_ms;

  void add(const Outcome& outcome) {
    if (outcome.is_unsent) {
      ++unsent;
    } else if (outcome.is_ok()) {
      ++ok;
      ok_ms.push_back(outcome.took_ms());
      answered_ms.push_back(Milliseconds(outcome.answered - outcome.sent).count());
    } else if (outcome.is_shed()) {
      ++(outcome.status == 503 ? shed_503 : shed_429);
      shed_ms.push_back(outcome.took_ms());
    } else {
      ++(outcome.status == 0 ? failed : other);
    }
  }
  std::size_t offered() const { return ok + shed_503 + shed_429 + other + failed + unsent; }
  std::string latencies() const {
    return fmt::format("\"ok_p50_ms\":{:.2f},\"ok_p99_ms\":{:.2f},\"ok_max_ms\":{:.2f}",
                       quantile(ok_ms, 0.5), quantile(ok_ms, 0.99), quantile(ok_ms, 1));
  }
  bool is_normal() const { return offered() == ok && quantile(ok_ms, 1) < 100; }
};

int Load::report() const {
  std::vector<Tally> phases(given_.phases.size());
  const auto slots = static_cast<std::size_t>((begins_.back() - begins_.front()) / slot) + 1;
  std::vector<Tally> timeline(slots);
  for (const Outcome& outcome : outcomes_) {
    phases[outcome.phase].add(outcome);
    timeline[static_cast<std::size_t>((outcome.due - begins_.front()) / slot)].add(outcome);
  }
  fmt::print("{{\"phases\":[");
  for (std::size_t i = 0; i < phases.size(); ++i) {
    const Tally& tally = phases[i];
    const auto first = static_cast<std::size_t>((begins_[i] - begins_[0] + slot / 2) / slot);
    const auto last = static_cast<std::size_t>((begins_[i + 1] - begins_[0] + slot / 2) / slot);
    std::size_t normal = last;
    while (normal > first && timeline[normal - 1].is_normal()) --normal;
    fmt::print(
        "{}{{\"rate\":{},\"seconds\":{},\"offered\":{},\"ok\":{},\"shed_503\":{},\"shed_429\":{},"
        "\"other\":{},\"failed\":{},\"unsent\":{},\"ok_per_second\":{:.0f},{},\"shed_p99_ms\":{:."
        "2f},"
        "\"answered_p99_ms\":{:.2f},\"normal_after_ms\":{}}}",
        i == 0 ? "" : ",", given_.phases[i].rate, given_.phases[i].seconds, tally.offered(),
        tally.ok, tally.shed_503, tally.shed_429, tally.other, tally.failed, tally.unsent,
        static_cast<double>(tally.ok) / given_.phases[i].seconds, tally.latencies(),
        quantile(tally.shed_ms, 0.99), quantile(tally.answered_ms, 0.99),
        normal == last ? std::string("null") : std::to_string((normal - first) * 100));
  }
  fmt::print("],\"timeline\":[");
  for (std::size_t i = 0; i + 1 < timeline.size(); ++i) {
    const Tally& tally = timeline[i];
    fmt::print("{}{{\"at_ms\":{},\"offered\":{},\"ok\":{},\"shed\":{},\"failed\":{},{}}}",
               i == 0 ? "" : ",", i * 100, tally.offered(), tally.ok,
               tally.shed_503 + tally.shed_429, tally.failed, tally.latencies());
  }
  fmt::print("],\"late_p99_ms\":{:.2f}}}\n", quantile(late_ms_, 0.99));
  return std::ranges::any_of(phases, [](const Tally& tally) { return tally.ok > 0; }) ? 0 : 1;
}

}  // namespace

int main(int count, char** texts) {
  const Arguments given = arguments_of(count, texts);
  Load load(given);
  load.run();
  return load.report();
}
