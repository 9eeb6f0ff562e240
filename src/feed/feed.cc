#include "feed/feed.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include <fmt/format.h>
#include <pthread.h>

namespace onggi::feed {

using SteadyClock = std::chrono::steady_clock;

// The events of one user, and who listens to them. There as long as it has either.
struct Listener::Topic {
  Uuid user;
  std::uint64_t first = 0;    // the oldest that is kept; 0: none is
  std::uint64_t last = 0;     // the newest that there was
  std::uint64_t evicted = 0;  // the newest that is not kept any more
  bool is_dirty = false;
  std::unordered_set<Listener*> listeners;
};

namespace {

// Waking many listeners at once would hold an executor up: others have a turn in between.
constexpr std::size_t woken_at_once = 32;
// Each one woken costs a system call or two. Resting in proportion bounds what the feed takes of
// the machine, however many listen and however much happens: what comes meanwhile goes out
// together.
constexpr std::chrono::microseconds rest_per_listener{100};
constexpr std::chrono::milliseconds longest_rest{250};

void resume_some(Executor& executor, std::vector<std::coroutine_handle<>> waiting) {
  executor.post([&executor, waiting = std::move(waiting)]() mutable {
    const std::size_t count = std::min(waiting.size(), woken_at_once);
    const std::vector<std::coroutine_handle<>> now(
        waiting.end() - static_cast<std::ptrdiff_t>(count), waiting.end());
    waiting.resize(waiting.size() - count);
    // Posted before the others run: with the last of them the executor may be about to end.
    if (!waiting.empty()) resume_some(executor, std::move(waiting));
    for (const std::coroutine_handle<> one : now) one.resume();
  });
}

std::string new_name(const Clock& clock) {
  std::string name = to_string(Uuid::v7(clock.now()));
  std::erase(name, '-');
  return name.substr(0, 12) + name.substr(24);  // the time, and 32 of the random bits
}

// The number of a place of the feed of this name; nullopt with whether it is of another one.
struct Parsed {
  bool is_place = false;
  bool is_own = false;
  std::uint64_t number = 0;
};

Parsed parse(std::string_view place, std::string_view name) {
  const std::size_t dash = place.find('-');
  if (dash == std::string_view::npos || dash != name.size()) return {};
  const auto is_hexadecimal = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
  };
  Parsed parsed;
  const char* const end = place.data() + place.size();
  const auto [rest, error] = std::from_chars(place.data() + dash + 1, end, parsed.number);
  parsed.is_place = error == std::errc() && rest == end &&
                    std::ranges::all_of(place.substr(0, dash), is_hexadecimal);
  parsed.is_own = place.substr(0, dash) == name;
  return parsed;
}

}  // namespace

// --- Listener ---

Listener::Listener(Feed& feed, Topic& topic, std::uint64_t seen, Resumed resumed)
    : feed_(feed), topic_(topic), resumed_(resumed), seen_(seen), told_(SteadyClock::now()) {}

Listener::~Listener() {
  const std::lock_guard lock(feed_.mutex_);
  topic_.listeners.erase(this);
  feed_.listeners_.erase(this);
  feed_.listening_.set(static_cast<std::int64_t>(feed_.listeners_.size()));
  feed_.drop_if_idle(topic_.user, topic_);
}

bool Listener::wait(std::coroutine_handle<> waiting) {
  const std::lock_guard lock(feed_.mutex_);
  const bool has_news = topic_.last > seen_ || is_over_ || is_silent_;
  if (has_news || std::exchange(is_nudged_, false)) return false;
  executor_ = Executor::current();
  waiting_ = waiting;
  return true;
}

Listener::State Listener::take(std::string& out, std::size_t most_bytes) {
  const std::lock_guard lock(feed_.mutex_);
  if (topic_.evicted > seen_ && !is_over_) {
    is_over_ = true;
    feed_.dropped_.add();
  }
  if (is_over_) return State::over;
  const std::size_t before = out.size();
  for (std::uint64_t number = feed_.following(*this);
       number != 0 && out.size() - before < most_bytes; number = feed_.at(number).next) {
    const Event& event = feed_.at(number).event;
    fmt::format_to(std::back_inserter(out), "id: {}-{}\nevent: {}\ndata: {}\n\n", feed_.name_,
                   number, event.name, event.data);
    seen_ = number;
  }
  // A place of its own keeps up with what others do, or it would be too old after a while.
  if (out.size() == before && is_silent_)
    fmt::format_to(std::back_inserter(out), ": ping\nid: {}-{}\n\n", feed_.name_, feed_.next_ - 1);
  if (out.size() > before) {
    is_silent_ = false;
    told_ = SteadyClock::now();
  }
  return State::listening;
}

