#include "db/postgres/lane.h"

#include <algorithm>
#include <utility>

#include "db/postgres/failure.h"

namespace onggi::db::postgres {
namespace {

// Statements that travel together: more would keep the first ones waiting.
constexpr std::size_t group_max = 32;
constexpr std::chrono::milliseconds sweep_interval{250};
// After so long a group is not slow, it waits for something.
constexpr std::chrono::milliseconds stuck_after{200};

bool is_same(const Param& one, const Param& other) {
  if (one.kind != other.kind) return false;
  switch (one.kind) {
    case Param::Kind::null:
      return true;
    case Param::Kind::integer:
      return one.integer == other.integer;
    case Param::Kind::texts:
      return *one.texts == *other.texts;
    case Param::Kind::text:
    case Param::Kind::blob:
      break;
  }
  return one.bytes == other.bytes;
}

bool is_same(const Query& one, const Query& other) {
  const auto are_same = [](const Param& a, const Param& b) { return is_same(a, b); };
  return &one.prepared == &other.prepared && one.max_bytes == other.max_bytes &&
         one.rows.size() == 1 && other.rows.size() == 1 &&
         std::ranges::equal(one.rows[0].values(), other.rows[0].values(), are_same);
}

bool is_lost(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const Lost&) {
    return true;
  } catch (...) {
    return false;
  }
}

}  // namespace

Unavailable too_many_wait() {
  return {"Too much is waiting for the database; try again later.",
          "too many wait for a connection", Cause::overload};
}

Unavailable waited_too_long() {
  return {"The database is busy; try again later.", "no connection came free in time",
          Cause::connection_timeout};
}

Unavailable waited_to_connect() {
  return {"The database cannot be reached; try again later.", "no connection was made in time",
          Cause::away};
}

Lane::Lane(Executor& executor, Reactor& reactor, Connector& connector, Observations& observations,
           Bounds bounds)
    : reactor_(reactor),
      connector_(connector),
      observations_(observations),
      bounds_(bounds),
      mailbox_(std::make_shared<Mailbox>()),
      sweep_alarm_(reactor.alarm()),
      slow_max_(std::max<std::size_t>(1, bounds.exclusive / 2)) {
  mailbox_->executor = &executor;
}

Lane::~Lane() {
  const std::lock_guard lock(mailbox_->mutex);
  mailbox_->executor = nullptr;
}

void Lane::ask_for(Use use) {
  connector_.connect_later([this, use, mailbox = mailbox_](Connector::Attempt attempt) mutable {
    const std::lock_guard lock(mailbox->mutex);
    if (mailbox->executor == nullptr) return;
    mailbox->executor->post([this, use, mailbox, attempt = std::move(attempt)]() mutable {
      {
        const std::lock_guard inner(mailbox->mutex);
        if (mailbox->executor == nullptr) return;
      }
      arrived(use, std::move(attempt));
    });
  });
}

void Lane::arrived(Use use, Connector::Attempt connection) {
  const std::exception_ptr error =
      connection ? nullptr : std::make_exception_ptr(unreachable(connection.error()));
  if (use == Use::quick) {
    --quick_coming_;
    if (error) {
      if (quick_.empty()) fail_queue(error);
    } else {
      Shared& shared = *quick_.emplace_back(std::make_unique<Shared>());
      shared.wire = std::make_unique<Wire>(std::move(*connection), &reactor_);
      shared.wire->on_ready([this, &shared] { answered(shared); });
      dispatch();
    }
  } else {
    --exclusive_coming_;
    if (error) {
      --exclusive_open_;
      // Those that are coming as well will fare no better; those in use come back. To ask for
      // another at once would be to ask without end.
      if (exclusive_open_ == exclusive_coming_)
        fail_waiting(error);
      else
        sweep_later();
    } else {
      idle_.push_back(std::make_unique<Wire>(std::move(*connection), &reactor_));
      serve_waiting();
    }
  }
  resume_finished();
}

// --- the quick lane ------------------------------------------------------------------------------

