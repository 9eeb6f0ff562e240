// Whether a loop has more to do than it can, told from how long ready work waits for its turn.
//
// A probe joins the queue of what is ready behind everything else and so learns how long the queue
// is. A request that has its turn while the delay has been above the limit for a while is refused:
// it is then cheap, and those behind it wait less. Nothing is refused for one slow turn, nor where
// few wait (a machine that is busy with something else makes few wait long, and refusing them would
// help nobody). Knows no clock: times are given.
#pragma once

#include <chrono>
#include <cstdint>

namespace onggi::http {

class Congestion {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;
  using Duration = std::chrono::steady_clock::duration;

  // How long the delay must have been above the limit.
  static constexpr std::chrono::milliseconds patience{20};
  // How many must have had their turn while a probe waited, for its delay to count.
  static constexpr std::uint64_t least_backlog = 16;
  static constexpr std::chrono::milliseconds between_probes{5};  // none while above the limit
  // After a refusal there is no patience for so long.
  static constexpr std::chrono::milliseconds wariness{200};
  // A delay is news for so long.
  static constexpr std::chrono::milliseconds memory{100};

  // `limit` 0: nothing is ever refused.
  explicit Congestion(Duration limit) : limit_(limit) {}

  // A request has its turn; whether it is to be refused.
  bool refuses(TimePoint now);

  // Whether a probe is to be sent now: only while there are requests, never two at once.
  bool wants_probe(TimePoint now) const;
  void probe_sent(TimePoint now);
  void probe_returned(TimePoint now);

 private:
  Duration delay(TimePoint now) const;

  const Duration limit_;
  bool is_probing_ = false;
  TimePoint sent_{};
  TimePoint returned_{};
  Duration last_delay_{};
  std::uint64_t turns_since_sent_ = 0;
  bool is_above_ = false;  // the limit, since:
  TimePoint above_since_{};
  TimePoint last_refusal_{};
};

}  // namespace onggi::http