// The coroutine goes on from its executor's queue: who calls this may be in the midst of something.
void Listener::end(bool is_slow) {
  Feed::Woken woken;
  {
    const std::lock_guard lock(feed_.mutex_);
    if (is_over_) return;
    is_over_ = true;
    if (is_slow) feed_.dropped_.add();
    feed_.wake(*this, woken);
  }
  for (auto& [executor, waiting] : woken) resume_some(*executor, std::move(waiting));
}

// --- Feed ---

Feed::Feed(const FeedLimits& limits, const Clock& clock, Registry& registry)
    : limits_(limits),
      name_(new_name(clock)),
      published_(registry.counter("onggi_events_total", "Events of the live feed")),
      listening_(registry.gauge("onggi_event_listeners", "Who listens to the live feed")),
      dropped_(registry.counter("onggi_event_listeners_dropped_total",
                                "Listeners that did not keep up")),
      refused_total_(registry.counter("onggi_event_listeners_refused_total",
                                      "Listeners beyond a limit", {{"limit", "total"}})),
      refused_user_(registry.counter("onggi_event_listeners_refused_total",
                                     "Listeners beyond a limit", {{"limit", "user"}})) {
  thread_ = std::thread([this] { serve(); });
}

Feed::~Feed() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

void Feed::publish(std::vector<Event> events) {
  published_.add(events.size());
  publish(std::move(events), true);
}

void Feed::publish_from_elsewhere(std::vector<Event> events) {
  publish(std::move(events), false);
}

void Feed::publish(std::vector<Event> events, bool is_own) {
  const TimePoint now = SteadyClock::now();
  bool has_news = false;
  {
    const std::lock_guard lock(mutex_);
    const bool was_idle = !has_work();
    for (Event& event : events) keep(std::move(event), is_own, now);
    has_news = was_idle && has_work();
  }
  if (has_news) changed_.notify_one();
}

bool Feed::has_listeners() const {
  const std::lock_guard lock(mutex_);
  return !listeners_.empty();
}

std::uint64_t Feed::place_before(TimePoint time) const {
  const std::lock_guard lock(mutex_);
  std::uint64_t number = next_;
  while (number > oldest_ && at(number - 1).at >= time) --number;
  return number - 1;
}

Feed::Own Feed::own_behind(std::uint64_t place, std::size_t most_bytes) const {
  const std::lock_guard lock(mutex_);
  Own own{.events = {}, .place = place, .has_gap = place + 1 < oldest_};
  std::uint64_t number = std::max(place + 1, oldest_);
  std::size_t bytes = 0;
  for (; number < next_ && bytes < most_bytes; ++number) {
    const Kept& kept = at(number);
    if (!kept.is_own) continue;
    bytes += kept.bytes();
    own.events.push_back(kept.event);
  }
  own.place = number - 1;
  return own;
}

void Feed::keep(Event event, bool is_own, TimePoint at_time) {
  std::unique_ptr<Topic>& place = topics_[event.user];
  if (!place) {
    place = std::make_unique<Topic>();
    place->user = event.user;
  }
  Topic& topic = *place;
  const std::uint64_t number = next_++;
  if (topic.first == 0)
    topic.first = number;
  else
    at(topic.last).next = number;
  topic.last = number;
  if (!topic.listeners.empty() && !std::exchange(topic.is_dirty, true)) dirty_.push_back(&topic);
  kept_bytes_ += kept_.emplace_back(std::move(event), is_own, at_time).bytes();
  while (kept_bytes_ > limits_.kept_bytes && !kept_.empty()) forget_oldest();
}

void Feed::forget_oldest() {
  const Kept& oldest = kept_.front();
  const Uuid user = oldest.event.user;
  Topic& topic = *topics_.at(user);
  topic.evicted = oldest_;
  topic.first = oldest.next;
  kept_bytes_ -= oldest.bytes();
  kept_.pop_front();
  ++oldest_;
  drop_if_idle(user, topic);
}

void Feed::drop_if_idle(const Uuid& user, const Topic& topic) {
  if (topic.first != 0 || !topic.listeners.empty()) return;
  if (topic.is_dirty) std::erase(dirty_, &topic);
  topics_.erase(Uuid(user));
}