Task<void> Lane::run(Query& query) {
  struct Joining {
    Lane& lane;
    Pending& pending;
    bool await_ready() const { return false; }
    void await_suspend(std::coroutine_handle<> waiting) const {
      pending.waiting = waiting;
      lane.queue_.push_back(&pending);
      lane.dispatch();
      lane.resume_finished();
    }
    void await_resume() const {}
  };
  Pending pending{&query, {}, Clock::now()};
  co_await Joining{*this, pending};
}

void Lane::dispatch() {
  for (std::size_t i = 0; i < quick_.size() && !queue_.empty();) {
    Shared& shared = *quick_[i];
    if (shared.group.empty()) send_group(shared);
    if (shared.wire->is_broken()) {
      end_group(shared);
      i = 0;
    } else {
      ++i;
    }
  }
  if (queue_.empty()) return;
  if (quick_.size() + quick_coming_ < bounds_.quick) {
    ++quick_coming_;
    ask_for(Use::quick);
  }
  sweep_later();
}

Lane::Pending* Lane::same_in(const Shared& shared, const Query& query) {
  const auto same = std::ranges::find_if(shared.group, [&](const Pending* sent) {
    return sent->same == nullptr && is_same(*sent->query, query);
  });
  return same != shared.group.end() ? *same : nullptr;
}

void Lane::send_group(Shared& shared) {
  std::size_t sent = 0;  // who shares another's costs the connection nothing
  for (auto next = queue_.begin(); next != queue_.end() && sent < group_max;) {
    Pending* const pending = *next;
    pending->same = same_in(shared, *pending->query);
    const auto is_elsewhere = [&](const auto& other) {
      return other.get() != &shared && same_in(*other, *pending->query) != nullptr;
    };
    if (pending->same == nullptr && std::ranges::any_of(quick_, is_elsewhere)) {
      ++next;
      continue;
    }
    next = queue_.erase(next);
    try {
      if (pending->same == nullptr) {
        shared.wire->send(*pending->query);
        ++sent;
      } else {
        observations_.shared.add();
      }
      shared.group.push_back(pending);
    } catch (...) {
      pending->query->error = std::current_exception();
      finished_.push_back(pending->waiting);
    }
  }
  if (shared.group.empty()) return;
  shared.wire->sync();
  shared.wire->watch_for_answers();
  sweep_later();
}

void Lane::answered(Shared& shared) {
  if (shared.group.empty()) {
    // Nothing was asked: the server has closed the connection.
    if (!shared.wire->is_quiet() || !shared.wire->take()) return;
  } else if (!shared.wire->take() && shared.wire->watch_for_answers()) {
    return;
  }
  end_group(shared);
  dispatch();
  resume_finished();
}

// What was passed over because of another, or was on a connection that is gone, runs once more.
void Lane::end_group(Shared& shared) {
  std::vector<Pending*> again;
  for (Pending* const pending : shared.group) {
    if (pending->same == nullptr) continue;
    const Query& answered = *pending->same->query;
    pending->query->result = answered.result;
    pending->query->changed = answered.changed;
    pending->query->error = answered.error;
    pending->query->sent = answered.sent;
  }
  for (Pending* const pending : std::exchange(shared.group, {})) {
    Query& query = *pending->query;
    if (query.error && !pending->is_again && is_lost(query.error)) {
      pending->is_again = true;
      observations_.retries.connection_lost.add();
      query.begin_again();
      again.push_back(pending);
    } else {
      finished_.push_back(pending->waiting);
    }
  }
  queue_.insert(queue_.begin(), again.begin(), again.end());
  if (!shared.wire->is_broken()) return;
  // Where one is gone the others may be: those that are idle are not tried. One of them may be in
  // the middle of a call that has led here.
  std::erase_if(quick_, [&](std::unique_ptr<Shared>& one) {
    const bool goes = one.get() == &shared || one->group.empty();
    if (goes) dropped_.push_back(std::move(one));
    connector_.note_gone(goes ? 1 : 0);
    return goes;
  });
  sweep_later();
  drop_idle();
}

