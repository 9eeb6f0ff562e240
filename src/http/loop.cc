#include "http/loop.h"

#include <algorithm>
#include <exception>
#include <optional>
#include <utility>

#include <fmt/format.h>
#include <pthread.h>
#include <spdlog/spdlog.h>
#include <sys/eventfd.h>

#include "base/log_text.h"
#include "http/connection.h"
#include "http/response_head.h"

namespace onggi::http {
namespace {

// Often enough for the shortest of the limits, seldom enough to cost nothing.
std::chrono::milliseconds sweep_interval(const Limits& limits) {
  std::chrono::milliseconds shortest =
      std::min({limits.request_time, limits.idle_time, limits.write_time});
  return std::clamp(shortest / 4, std::chrono::milliseconds(5), std::chrono::milliseconds(250));
}

using Context = asio::io_context::executor_type;

class LoopWatch final : public Reactor::Watch {
 public:
  LoopWatch(asio::io_context& context, int descriptor) : stream_(context, descriptor) {}
  ~LoopWatch() override { stream_.release(); }

  void wait(Reactor::Interest interest, std::move_only_function<void()> ready) override {
    using Stream = asio::posix::descriptor_base;
    stream_.async_wait(interest == Reactor::Interest::read ? Stream::wait_read : Stream::wait_write,
                       [life = std::weak_ptr<int>(life_),
                        ready = std::move(ready)](const boost::system::error_code& error) mutable {
                         if (error != asio::error::operation_aborted && !life.expired()) ready();
                       });
  }

 private:
  asio::posix::basic_stream_descriptor<Context> stream_;
  // Tells a call-back that was on its way already when the watch went.
  std::shared_ptr<int> life_ = std::make_shared<int>(0);
};

class LoopAlarm final : public Reactor::Alarm {
 public:
  explicit LoopAlarm(asio::io_context& context) : timer_(context) {}

  // The turn tells a ring that was on its way already when another was set, or when this went.
  void set(std::chrono::milliseconds delay, std::move_only_function<void()> ring) override {
    timer_.expires_after(delay);
    timer_.async_wait([turn = std::weak_ptr<int>(turn_ = std::make_shared<int>(0)),
                       ring = std::move(ring)](const boost::system::error_code& error) mutable {
      if (!error && !turn.expired()) ring();
    });
  }

 private:
  asio::basic_waitable_timer<std::chrono::steady_clock,
                             asio::wait_traits<std::chrono::steady_clock>, Context>
      timer_;
  std::shared_ptr<int> turn_;
};

}  // namespace

// Sockets and timers are touched on the loop's thread only, so that Asio need not lock them; post()
// still may come from anywhere.
Loop::Loop(Service& service, int number)
    : service_(service),
      number_(number),
      context_(BOOST_ASIO_CONCURRENCY_HINT_UNSAFE_IO),
      keep_running_(context_.get_executor()),
      congestion_(service.limits.turn_time),
      probe_(context_, ::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)),
      sweep_timer_(context_) {}

Loop::~Loop() = default;

void Loop::start() {
  thread_ = std::thread([this] { run(); });
}

void Loop::run() {
  pthread_setname_np(pthread_self(), fmt::format("onggi-loop-{}", number_).c_str());
  Executor::Scope scope(*this);
  context_.run();
}

void Loop::join() {
  if (!thread_.joinable()) return;
  post([this] {
    for (auto& last : last_) last();
    last_.clear();
    sweep_timer_.cancel();
    keep_running_.reset();
  });
  thread_.join();
}

void Loop::post(std::move_only_function<void()> work) {
  asio::post(context_, std::move(work));
}

std::unique_ptr<Reactor::Watch> Loop::watch(int descriptor) {
  return std::make_unique<LoopWatch>(context_, descriptor);
}

std::unique_ptr<Reactor::Alarm> Loop::alarm() {
  return std::make_unique<LoopAlarm>(context_);
}

void Loop::at_end(std::move_only_function<void()> last) {
  last_.push_back(std::move(last));
}

void Loop::adopt(Arrival arrival) {
  asio::post(context_,
             [this, arrival = std::move(arrival)]() mutable { open(std::move(arrival)); });
}

void Loop::open(Arrival arrival) {
  Connection& connection =
      *connections_.emplace_back(std::make_unique<Connection>(*this, service_, std::move(arrival)));
  connection.place = connections_.size() - 1;
  if (!sweep_due_) sweep_later();
  spawn(connection.live(),
        [this, &connection](const std::exception_ptr& error, std::optional<Connection::End>) {
          try {
            if (error) std::rethrow_exception(error);
          } catch (const std::exception& exception) {
            spdlog::error("connection_failed peer={} error={}", connection.peer(),
                          log_text(exception.what()));
          }
          forget(connection);
        });
}

void Loop::forget(Connection& connection) {
  std::size_t place = connection.place;
  bool is_surplus = connection.is_surplus();
  std::swap(connections_[place], connections_.back());
  connections_[place]->place = place;
  connections_.pop_back();
  service_.leave(is_surplus);
}

void Loop::retire_idle() {
  for (const auto& connection : connections_) connection->retire();
}

void Loop::cut_all() {
  for (const auto& connection : connections_) connection->cut();
}

bool Loop::is_congested() {
  auto now = std::chrono::steady_clock::now();
  bool refuses = congestion_.refuses(now);
  if (congestion_.wants_probe(now)) send_probe();
  return refuses;
}

void Loop::send_probe() {
  probe_.async_wait(decltype(probe_)::wait_read, [this](const boost::system::error_code& error) {
    if (error) return;
    ::eventfd_t ignored;
    ::eventfd_read(probe_.native_handle(), &ignored);
    congestion_.probe_returned(std::chrono::steady_clock::now());
  });
  congestion_.probe_sent(std::chrono::steady_clock::now());
  ::eventfd_write(probe_.native_handle(), 1);
}

void Loop::sweep_later() {
  sweep_due_ = true;
  sweep_timer_.expires_after(sweep_interval(service_.limits));
  sweep_timer_.async_wait([this](const boost::system::error_code& error) {
    sweep_due_ = false;
    if (!error) sweep();
  });
}

void Loop::sweep() {
  auto now = std::chrono::steady_clock::now();
  for (const auto& connection : connections_) connection->enforce_deadline(now);
  if (!connections_.empty()) sweep_later();
}

const std::string& Loop::standing_lines() {
  std::time_t now = std::time(nullptr);
  if (now != standing_second_) {
    standing_second_ = now;
    standing_lines_.clear();
    append_standing_lines(now, standing_lines_);
  }
  return standing_lines_;
}

}  // namespace onggi::http
