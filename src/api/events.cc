// GET /events: what happens to the caller's own objects, as Server-Sent Events.
#include "api/events.h"

#include <array>

#include <fmt/format.h>

#include "api/handlers.h"
#include "model/encode.h"

namespace onggi::api {
namespace {

constexpr std::size_t events_piece_bytes = 64 * 1024;
constexpr int reconnect_after_ms = 2'000;

std::string_view reason_of(feed::Resumed resumed) {
  switch (resumed) {
    case feed::Resumed::expired:
      return "expired";
    case feed::Resumed::restarted:
      return "restarted";
    case feed::Resumed::unknown:
      return "unknown";
    default:
      return {};
  }
}

// Says where the stream begins, and whether something may be missing before it.
std::string opening_of(const feed::Listener& listener) {
  std::string opening = fmt::format("retry: {}\nid: {}\n", reconnect_after_ms, listener.place());
  const std::string_view reason = reason_of(listener.resumed());
  if (!reason.empty())
    fmt::format_to(std::back_inserter(opening),
                   "event: reset\n"
                   "data: {{\"detail\":\"Events may have been missed; read the lists "
                   "again.\",\"reason\":\"{}\"}}\n",
                   reason);
  return opening + '\n';
}

// Lives for hours: holds neither the request nor anything of the store, and asks anew whether its
// key is good whenever keys or roles have changed.
class EventStream final : public http::BodyStream {
 public:
  EventStream(const Call& call, std::unique_ptr<feed::Listener> listener)
      : authenticator_(call.services.authenticator),
        credential_(call.credential),
        user_(call.user),
        request_(call.request.id),
        listener_(std::move(listener)),
        opening_(opening_of(*listener_)) {}

  bool is_live() const override { return true; }
  void end(End reason) override { listener_->end(reason == End::client_stalled); }

  Task<std::string> next() override {
    std::string piece = std::exchange(opening_, {});
    for (;;) {
      const bool allowed = co_await may_listen();
      if (!allowed) co_return std::string();
      const feed::Listener::State state = listener_->take(piece, events_piece_bytes);
      if (state == feed::Listener::State::over) co_return std::string();
      if (!piece.empty()) co_return piece;
      co_await listener_->news();
    }
  }

 private:
  Task<bool> may_listen() {
    const std::uint64_t generation = authenticator_.generation();
    if (generation == checked_ || !credential_) co_return true;
    db::Cost cost{.request = request_};
    const std::optional<store::Principal> caller =
        co_await authenticator_.by_hash(cost, *credential_);
    if (!caller) co_return false;
    if (caller->user_id != user_) {
      if (!caller->is_admin()) co_return false;
      const std::optional<model::Role> role = co_await authenticator_.role(cost, user_);
      if (!role) co_return false;
    }
    checked_ = generation;
    co_return true;
  }

  auth::Authenticator& authenticator_;
  const std::optional<Sha256> credential_;  // none: over the control socket
  const Uuid user_;
  const std::string request_;
  const std::unique_ptr<feed::Listener> listener_;
  std::string opening_;
  std::optional<std::uint64_t> checked_;  // generation of keys and roles
};

}  // namespace

feed::Event event_of(const Call& call, model::Execution& execution) {
  const bool is_of_agent = call.executions().kind() == store::Executions::Kind::agent;
  const bool is_running = execution.status == model::Status::running;
  constexpr std::array names{"workflow_execution.finished", "workflow_execution.started",
                             "execution.finished", "execution.started"};
  return {.name = names[(is_of_agent ? 2u : 0u) + (is_running ? 1u : 0u)],
          .user = execution.user_id,
          .data = model::to_json(is_of_agent ? model::agent_execution_event_shape
                                             : model::workflow_execution_event_shape,
                                 execution)};
}

void announce(const Call& call, db::Connection& connection, model::Execution& execution) {
  std::vector<feed::Event> events;
  events.push_back(event_of(call, execution));
  connection.after_commit([&feed = call.services.feed, events = std::move(events)]() mutable {
    feed.publish(std::move(events));
  });
}

void announce(const Call& call, db::Connection& connection,
              std::shared_ptr<std::vector<feed::Event>> events, std::vector<std::size_t> indices) {
  connection.after_commit(
      [&feed = call.services.feed, events = std::move(events), indices = std::move(indices)] {
        std::vector<feed::Event> chosen;
        chosen.reserve(indices.size());
        for (const std::size_t i : indices) chosen.push_back(std::move((*events)[i]));
        feed.publish(std::move(chosen));
      });
}

Task<Result<Answer>> listen_to_events(Call& call) {
  auto listener = call.services.feed.listen(
      call.user, call.request.header("Last-Event-ID").value_or(std::string_view()));
  if (!listener && listener.error() == feed::Refused::too_many_of_user)
    co_return fail(Code::too_many_requests, "This user has too many event streams open.");
  if (!listener) co_return fail(Code::unavailable, "Too many event streams are open.");
  Answer answer{.content_type = "text/event-stream"};
  // Neither a cache nor a proxy is to hold anything back.
  answer.headers = {{"Cache-Control", "no-store"}, {"X-Accel-Buffering", "no"}};
  answer.stream = std::make_unique<EventStream>(call, std::move(*listener));
  co_return answer;
}

}  // namespace onggi::api