void Lane::fail_queue(const std::exception_ptr& error) {
  for (Pending* const pending : std::exchange(queue_, {})) {
    pending->query->error = error;
    finished_.push_back(pending->waiting);
  }
}

// Whoever goes on may ask for more at once.
void Lane::resume_finished() {
  if (is_resuming_) return;
  is_resuming_ = true;
  while (!finished_.empty()) {
    for (const std::coroutine_handle<> waiting : std::exchange(finished_, {})) waiting.resume();
  }
  is_resuming_ = false;
}

// --- connections of one user at a time -----------------------------------------------------------

Task<std::unique_ptr<Wire>> Lane::take() {
  struct Coming {
    Lane& lane;
    Waiting& waiting;
    bool await_ready() const { return false; }
    void await_suspend(std::coroutine_handle<> handle) const {
      waiting.waiting = handle;
      lane.waiting_.push_back(&waiting);
      lane.serve_waiting();
      lane.resume_finished();
    }
    void await_resume() const {}
  };
  while (!idle_.empty()) {
    std::unique_ptr<Wire> wire = std::move(idle_.back());
    idle_.pop_back();
    busy_.push_back(wire.get());
    sweep_later();  // which sees to it that the answer comes in time
    co_return wire;
  }
  if (waiting_.size() >= bounds_.waiting) throw too_many_wait();
  Waiting waiting{{}, Clock::now(), nullptr, nullptr};
  co_await Coming{*this, waiting};
  if (waiting.error) std::rethrow_exception(waiting.error);
  co_return std::move(waiting.wire);
}

void Lane::serve_waiting() {
  while (!waiting_.empty() && !idle_.empty()) {
    Waiting* const first = waiting_.front();
    waiting_.pop_front();
    first->wire = std::move(idle_.back());
    idle_.pop_back();
    busy_.push_back(first->wire.get());
    finished_.push_back(first->waiting);
  }
  while (waiting_.size() > exclusive_coming_ && exclusive_open_ < bounds_.exclusive) {
    ++exclusive_open_;
    ++exclusive_coming_;
    ask_for(Use::exclusive);
  }
  if (!waiting_.empty()) sweep_later();
}

void Lane::give_back(std::unique_ptr<Wire> wire) {
  if (wire) std::erase(busy_, wire.get());
  if (wire && !wire->is_broken()) {
    idle_.push_back(std::move(wire));
  } else {
    --exclusive_open_;
    connector_.note_gone(wire ? 1 : 0);
    wire.reset();
  }
  serve_waiting();
  resume_finished_later();
}

// Whoever has led here goes on first.
void Lane::resume_finished_later() {
  if (finished_.empty() || is_resuming_) return;
  const std::lock_guard lock(mailbox_->mutex);
  mailbox_->executor->post([this] { resume_finished(); });
}

Task<void> Lane::enter_slow() {
  struct Entering {
    Lane& lane;
    Waiting& waiting;
    bool await_ready() const { return false; }
    void await_suspend(std::coroutine_handle<> handle) const {
      waiting.waiting = handle;
      lane.slow_waiting_.push_back(&waiting);
      lane.sweep_later();
    }
    void await_resume() const {}
  };
  if (slow_ < slow_max_) {
    ++slow_;
    co_return;
  }
  if (slow_waiting_.size() >= bounds_.waiting) throw too_many_wait();
  Waiting waiting{{}, Clock::now(), nullptr, nullptr};
  co_await Entering{*this, waiting};
  if (waiting.error) std::rethrow_exception(waiting.error);
}

// The place goes to whoever waits for it.
void Lane::leave_slow() {
  if (slow_waiting_.empty()) {
    --slow_;
    return;
  }
  finished_.push_back(slow_waiting_.front()->waiting);
  slow_waiting_.pop_front();
  resume_finished_later();
}

void Lane::fail_waiting(const std::exception_ptr& error) {
  for (Waiting* const waiting : std::exchange(waiting_, {})) {
    waiting->error = error;
    finished_.push_back(waiting->waiting);
  }
}

