// One event loop: a thread, and the connections that live on it. Everything here but post() and
// adopt() belongs to that thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <ctime>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <boost/asio/post.hpp>

#include "base/executor.h"
#include "base/reactor.h"
#include "http/congestion.h"
#include "http/descriptor.h"
#include "http/service.h"

namespace onggi::http {

namespace asio = boost::asio;

class Connection;

class Loop final : public Executor, public Reactor {
 public:
  Loop(Service& service, int number);
  ~Loop() override;  // after join()

  void start();
  // Ends the thread once it has run what was posted. To be called when no connection is left.
  void join();

  void post(std::move_only_function<void()> work) override;
  Reactor* reactor() override { return this; }

  std::unique_ptr<Watch> watch(int descriptor) override;
  std::unique_ptr<Alarm> alarm() override;
  void at_end(std::move_only_function<void()> last) override;

  // Takes over a connection that Service::enter() has counted.
  void adopt(Arrival arrival);

  // Closes the connections that wait for a request; the others see that the server is stopping.
  void retire_idle();
  // Closes all sockets. Connections whose request is with the handler end when it comes back.
  void cut_all();

  // A request has its turn: whether there is so much to do that it is to be refused.
  bool is_congested();

  asio::io_context& context() { return context_; }
  // The response lines that are the same for a second.
  const std::string& standing_lines();

  // Lets others have the thread: `co_await loop.turn()`.
  auto turn() {
    struct Awaiter {
      asio::io_context& context;
      bool await_ready() const noexcept { return false; }
      void await_suspend(std::coroutine_handle<> waiting) const {
        asio::post(context, [waiting] { waiting.resume(); });
      }
      void await_resume() const noexcept {}
    };
    return Awaiter{context_};
  }

 private:
  friend Connection;
  using Timer = asio::basic_waitable_timer<std::chrono::steady_clock,
                                           asio::wait_traits<std::chrono::steady_clock>,
                                           asio::io_context::executor_type>;

  void run();
  void open(Arrival arrival);
  void forget(Connection& connection);
  void send_probe();
  void sweep_later();
  void sweep();

  Service& service_;
  const int number_;
  asio::io_context context_;
  asio::executor_work_guard<asio::io_context::executor_type> keep_running_;
  std::vector<std::unique_ptr<Connection>> connections_;
  Congestion congestion_;
  // An eventfd: when it is written it queues behind the sockets that are ready already.
  asio::posix::basic_stream_descriptor<asio::io_context::executor_type> probe_;
  Timer sweep_timer_;
  bool sweep_due_ = false;
  std::vector<std::move_only_function<void()>> last_;
  std::time_t standing_second_ = 0;
  std::string standing_lines_;
  std::thread thread_;
};

}  // namespace onggi::http
