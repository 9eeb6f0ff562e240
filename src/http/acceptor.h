// Takes connections from one listener and deals them out to the loops in turn. Lives on one loop's
// thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <vector>

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>

#include "http/descriptor.h"
#include "http/listener.h"
#include "http/loop.h"
#include "http/service.h"

namespace onggi::http {

// Whose turn it is; shared by all acceptors of a server, so that connections spread evenly
// whichever way they come in.
class Deal {
 public:
  explicit Deal(const std::vector<std::unique_ptr<Loop>>& loops) : loops_(loops) {}
  Loop& next() { return *loops_[turn_++ % loops_.size()]; }

 private:
  const std::vector<std::unique_ptr<Loop>>& loops_;
  std::size_t turn_ = 0;
};

class Acceptor {
 public:
  // `listener` and `deal` outlive it. The acceptor watches a duplicate of the descriptor.
  Acceptor(Loop& home, const Listener& listener, Service& service, Deal& deal);

  void start();
  // Takes what has connected already, and no more.
  void stop();

 private:
  using Watch = asio::posix::basic_stream_descriptor<asio::io_context::executor_type>;
  using Timer = asio::basic_waitable_timer<std::chrono::steady_clock,
                                           asio::wait_traits<std::chrono::steady_clock>,
                                           asio::io_context::executor_type>;

  enum class Taken : std::uint8_t { one, none, failed };

  void wait();
  void back_off();
  Taken accept_all();
  Taken accept_one();
  void hand_over(Arrival arrival);

  const Listener& listener_;
  Service& service_;
  Deal& deal_;
  Watch watch_;
  Timer pause_;
  std::chrono::steady_clock::time_point last_complaint_{};
  bool stopped_ = false;
};

}  // namespace onggi::http