void Lane::drop_idle() {
  exclusive_open_ -= idle_.size();
  connector_.note_gone(idle_.size());
  idle_.clear();
}

void Lane::drop_idle_later() {
  const std::lock_guard lock(mailbox_->mutex);
  mailbox_->executor->post([this] { drop_idle(); });
}

void Lane::give_up_later() {
  const std::lock_guard lock(mailbox_->mutex);
  mailbox_->executor->post([this] {
    const std::string why = "the server is stopping";
    const std::exception_ptr error =
        std::make_exception_ptr(Unavailable("The server is stopping.", why, Cause::stopping));
    fail_queue(error);
    fail_waiting(error);
    for (Waiting* const waiting : std::exchange(slow_waiting_, {})) {
      waiting->error = error;
      finished_.push_back(waiting->waiting);
    }
    std::vector<Shared*> shared;
    for (const std::unique_ptr<Shared>& one : quick_) shared.push_back(one.get());
    for (Shared* const one : shared) one->wire->give_up(why);
    for (Wire* const wire : std::vector(busy_)) wire->give_up(why);
    resume_finished();
  });
}

// --- time ----------------------------------------------------------------------------------------

Task<void> Lane::pause(std::chrono::milliseconds delay) {
  struct Pausing {
    Reactor::Alarm& alarm;
    std::chrono::milliseconds delay;
    bool await_ready() const { return false; }
    void await_suspend(std::coroutine_handle<> waiting) const {
      alarm.set(delay, [waiting] { waiting.resume(); });
    }
    void await_resume() const {}
  };
  const std::unique_ptr<Reactor::Alarm> alarm = reactor_.alarm();
  co_await Pausing{*alarm, delay};
}

void Lane::sweep_later() {
  if (sweep_due_) return;
  sweep_due_ = true;
  sweep_alarm_->set(sweep_interval, [this] { sweep(); });
}

void Lane::refuse_late(std::deque<Waiting*>& waiting, Clock::time_point came_too_early,
                       const Unavailable& why) {
  while (!waiting.empty() && waiting.front()->since < came_too_early) {
    waiting.front()->error = std::make_exception_ptr(why);
    finished_.push_back(waiting.front()->waiting);
    waiting.pop_front();
  }
}

// A statement that waits for a lock, or that nobody knew to be slow, stands in front of others: it
// goes on on a connection of its own, the others on another that they share.
void Lane::cut_stuck(Clock::time_point now) {
  std::vector<Shared*> stuck;
  for (const std::unique_ptr<Shared>& shared : quick_)
    if (!shared->group.empty() && shared->wire->waiting_since() < now - stuck_after)
      stuck.push_back(shared.get());
  for (Shared* const shared : stuck) shared->wire->give_up_stuck();
}

void Lane::sweep() {
  sweep_due_ = false;
  dropped_.clear();
  const Clock::time_point now = Clock::now();
  const Clock::time_point asked_too_early = now - bounds_.patience;
  for (Wire* const wire : std::vector(busy_))
    if (wire->waiting_since() < asked_too_early) wire->give_up_late();
  cut_stuck(now);
  const Clock::time_point came_too_early = now - longest_wait;
  const bool has_any = exclusive_open_ > exclusive_coming_;
  refuse_late(waiting_, came_too_early, has_any ? waited_too_long() : waited_to_connect());
  refuse_late(slow_waiting_, came_too_early, waited_too_long());
  serve_waiting();
  while (!queue_.empty() && queue_.front()->since < came_too_early) {
    Pending* const first = queue_.front();
    queue_.pop_front();
    first->query->error =
        std::make_exception_ptr(quick_.empty() ? waited_to_connect() : waited_too_long());
    finished_.push_back(first->waiting);
  }
  if (!queue_.empty() || !waiting_.empty() || !slow_waiting_.empty() || !busy_.empty() ||
      std::ranges::any_of(quick_, [](const auto& one) { return !one->group.empty(); }))
    sweep_later();
  dispatch();
  serve_waiting();
  resume_finished();
}

}  // namespace onggi::db::postgres
