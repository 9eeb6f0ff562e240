#include "store/executions.h"

#include <algorithm>

#include <fmt/format.h>

#include "model/decode.h"
#include "model/encode.h"
#include "sql/catalogue.h"
#include "store/binding.h"
#include "store/contribution.h"

namespace onggi::store {

struct ExecutionStatements {
  const db::Statement &insert, &update, &find, &get, &subject, &head, &touch, &remove,
      &remove_session, &remove_session_steps, &insert_step, &remove_steps, &note;
  const db::Statement &list, &list_of, &list_session, &count, &count_of, &count_session,
      &export_all, &search;
  std::string_view name_member;
};

namespace {

using model::Execution;

const ExecutionStatements agent_statements{
    sql::executions_insert_agent,
    sql::executions_update_agent,
    sql::executions_find_agent,
    sql::executions_get_agent,
    sql::executions_subject_agent,
    sql::executions_head_agent,
    sql::executions_touch_agent,
    sql::executions_remove_agent,
    sql::executions_remove_session_agent,
    sql::executions_remove_session_steps_agent,
    sql::executions_insert_step_agent,
    sql::executions_remove_steps_agent,
    sql::statistics_note_agent,
    sql::executions_list_agent,
    sql::executions_list_of_agent,
    sql::executions_list_session_agent,
    sql::executions_count_agent,
    sql::executions_count_of_agent,
    sql::executions_count_session_agent,
    sql::executions_export_agent,
    sql::search_agent_execution_with_terms,
    "agent_name",
};
const ExecutionStatements workflow_statements{
    sql::executions_insert_workflow,
    sql::executions_update_workflow,
    sql::executions_find_workflow,
    sql::executions_get_workflow,
    sql::executions_subject_workflow,
    sql::executions_head_workflow,
    sql::executions_touch_workflow,
    sql::executions_remove_workflow,
    sql::executions_remove_session_workflow,
    sql::executions_remove_session_steps_workflow,
    sql::executions_insert_step_workflow,
    sql::executions_remove_steps_workflow,
    sql::statistics_note_workflow,
    sql::executions_list_workflow,
    sql::executions_list_of_workflow,
    sql::executions_list_session_workflow,
    sql::executions_count_workflow,
    sql::executions_count_of_workflow,
    sql::executions_count_session_workflow,
    sql::executions_export_workflow,
    sql::search_workflow_execution_with_terms,
    "workflow_name",
};

// {"id":...} with ,"agent_name":"..." before its brace, and the brace left off.
void append_open(std::string_view document, std::string_view name_member,
                 std::optional<std::string_view> name, std::string& out) {
  out += document.substr(0, document.size() - 1);
  out += ",\"";
  out += name_member;
  out += "\":";
  if (name)
    json::append_quoted(*name, out);
  else
    out += "null";
}

void append_whole(std::string_view document, std::string_view name_member,
                  std::optional<std::string_view> name, std::string_view context,
                  std::string_view steps, std::string& out) {
  append_open(document, name_member, name, out);
  out += ",\"execution_context\":";
  out += context;
  out += ",\"steps\":[";
  out += steps;
  out += "]}";
}

bool same_steps(Execution& before, Execution& after) {
  return std::ranges::equal(before.steps, after.steps, [](model::Step& left, model::Step& right) {
    return model::to_json(model::step_shape, left) == model::to_json(model::step_shape, right);
  });
}

// The ids that a range of time can hold, the upper one not included: an id carries started_at, give
// or take.
struct IdRange {
  Uuid least;
  Uuid above;
};

IdRange ids_between(Time from, Time to) {
  return {Uuid::least_of(Time{from.ms - id_drift_max_ms}),
          Uuid::least_of(Time{to.ms + id_drift_max_ms + 1})};
}

// `ids` is what the parameters point into.
db::Params list_params(const Uuid& owner, const ExecutionFilter& filter, const Place& after,
                       std::int64_t limit, const IdRange& ids) {
  db::Params params = db::Params::of(owner, after.time);
  params.add_blob(after.key)
      .add(limit)
      .add(filter.from)
      .add(filter.status)
      .add(filter.subject)
      .add(filter.session)
      .add(ids.least)
      .add(ids.above);
  return params;
}

db::Params step_params(const Uuid& execution, const model::Step& step,
                       const std::string& document) {
  db::Params params = db::Params::of(execution, step.step_number, document);
  params.add(model::step_type_names[static_cast<std::size_t>(step.step_type)])
      .add(step.content)
      .add(step.step_metadata.text)
      .add(step.timestamp);
  return params;
}

// `removed`: what each of them counted for.
Task<void> note_removed(db::Connection& connection, const db::Statement& note,
                        const db::Rows& removed, const Uuid& owner) {
  Changes changes(note);
  for (const db::Row row : removed) changes.remove(Contribution::of(row, 0, owner));
  co_await changes.write(connection);
}

const db::Statement& choose(const ExecutionFilter& filter, const db::Statement& all,
                            const db::Statement& of, const db::Statement& session) {
  return filter.session ? session : filter.subject ? of : all;
}

}  // namespace

std::string item_document(const model::Shape& shape, Execution& execution) {
  std::string document = "{";
  model::append_members(shape, execution, model::View::item, document);
  const bool is_estimated = !execution.given.cost_usd && execution.metrics.cost_usd.nanos != 0;
  document += is_estimated ? R"(,"cost_is_estimated":true})" : "}";
  return document;
}

Executions::Executions(Kind kind, ExecutionRules rules)
    : kind_(kind),
      rules_(rules),
      shape_(kind == Kind::agent ? model::agent_execution_shape : model::workflow_execution_shape),
      sql_(kind == Kind::agent ? agent_statements : workflow_statements) {}

std::string_view Executions::name_member() const {
  return sql_.name_member;
}

std::unexpected<Error> Executions::no_subject(const std::string& pointer) const {
  const bool is_agent = kind_ == Kind::agent;
  return invalid(pointer + (is_agent ? "/agent_id" : "/workflow_id"),
                 is_agent ? "there is no such agent" : "there is no such workflow");
}

Task<Executions::Subjects> Executions::known_subjects(
    db::Connection& connection, const std::vector<ExecutionDraft>& drafts) const {
  Subjects known;
  std::vector<db::Params> asked;
  for (const ExecutionDraft& draft : drafts) {
    const Execution& execution = *draft.record;
    if (known.emplace(std::pair(execution.user_id, execution.subject_id), std::nullopt).second)
      asked.push_back(db::Params::of(execution.subject_id, execution.user_id));
  }
  const db::Rows found = co_await connection.many_each(sql_.subject, std::move(asked));
  for (const db::Row row : found) {
    Subject subject{std::string(row.text(1)), std::nullopt};
    if (!row.is_null(3)) subject.price = Price{row.integer(3), row.integer(4)};
    known[{row.uuid(2), row.uuid(0)}] = std::move(subject);
  }
  co_return known;
}

Task<bool> Executions::is_known_subject(db::Connection& connection, Uuid subject,
                                        Uuid owner) const {
  const db::Rows found = co_await connection.many(sql_.subject, db::Params::of(subject, owner));
  co_return !found.empty();
}

Task<std::vector<Result<RecordedExecution>>> Executions::record(
    db::Connection& connection, std::shared_ptr<const std::vector<ExecutionDraft>> drafts) const {
  const Subjects known = co_await known_subjects(connection, *drafts);
  std::vector<Result<RecordedExecution>> results;
  results.reserve(drafts->size());
  for (const ExecutionDraft& draft : *drafts)
    results.emplace_back(RecordedExecution{draft.record->id});
  TakenIds taken = co_await taken_ids(connection, *drafts);
  std::vector<std::size_t> fresh = tell_apart(*drafts, taken, results);
  // A repetition is one even when its agent has gone since; only what is new needs it.
  std::erase_if(fresh, [&](std::size_t i) {
    Execution& execution = *(*drafts)[i].record;
    const std::optional<Subject>& subject =
        known.at(std::pair(execution.user_id, execution.subject_id));
    if (!subject) {
      results[i] = no_subject();
      return true;
    }
    results[i]->subject_name = subject->name;
    if (!execution.given.cost_usd)
      execution.metrics.cost_usd =
          subject->price ? subject->price->of(execution.metrics) : model::Money{};
    return false;
  });
  // One order for everybody: two batches that share ids would otherwise wait for each other.
  std::ranges::sort(fresh, {}, [&](std::size_t i) { return (*drafts)[i].record->id; });
  co_await insert(connection, *drafts, fresh);
  co_await insert_steps(connection, *drafts, fresh);
  co_return results;
}

// Of the ids that clients brought, those that are there already.
Task<Executions::TakenIds> Executions::taken_ids(db::Connection& connection,
                                                 const std::vector<ExecutionDraft>& drafts) const {
  std::vector<db::Params> asked;
  for (std::size_t i = 0; i < drafts.size(); ++i)
    if (drafts[i].request_hash) asked.push_back(db::Params::of(drafts[i].record->id));
  const db::Rows found = co_await connection.many_each(sql_.find, std::move(asked));
  TakenIds taken;
  for (const db::Row row : found)
    taken[row.uuid(2)] = {row.uuid(0), std::string(row.maybe_text(1).value_or(""))};
  co_return taken;
}

// Repetitions and conflicts go into `results`; what is left is to be written. An id may also stand
// twice in the same request.
std::vector<std::size_t> Executions::tell_apart(const std::vector<ExecutionDraft>& drafts,
                                                TakenIds& taken,
                                                std::vector<Result<RecordedExecution>>& results) {
  std::vector<std::size_t> fresh;
  for (std::size_t i = 0; i < drafts.size(); ++i) {
    if (!drafts[i].request_hash) {
      fresh.push_back(i);
      continue;
    }
    const std::string_view hash = view(*drafts[i].request_hash);
    const Uuid& owner = drafts[i].record->user_id;
    const auto [there, is_new] = taken.try_emplace(drafts[i].record->id, owner, std::string(hash));
    if (is_new)
      fresh.push_back(i);
    else if (there->second.first == owner && there->second.second == hash)
      results[i]->is_repeated = true;
    else
      results[i] = fail(Code::conflict, "An execution with this id exists already.");
  }
  return fresh;
}

Task<void> Executions::insert(db::Connection& connection, const std::vector<ExecutionDraft>& drafts,
                              const std::vector<std::size_t>& of) const {
  std::vector<std::string> documents;
  documents.reserve(of.size());
  std::vector<db::Params> rows;
  rows.reserve(of.size());
  for (const std::size_t i : of) {
    documents.push_back(item_document(shape_, *drafts[i].record));
    db::Params params;
    bind(shape_, *drafts[i].record, params);
    if (drafts[i].request_hash)
      params.add_blob(view(*drafts[i].request_hash));
    else
      params.add(std::nullopt);
    params.add(documents.back()).add(drafts[i].record->given.bits());
    rows.push_back(std::move(params));
  }
  co_await connection.send_each(sql_.insert, std::move(rows));
  Changes changes(sql_.note);
  for (const std::size_t i : of) changes.add(Contribution::of(*drafts[i].record));
  co_await changes.write(connection);
}

Task<void> Executions::insert_steps(db::Connection& connection,
                                    const std::vector<ExecutionDraft>& drafts,
                                    const std::vector<std::size_t>& of) const {
  std::size_t count = 0;
  for (const std::size_t i : of) count += drafts[i].record->steps.size();
  std::vector<std::string> documents;
  documents.reserve(count);
  std::vector<db::Params> rows;
  rows.reserve(count);
  for (const std::size_t i : of)
    for (model::Step& step : drafts[i].record->steps) {
      documents.push_back(model::to_json(model::step_shape, step));
      rows.push_back(step_params(drafts[i].record->id, step, documents.back()));
    }
  co_await connection.send_each(sql_.insert_step, std::move(rows));
}

ExecutionPage Executions::page_of(Execution& execution,
                                  const std::optional<std::string>& subject_name) const {
  std::vector<std::pair<std::int64_t, std::string>> steps;
  for (model::Step& step : execution.steps)
    steps.emplace_back(step.step_number, model::to_json(model::step_shape, step));
  std::ranges::sort(steps);
  std::string joined;
  for (const auto& [number, document] : steps) {
    if (!joined.empty()) joined += ',';
    joined += document;
  }
  ExecutionPage page{{{}, execution.version}, execution.given};
  append_whole(item_document(shape_, execution), sql_.name_member, subject_name,
               execution.execution_context.text, joined, page.body);
  return page;
}

Task<std::optional<ExecutionPage>> Executions::read(db::Connection& connection, Uuid id,
                                                    Uuid owner) const {
  const db::Rows rows = co_await connection.many(sql_.get, db::Params::of(id, owner));
  std::optional<db::Row> execution;
  std::vector<std::pair<std::int64_t, std::string_view>> steps;
  for (const db::Row row : rows) {
    if (row.integer(0) == 0)
      execution = row;
    else
      steps.emplace_back(row.integer(1), row.text(2));
  }
  if (!execution) co_return std::nullopt;
  std::ranges::sort(steps);
  std::string joined;
  for (const auto& [number, document] : steps) {
    if (!joined.empty()) joined += ',';
    joined += document;
  }
  ExecutionPage page{{{}, execution->integer(5)}, model::Given::of(execution->integer(6))};
  append_whole(execution->text(2), sql_.name_member, execution->maybe_text(4), execution->text(3),
               joined, page.body);
  co_return page;
}

Task<Items> Executions::list(db::Connection& connection, Uuid owner, ExecutionFilter filter,
                             Range range) const {
  const Place end = Place::before(filter.to);
  const Place& after = std::min(range.after, end, [](const Place& a, const Place& b) {
    return std::tie(a.time, a.key) < std::tie(b.time, b.key);
  });
  if (filter.search) {
    Sieve sieve(*filter.search, range.limit, [this](const db::Row& row, std::string& json) {
      append_open(row.text(1), sql_.name_member, row.maybe_text(3), json);
      json += '}';
    });
    co_await walk(connection, owner, filter, after, sieve);
    co_return std::move(sieve).items();
  }
  const IdRange ids = ids_between(filter.from, after.time);
  const db::Rows rows = co_await connection.many_within(
      choose(filter, sql_.list, sql_.list_of, sql_.list_session),
      list_params(owner, filter, after, range.limit + 1, ids), page_max_bytes);
  std::vector<std::size_t> order(rows.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  const auto is_newer = [&](std::size_t a, std::size_t b) {
    return std::pair(rows[a].time(0), rows[a].text(1)) >
           std::pair(rows[b].time(0), rows[b].text(1));
  };
  if (!std::ranges::is_sorted(order, is_newer)) std::ranges::sort(order, is_newer);
  // What was cut off must lie behind what is shown; the join walks the page in its order.
  if (rows.is_cut() && !std::ranges::is_sorted(order))
    throw std::logic_error("a page that was cut does not come in order");
  Items items;
  const std::size_t shown = std::min(rows.size(), static_cast<std::size_t>(range.limit));
  for (std::size_t i = 0; i < shown; ++i) {
    const db::Row row = rows[order[i]];
    if (i != 0) items.json += ',';
    append_open(row.text(2), sql_.name_member, row.maybe_text(3), items.json);
    items.json += '}';
  }
  if (rows.size() > shown || rows.is_cut())
    items.next = Place{rows[order[shown - 1]].time(0), std::string(rows[order[shown - 1]].text(1))};
  co_return items;
}

Task<Total> Executions::count(db::Connection& connection, Uuid owner,
                              ExecutionFilter filter) const {
  const Place end = Place::before(filter.to);
  if (filter.search) {
    Sieve sieve(*filter.search, count_max, {});
    co_await walk(connection, owner, filter, end, sieve);
    co_return sieve.total();
  }
  const IdRange ids = ids_between(filter.from, end.time);
  const db::Rows rows =
      co_await connection.many(choose(filter, sql_.count, sql_.count_of, sql_.count_session),
                               list_params(owner, filter, end, count_max + 1, ids));
  co_return Total::up_to(count_max, rows[0].integer(0));
}

// On the embedded store by day, as its index lies; on PostgreSQL along the list.
Task<void> Executions::walk(db::Connection& connection, Uuid owner, ExecutionFilter filter,
                            Place after, Sieve& sieve) const {
  const Filter::Terms terms = filter.search->terms(owner.view());
  const Filter::Parts parts = filter.search->parts("input_data");
  const std::string from = walk_from(after);
  const std::string earliest = walk_from(Place::before(filter.from));
  const IdRange ids = ids_between(filter.from, after.time);
  db::Params params = db::Params::of(owner, after.time.ms / day_ms);
  params.add_blob(from).add(filter.from.ms / day_ms).add_blob(earliest);
  params.add_blob(terms.listed).add_blob(terms.unlisted).add(!filter.search->is_decided());
  params.add(filter.subject).add(filter.session).add(filter.status);
  params.add(filter.from).add(after.time).add_blob(after.key).add(sieve.rows_wanted());
  params.add(parts.contained).add_texts(parts.also_contained);
  params.add(ids.least).add(ids.above).add(candidates_max).add(sieve.wants_documents());
  std::function<bool(const db::Row&)> take = [&sieve](const db::Row& row) {
    return sieve.take(row);
  };
  co_await connection.scan(sql_.search, std::move(params), std::move(take));
}

std::unique_ptr<db::Cursor> Executions::open_export(db::Database& database, db::Cost& cost,
                                                    Uuid owner,
                                                    const ExecutionFilter& filter) const {
  const Place end = Place::before(filter.to);
  const IdRange ids = ids_between(filter.from, end.time);
  return database.open(cost, sql_.export_all, list_params(owner, filter, end, 0, ids));
}

std::string Executions::export_lines(const db::Rows& rows, std::string_view name_member) {
  std::string lines;
  for (const db::Row row : rows) {
    append_whole(row.text(2), name_member, row.maybe_text(4), row.text(3),
                 row.maybe_text(5).value_or(""), lines);
    lines += '\n';
  }
  return lines;
}

Task<Result<ChangedExecution>> Executions::patch(db::Connection& connection, Uuid id, Uuid owner,
                                                 std::shared_ptr<const json::Value> body,
                                                 IfMatch if_match, Time now) const {
  std::optional<ExecutionPage> page = co_await read(connection, id, owner);
  if (!page) co_return not_found();
  auto allowed = check_version(if_match, page->version);
  if (!allowed) co_return std::unexpected(std::move(allowed.error()));
  const json::Value present = json::parse_stored(page->body);
  auto writable = check_read_only(shape_, *body, present);
  if (!writable) co_return std::unexpected(std::move(writable.error()));
  Execution before;
  model::decode_stored(shape_, present, before);
  before.given = page->given;

  json::Value whole = present;
  const model::Given given = forget_derived(whole, *body, page->given);
  json::merge_patch(whole, *body);
  Execution after;
  after.given = given;
  auto decoded = model::decode(shape_, whole, after, model::Source::change);
  if (!decoded) co_return std::unexpected(std::move(decoded.error()));
  after.id = before.id;
  after.user_id = before.user_id;
  after.created_at = before.created_at;
  after.updated_at = before.updated_at;
  after.version = before.version;
  if (!after.started_at) after.started_at = before.id.time();
  auto corrected = correct(before, after, now);
  if (!corrected) co_return std::unexpected(std::move(corrected.error()));
  if (is_estimated_anew(before, after)) co_await estimate(connection, after);
  if (model::to_json(shape_, before) == model::to_json(shape_, after) &&
      page->given.bits() == after.given.bits())
    co_return ChangedExecution{std::move(*page), nullptr};
  if (after.subject_id != before.subject_id) {
    const bool known = co_await is_known_subject(connection, after.subject_id, owner);
    if (!known) co_return no_subject();
  }
  after.version += 1;
  after.updated_at = std::max(now, before.updated_at);
  const bool is_there = co_await update(connection, before, after);
  if (!is_there) co_return not_found();
  std::optional<ExecutionPage> changed = co_await read(connection, id, owner);
  ChangedExecution result{std::move(changed.value()), nullptr};
  if (before.status == model::Status::running && after.status != model::Status::running)
    result.finished = std::make_shared<Execution>(std::move(after));
  co_return result;
}

// What it costs, where nobody has said so; of a model without a price what it cost so far.
Task<void> Executions::estimate(db::Connection& connection, Execution& execution) const {
  if (execution.given.cost_usd || kind_ != Kind::agent) co_return;
  const db::Rows price =
      co_await connection.many(sql::prices_of_agent, db::Params::of(execution.subject_id));
  if (!price.empty())
    execution.metrics.cost_usd =
        Price{price[0].integer(0), price[0].integer(1)}.of(execution.metrics);
}

Task<bool> Executions::update(db::Connection& connection, Execution& before,
                              Execution& after) const {
  const std::string document = item_document(shape_, after);
  db::Params params;
  bind(shape_, after, params);
  params.add(std::nullopt).add(document).add(after.given.bits());
  const std::int64_t updated = co_await connection.run(sql_.update, std::move(params));
  if (updated == 0) co_return false;
  Changes changes(sql_.note);
  const Contribution counted = Contribution::of(before);
  const Contribution counts = Contribution::of(after);
  if (counted != counts) {
    changes.remove(counted);
    changes.add(counts);
  }
  co_await changes.write(connection);
  if (same_steps(before, after)) co_return true;
  co_await connection.run(sql_.remove_steps, db::Params::of(after.id));
  const std::vector<ExecutionDraft> drafts{{std::make_shared<Execution>(after), std::nullopt}};
  const std::vector<std::size_t> first{0};
  co_await insert_steps(connection, drafts, first);
  co_return true;
}

Task<Result<void>> Executions::remove(db::Connection& connection, Uuid id, Uuid owner,
                                      IfMatch if_match) const {
  const db::Rows head = co_await connection.many(sql_.head, db::Params::of(id, owner));
  if (head.empty()) co_return not_found();
  auto allowed = check_version(if_match, head[0].integer(0));
  if (!allowed) co_return std::unexpected(std::move(allowed.error()));
  co_await connection.run(sql_.remove_steps, db::Params::of(id));
  const db::Rows removed = co_await connection.many(sql_.remove, db::Params::of(id, owner));
  co_await note_removed(connection, sql_.note, removed, owner);
  co_return Result<void>{};
}

Task<void> Executions::remove_session(db::Connection& connection, Uuid owner,
                                      std::string session) const {
  co_await connection.run(sql_.remove_session_steps, db::Params::of(owner, session));
  const db::Rows removed =
      co_await connection.many(sql_.remove_session, db::Params::of(owner, session));
  co_await note_removed(connection, sql_.note, removed, owner);
}

Task<Result<std::vector<std::string>>> Executions::append_steps(db::Connection& connection, Uuid id,
                                                                Uuid owner,
                                                                std::vector<model::Step> steps,
                                                                Time now) const {
  const db::Rows head = co_await connection.many(sql_.head, db::Params::of(id, owner));
  if (head.empty()) co_return not_found();
  if (head[0].integer(1) + static_cast<std::int64_t>(steps.size()) > steps_max)
    co_return invalid("", fmt::format("an execution has at most {} steps", steps_max));
  std::vector<std::string> documents;
  std::vector<db::Params> rows;
  documents.reserve(steps.size());
  for (model::Step& step : steps) {
    documents.push_back(model::to_json(model::step_shape, step));
    rows.push_back(step_params(id, step, documents.back()));
  }
  if (rows.empty()) co_return documents;
  const std::int64_t inserted = co_await connection.run_each(sql_.insert_step, std::move(rows));
  if (inserted != static_cast<std::int64_t>(steps.size()))
    co_return fail(Code::conflict, "A step of one of these numbers exists already.");

  Execution execution;
  const json::Value stored = json::parse_stored(head[0].text(2));
  model::decode_stored(shape_, stored, execution);
  execution.given.cost_usd = !stored.get_object().contains("cost_is_estimated");
  execution.version += 1;
  execution.updated_at = std::max(now, execution.updated_at);
  const std::string document = item_document(shape_, execution);
  co_await connection.run(
      sql_.touch, db::Params::of(id, owner, execution.updated_at, execution.version, document));
  co_return documents;
}

}  // namespace onggi::store