std::string Feed::place_of(std::uint64_t number) const {
  return fmt::format("{}-{}", name_, number);
}

// Where a listener begins: `seen` is the newest event of its user that it does not get.
Resumed Feed::find(Topic& topic, std::string_view place, std::uint64_t& seen) {
  seen = topic.last;
  if (place.empty()) return Resumed::fresh;
  const Parsed parsed = parse(place, name_);
  if (!parsed.is_place) return Resumed::unknown;
  if (!parsed.is_own) return Resumed::restarted;
  if (parsed.number >= next_) return Resumed::unknown;
  if (parsed.number + 1 < oldest_) return Resumed::expired;
  seen = topic.evicted;
  for (std::uint64_t number = topic.first; number != 0 && number <= parsed.number;
       number = at(number).next)
    seen = number;
  return Resumed::seamless;
}

std::expected<std::unique_ptr<Listener>, Refused> Feed::listen(const Uuid& user,
                                                               std::string_view place) {
  const std::lock_guard lock(mutex_);
  if (listeners_.size() >= limits_.listeners) {
    refused_total_.add();
    return std::unexpected(Refused::too_many);
  }
  std::unique_ptr<Topic>& topic = topics_[user];
  if (!topic) {
    topic = std::make_unique<Topic>();
    topic->user = user;
  }
  if (topic->listeners.size() >= limits_.listeners_per_user) {
    refused_user_.add();
    return std::unexpected(Refused::too_many_of_user);
  }
  std::uint64_t seen = 0;
  const Resumed resumed = find(*topic, place, seen);
  std::unique_ptr<Listener> listener(new Listener(*this, *topic, seen, resumed));
  listener->place_ = resumed == Resumed::seamless ? std::string(place) : place_of(next_ - 1);
  topic->listeners.insert(listener.get());
  listeners_.insert(listener.get());
  listening_.set(static_cast<std::int64_t>(listeners_.size()));
  changed_.notify_one();  // silence is to be counted
  return listener;
}

void Feed::look_up() {
  {
    const std::lock_guard lock(mutex_);
    if (listeners_.empty()) return;
    looks_up_ = true;
  }
  changed_.notify_one();
}

// The next event that the listener has not taken; 0: none. It has missed none.
std::uint64_t Feed::following(const Listener& listener) {
  const Topic& topic = listener.topic_;
  if (topic.last <= listener.seen_) return 0;
  return is_kept(listener.seen_) ? at(listener.seen_).next : topic.first;
}

void Feed::wake(Listener& listener, Woken& woken) {
  if (!listener.waiting_) return;
  woken[listener.executor_].push_back(std::exchange(listener.waiting_, {}));
}

bool Feed::has_work() const {
  return stopping_ || looks_up_ || !dirty_.empty();
}

Feed::Woken Feed::due(TimePoint now) {
  Woken woken;
  for (Topic* topic : std::exchange(dirty_, {})) {
    topic->is_dirty = false;
    for (Listener* listener : topic->listeners) wake(*listener, woken);
  }
  if (std::exchange(looks_up_, false)) {
    for (Listener* listener : listeners_) {
      if (!listener->waiting_) listener->is_nudged_ = true;
      wake(*listener, woken);
    }
  }
  if (now < next_look_) return woken;
  next_look_ = now + std::min(limits_.silence / 4, std::chrono::milliseconds(1'000));
  for (Listener* listener : listeners_) {
    if (!listener->waiting_ || now - listener->told_ < limits_.silence) continue;
    listener->is_silent_ = true;
    wake(*listener, woken);
  }
  return woken;
}

void Feed::serve() {
  pthread_setname_np(pthread_self(), "onggi-feed");
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    const auto has = [this] { return has_work(); };
    if (listeners_.empty())
      changed_.wait(lock, [this] { return has_work() || !listeners_.empty(); });
    else
      changed_.wait_until(lock, next_look_, has);
    Woken woken = due(SteadyClock::now());
    if (woken.empty()) continue;
    lock.unlock();
    std::size_t count = 0;
    for (auto& [executor, waiting] : woken) {
      count += waiting.size();
      resume_some(*executor, std::move(waiting));
    }
    lock.lock();
    const std::chrono::microseconds rest = count * rest_per_listener;
    changed_.wait_for(lock, std::min<std::chrono::microseconds>(rest, longest_rest),
                      [this] { return stopping_; });
  }
}

}  // namespace onggi::feed
