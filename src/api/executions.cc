#include <fmt/format.h>

#include "api/events.h"
#include "api/handlers.h"
#include "api/recording.h"

namespace onggi::api {
namespace {

Task<Answer> list(Call& call, db::Connection& connection, store::ExecutionFilter filter) {
  store::Range range{.after = store::Place::before(store::after_all_times),
                     .limit = call.query.limit};
  if (call.query.cursor) range.after = *call.query.cursor;
  store::Items items =
      co_await call.executions().list(connection, call.user, filter, std::move(range));
  std::optional<store::Total> total;
  if (call.query.wants_count) {
    const store::Total counted = co_await call.executions().count(connection, call.user, filter);
    total = counted;
  }
  co_return Answer{.body = list_body(call, std::move(items), total)};
}

Task<std::optional<store::ExecutionPage>> read_execution(Call& call, Uuid id) {
  std::function<Task<std::optional<store::ExecutionPage>>(db::Connection&)> body =
      [&call, id](db::Connection& connection) {
        return call.executions().read(connection, id, call.user);
      };
  return call.services.database.read_one<std::optional<store::ExecutionPage>>(call.cost,
                                                                              std::move(body));
}

// A search is within a range of time, and leaves the event loop to others.
Result<void> check_search(const Call& call, const store::ExecutionFilter& filter) {
  const bool has_range = call.text("from") || call.text("to");
  if (filter.search && !has_range)
    return invalid("from", "is required (or to): input_data is searched within a range of time");
  return {};
}

}  // namespace

store::ExecutionFilter filter_of(const Call& call, std::optional<Uuid> subject) {
  store::ExecutionFilter filter;
  filter.subject = subject;
  filter.session = call.text("session_id");
  filter.status = call.text("status");
  filter.from = call.time("from").value_or(filter.from);
  filter.to = call.time("to").value_or(filter.to);
  filter.search = call.filter(false);
  return filter;
}

namespace {

// What a recorded or repeated creation answers.
Task<Answer> answer_of(Call& call, db::Connection* connection, model::Execution& execution,
                       store::RecordedExecution recorded) {
  std::optional<store::ExecutionPage> page;
  if (!recorded.is_repeated)
    page = call.executions().page_of(execution, recorded.subject_name);
  else if (connection != nullptr)
    page = co_await call.executions().read(*connection, recorded.id, call.user);
  else
    page = co_await read_execution(call, recorded.id);
  if (!page)
    throw Unavailable("It is being removed at this moment; try again.", "read after write",
                      Cause::collision);
  Answer answer{.status = recorded.is_repeated ? 200 : 201,
                .body = std::move(page->body),
                .version = page->version};
  answer.location = call.resource + '/' + to_string(recorded.id);
  co_return answer;
}

// With others that arrive at the same time.
Task<Result<Answer>> create_among_others(Call& call, store::ExecutionDraft draft) {
  Result<store::RecordedExecution> recorded = co_await call.recording.record(call, draft);
  if (!recorded) co_return std::unexpected(std::move(recorded.error()));
  Answer answer = co_await answer_of(call, nullptr, *draft.record, std::move(*recorded));
  co_return answer;
}

bool goes_with_others(const Call& call) {
  Executor* const executor = Executor::current();
  return call.services.database.is_shared() && !call.idempotency_key && executor != nullptr &&
         executor->reactor() != nullptr;
}

}  // namespace

Task<Result<Answer>> create_execution(Call& call) {
  Result<store::ExecutionDraft> draft = call.executions().draft(*call.body, call.user, call.now);
  if (!draft) co_return std::unexpected(std::move(draft.error()));
  // One whose id somebody else is about to take waits for that: alone.
  if (!draft->request_hash && goes_with_others(call)) {
    Result<Answer> answer = co_await create_among_others(call, std::move(*draft));
    co_return answer;
  }
  auto drafts = std::make_shared<std::vector<store::ExecutionDraft>>();
  drafts->push_back(std::move(*draft));
  const std::shared_ptr<const std::vector<store::ExecutionDraft>> one = std::move(drafts);
  std::function<Task<Result<Answer>>(db::Connection&)> body =
      [&call, one](db::Connection& connection) -> Task<Result<Answer>> {
    std::vector<Result<store::RecordedExecution>> results =
        co_await call.executions().record(connection, one);
    Result<store::RecordedExecution>& result = results.front();
    if (!result) co_return std::unexpected(std::move(result.error()));
    model::Execution& execution = *one->front().record;
    if (!result->is_repeated) announce(call, connection, execution);
    Answer answer = co_await answer_of(call, &connection, execution, std::move(*result));
    co_return answer;
  };
  Result<Answer> answer = co_await write(call, std::move(body));
  co_return answer;
}

Task<Result<Answer>> list_executions(Call& call) {
  const store::ExecutionFilter filter =
      filter_of(call, call.uuid(call.endpoint.query.front().name));
  Result<void> searchable = check_search(call, filter);
  if (!searchable) co_return std::unexpected(std::move(searchable.error()));
  if (filter.search) co_await leave_loop(call);
  std::function<Task<Answer>(db::Connection&)> body = [&call, filter](db::Connection& connection) {
    return list(call, connection, filter);
  };
  Answer answer = co_await read_list(call, std::move(body));
  co_return answer;
}

Task<Result<Answer>> list_executions_of_workflow(Call& call) {
  const store::ExecutionFilter filter = filter_of(call, call.id(0));
  Result<void> searchable = check_search(call, filter);
  if (!searchable) co_return std::unexpected(std::move(searchable.error()));
  if (filter.search) co_await leave_loop(call);
  std::function<Task<Result<Answer>>(db::Connection&)> body =
      [&call, filter](db::Connection& connection) -> Task<Result<Answer>> {
    const bool owned =
        co_await call.services.stores.workflows.is_owned(connection, call.key(0), call.user);
    if (!owned) co_return store::not_found();
    Answer answer = co_await list(call, connection, filter);
    co_return answer;
  };
  Result<Answer> answer =
      co_await call.services.database.read<Result<Answer>>(call.cost, std::move(body));
  co_return answer;
}

Task<Result<Answer>> get_execution(Call& call) {
  std::optional<store::ExecutionPage> page = co_await read_execution(call, call.id(0));
  if (!page) co_return store::not_found();
  co_return Answer{.body = std::move(page->body), .version = page->version};
}

Task<Result<Answer>> patch_execution(Call& call) {
  std::function<Task<Result<Answer>>(db::Connection&)> body =
      [&call](db::Connection& connection) -> Task<Result<Answer>> {
    Result<store::ChangedExecution> page = co_await call.executions().patch(
        connection, call.id(0), call.user, call.body, call.if_match, call.now);
    if (!page) co_return std::unexpected(std::move(page.error()));
    if (page->finished) announce(call, connection, *page->finished);
    co_return Answer{.body = std::move(page->body), .version = page->version};
  };
  return write(call, std::move(body));
}

Task<Result<Answer>> remove_execution(Call& call) {
  std::function<Task<Result<Answer>>(db::Connection&)> body =
      [&call](db::Connection& connection) -> Task<Result<Answer>> {
    Result<void> removed =
        co_await call.executions().remove(connection, call.id(0), call.user, call.if_match);
    if (!removed) co_return std::unexpected(std::move(removed.error()));
    co_return Answer{.status = 204};
  };
  return write(call, std::move(body));
}

Task<Result<Answer>> remove_session(Call& call) {
  const std::string session = call.text("session_id").value_or("");
  std::function<Task<Result<Answer>>(db::Connection&)> body =
      [&call, session](db::Connection& connection) -> Task<Result<Answer>> {
    co_await call.executions().remove_session(connection, call.user, session);
    co_return Answer{.status = 204};
  };
  Result<Answer> answer = co_await write(call, std::move(body));
  co_return answer;
}

Task<Result<Answer>> append_steps(Call& call) {
  Result<std::vector<model::Step>> drafted = store::draft_steps(*call.body, call.now);
  if (!drafted) co_return std::unexpected(std::move(drafted.error()));
  const std::vector<model::Step> steps = std::move(*drafted);
  std::function<Task<Result<Answer>>(db::Connection&)> body =
      [&call, steps](db::Connection& connection) -> Task<Result<Answer>> {
    Result<std::vector<std::string>> documents =
        co_await call.executions().append_steps(connection, call.id(0), call.user, steps, call.now);
    if (!documents) co_return std::unexpected(std::move(documents.error()));
    Answer answer{.status = 201};
    if (call.body->is_array())
      answer.body = fmt::format("{{\"items\":[{}]}}", fmt::join(*documents, ","));
    else
      answer.body = std::move(documents->front());
    co_return answer;
  };
  Result<Answer> answer = co_await write(call, std::move(body));
  co_return answer;
}

}  // namespace onggi::api
