// POST /executions/batch: up to 10,000 whole executions in one durable write, each for itself.
#include <boost/json/monotonic_resource.hpp>
#include <fmt/format.h>

#include "api/events.h"
#include "api/handlers.h"
#include "api/lines.h"
#include "api/problem.h"
#include "api/request.h"

namespace onggi::api {
namespace {

constexpr std::size_t batch_max = 10'000;

// Where the items' errors stand until the others have been written: one of the two is set for each
// item.
struct Item {
  std::optional<Error> error;
  std::size_t draft = 0;
};

struct Batch {
  std::vector<Item> items;
  std::vector<store::ExecutionDraft> drafts;
};

void take(const Call& call, Result<json::Value> value, Batch& batch) {
  Item& item = batch.items.emplace_back();
  if (!value) {
    item.error = std::move(value.error());
    return;
  }
  Result<store::ExecutionDraft> draft = call.executions().draft(*value, call.user, call.now);
  if (!draft) {
    item.error = std::move(draft.error());
    return;
  }
  item.draft = batch.drafts.size();
  batch.drafts.push_back(std::move(*draft));
}

Result<void> check_size(std::size_t count) {
  if (count > batch_max) return invalid("", fmt::format("must have at most {} items", batch_max));
  return {};
}

Result<Batch> take_texts(const Call& call, const std::vector<std::string_view>& texts) {
  auto fits = check_size(texts.size());
  if (!fits) return std::unexpected(std::move(fits.error()));
  Batch batch;
  for (const std::string_view text : texts) {
    boost::json::monotonic_resource memory;
    take(call, json::parse(text, &memory), batch);
  }
  return batch;
}

// An array that is JSON but for values that we refuse (a duplicate member, a number out of range)
// is taken element by element, so that only those elements are refused.
Result<Batch> take_array(const Call& call) {
  boost::json::monotonic_resource memory;
  const Result<json::Value> whole = json::parse(call.request.body, &memory, json::max_depth + 1);
  if (!whole && whole.error().code != Code::invalid) return std::unexpected(whole.error());
  if (!whole) return take_texts(call, split_array(call.request.body));
  const json::Array* array = whole->if_array();
  if (array == nullptr) return invalid("", "must be an array of executions");
  auto fits = check_size(array->size());
  if (!fits) return std::unexpected(std::move(fits.error()));
  Batch batch;
  for (const json::Value& value : *array) take(call, value, batch);
  return batch;
}

void append_item(const Result<store::RecordedExecution>& result, std::string_view request_id,
                 std::string& out) {
  if (result) {
    fmt::format_to(std::back_inserter(out), "{{\"status\":{},\"id\":\"{}\"}}",
                   result->is_repeated ? 200 : 201, to_string(result->id));
    return;
  }
  // An item has no syntax of its own: what cannot be read is an item that is not valid.
  const Error& error = result.error();
  const int status =
      error.code == Code::malformed ? status_of(Code::invalid) : status_of(error.code);
  fmt::format_to(std::back_inserter(out), "{{\"status\":{},\"error\":", status);
  append_problem(status, error.detail, request_id, error.errors, out);
  out += '}';
}

std::string answer_body(const std::vector<Item>& items,
                        const std::vector<Result<store::RecordedExecution>>& results,
                        std::string_view request_id) {
  std::string body = "{\"items\":[";
  for (const Item& item : items) {
    if (&item != items.data()) body += ',';
    if (item.error)
      append_item(std::unexpected(*item.error), request_id, body);
    else
      append_item(results[item.draft], request_id, body);
  }
  body += "]}";
  return body;
}

// Made before the transaction, so that the writer only hands them over.
std::vector<feed::Event> events_of(const Call& call,
                                   const std::vector<store::ExecutionDraft>& drafts) {
  std::vector<feed::Event> events;
  events.reserve(drafts.size());
  for (const store::ExecutionDraft& draft : drafts) events.push_back(event_of(call, *draft.record));
  return events;
}

std::vector<std::size_t> new_ones(const std::vector<Result<store::RecordedExecution>>& results) {
  std::vector<std::size_t> indices;
  indices.reserve(results.size());
  for (std::size_t i = 0; i < results.size(); ++i)
    if (results[i] && !results[i]->is_repeated) indices.push_back(i);
  return indices;
}

}  // namespace

Task<Result<Answer>> create_executions(Call& call) {
  Result<Batch> batch = is_ndjson(call.request.header("Content-Type").value_or(""))
                            ? take_texts(call, split_lines(call.request.body))
                            : take_array(call);
  if (!batch) co_return std::unexpected(std::move(batch.error()));
  const auto items = std::make_shared<const std::vector<Item>>(std::move(batch->items));
  const auto drafts =
      std::make_shared<const std::vector<store::ExecutionDraft>>(std::move(batch->drafts));
  const auto events = std::make_shared<std::vector<feed::Event>>(events_of(call, *drafts));
  std::function<Task<Result<Answer>>(db::Connection&)> body =
      [&call, items, drafts, events](db::Connection& connection) -> Task<Result<Answer>> {
    const std::vector<Result<store::RecordedExecution>> results =
        co_await call.executions().record(connection, drafts);
    announce(call, connection, events, new_ones(results));
    co_return Answer{.body = answer_body(*items, results, call.request.id)};
  };
  Result<Answer> answer = co_await write(call, std::move(body));
  co_return answer;
}

}  // namespace onggi::api
