#include "http/congestion.h"

#include <algorithm>

namespace onggi::http {

// A probe that is still waiting has waited at least so long.
Congestion::Duration Congestion::delay(TimePoint now) const {
  Duration delay{};
  if (now - returned_ <= memory) delay = last_delay_;
  if (is_probing_ && turns_since_sent_ >= least_backlog) delay = std::max(delay, now - sent_);
  return delay;
}

bool Congestion::refuses(TimePoint now) {
  ++turns_since_sent_;
  if (limit_ == Duration::zero()) return false;
  if (delay(now) <= limit_) {
    is_above_ = false;
    return false;
  }
  if (!is_above_) above_since_ = now;
  is_above_ = true;
  // Patience was had already where it has just been refusing.
  const bool is_lasting = now - above_since_ >= patience || now - last_refusal_ <= wariness;
  if (is_lasting) last_refusal_ = now;
  return is_lasting;
}

bool Congestion::wants_probe(TimePoint now) const {
  if (limit_ == Duration::zero() || is_probing_) return false;
  return now - returned_ >= between_probes || last_delay_ > limit_;
}

void Congestion::probe_sent(TimePoint now) {
  is_probing_ = true;
  sent_ = now;
  turns_since_sent_ = 0;
}

void Congestion::probe_returned(TimePoint now) {
  is_probing_ = false;
  returned_ = now;
  last_delay_ = turns_since_sent_ >= least_backlog ? now - sent_ : Duration::zero();
}

}  // namespace onggi::http
