#include "api/recording.h"

#include <algorithm>
#include <utility>

#include "api/endpoint.h"
#include "api/events.h"

namespace onggi::api {
namespace {

constexpr std::size_t group_max = 64;
// The more go together, the less each costs: the next group gathers while one is under way.
constexpr int groups_max = 1;

using Recorded = std::vector<Result<store::RecordedExecution>>;

}  // namespace

struct Recording::Joining {
  Queue& queue;
  Member& member;
  bool await_ready() const { return false; }
  void await_suspend(std::coroutine_handle<> waiting) const {
    member.waiting = waiting;
    queue.waiting.push_back(&member);
  }
  void await_resume() const {}
};

Recording::Queue& Recording::queue_of(const store::Executions& executions) {
  const std::lock_guard lock(mutex_);
  std::unique_ptr<Queue>& queue = queues_[Executor::current()][&executions];
  if (!queue) queue = std::make_unique<Queue>();
  return *queue;
}

Task<Result<store::RecordedExecution>> Recording::record(Call& call, store::ExecutionDraft draft) {
  Queue& queue = queue_of(call.executions());
  Member member{call, std::move(draft)};
  member.leads = queue.groups < groups_max;
  if (member.leads)
    ++queue.groups;
  else
    co_await Joining{queue, member};
  if (member.leads) co_await lead(queue, member);
  if (member.error) std::rethrow_exception(member.error);
  co_return std::move(member.result.value());
}

// The others go on in turns of the loop of their own, whoever leads the next group first.
Task<void> Recording::lead(Queue& queue, Member& first) {
  std::vector<Member*> group{&first};
  while (!queue.waiting.empty() && group.size() < group_max) {
    group.push_back(queue.waiting.front());
    queue.waiting.pop_front();
  }
  co_await write(group);
  Executor& loop = *Executor::current();
  if (queue.waiting.empty()) {
    --queue.groups;
  } else {
    Member* const next = queue.waiting.front();
    queue.waiting.pop_front();
    next->leads = true;
    loop.post([next] { next->waiting.resume(); });
  }
  for (Member* const member : group)
    if (member != &first) loop.post([member] { member->waiting.resume(); });
}

Task<void> Recording::write(const std::vector<Member*>& group) {
  auto all = std::make_shared<std::vector<store::ExecutionDraft>>();
  for (const Member* member : group) all->push_back(member->draft);
  const std::shared_ptr<const std::vector<store::ExecutionDraft>> drafts = std::move(all);
  const Call& leading = group.front()->call;
  std::function<Task<Result<Recorded>>(db::Connection&)> body =
      [&leading, &group, drafts](db::Connection& connection) -> Task<Result<Recorded>> {
    Recorded results = co_await leading.executions().record(connection, drafts);
    for (std::size_t i = 0; i < results.size(); ++i)
      if (results[i] && !results[i]->is_repeated)
        announce(group[i]->call, connection, *group[i]->draft.record);
    co_return results;
  };
  db::Cost cost{.request = leading.cost.request};
  bool is_one_by_one = false;
  try {
    Result<Recorded> results =
        co_await leading.services.database.write<Recorded>(cost, std::move(body));
    for (std::size_t i = 0; i < group.size(); ++i)
      group[i]->result.emplace(std::move((*results)[i]));
  } catch (const Unavailable&) {
    for (Member* const member : group) member->error = std::current_exception();
  } catch (...) {
    is_one_by_one = group.size() > 1;
    if (!is_one_by_one) group.front()->error = std::current_exception();
  }
  if (is_one_by_one) {
    for (Member* const member : group) co_await write_alone(*member);
    co_return;
  }
  for (Member* const member : group) {
    member->call.cost.statements += cost.statements;
    member->call.cost.time += cost.time;
  }
}

Task<void> Recording::write_alone(Member& member) {
  const std::vector<Member*> alone{&member};
  co_await write(alone);
}

}  // namespace onggi::api
