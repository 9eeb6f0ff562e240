#include "statistics/reading.h"

#include <algorithm>
#include <stdexcept>

#include "sql/catalogue.h"
#include "statistics/answer.h"
#include "statistics/fold.h"

namespace onggi::statistics {
namespace {

const db::Statement& everybodys_statement(const Question& question) {
  if (question.is_dashboard) return sql::statistics_dashboard_of_everybody;
  const Statements& sql = statements_of(question.kind);
  const bool is_of_subjects = question.subject || question.group == Group::subject;
  return is_of_subjects ? sql.everybodys_subjects : sql.everybodys_days;
}

// Only where executions are asked for has the statement anything to do with them: on PostgreSQL
// each of their partitions is a plan's to begin and end, whether it is read or not.
const db::Statement& statement_of(const Question& question, bool reads_executions) {
  if (question.is_dashboard)
    return reads_executions ? sql::statistics_dashboard_and_executions : sql::statistics_dashboard;
  const Statements& sql = statements_of(question.kind);
  if (question.subject) return reads_executions ? sql.subject_and_executions : sql.subject;
  if (question.group == Group::subject)
    return reads_executions ? sql.subjects_and_executions : sql.subjects;
  return reads_executions ? sql.days_and_executions : sql.days;
}

struct Asked {
  std::string first, last;
  std::string weeks_from, weeks_until;
  Time from{}, to{};
  Uuid least{}, above{};
  std::optional<Uuid> user, subject;
  Time hours{};
  Time now{};
  bool is_dashboard = false;
  Known known{};

  db::Params params() const {
    if (is_dashboard)
      return db::Params::of(user, now, first, last, from, to, least, above, hours, known.version,
                            known.last_change, known.counts);
    return db::Params::of(user, first, last, from, to, least, above, subject, weeks_from,
                          weeks_until, known.version, known.last_change);
  }
};

Asked asked_of(const Question& question, const Answer& answer) {
  const auto [weeks_from, weeks_until] = answer.weeks();
  return {.first = to_string(answer.first()),
          .last = to_string(answer.last()),
          .weeks_from = to_string(weeks_from),
          .weeks_until = to_string(weeks_until),
          .user = question.user,
          .subject = question.subject,
          .hours = hours_asked(question.now),
          .now = second_of(question.now),
          .is_dashboard = question.is_dashboard};
}

Task<std::shared_ptr<Answer>> run(db::Database& database, db::Cost& cost, Question question,
                                  Asked asked, bool is_whole) {
  std::function<Task<std::shared_ptr<Answer>>(db::Connection&)> body =
      [question, asked, is_whole](db::Connection& connection) -> Task<std::shared_ptr<Answer>> {
    auto answer = std::make_shared<Answer>(question);
    if (is_whole) answer->ask_for_whole();
    std::function<bool(const db::Row&)> take = [&answer](const db::Row& row) {
      answer->take(row);
      return true;
    };
    const db::Statement& statement = statement_of(question, asked.from < asked.to);
    co_await connection.scan(statement, asked.params(), std::move(take));
    co_return answer;
  };
  std::shared_ptr<Answer> answer =
      co_await database.read_one<std::shared_ptr<Answer>>(cost, std::move(body));
  co_return answer;
}

constexpr int looks_max = 8;

Task<Reading> read_everybodys(db::Database& database, db::Cost& cost, Question question) {
  std::function<Task<Reading>(db::Connection&)> body =
      [question](db::Connection& connection) -> Task<Reading> {
    auto answer = std::make_shared<Answer>(question);
    Asked asked = asked_of(question, *answer);
    std::function<bool(const db::Row&)> take = [&answer](const db::Row& row) {
      answer->take(row);
      return true;
    };
    co_await connection.scan(everybodys_statement(question), asked.params(), take);
    std::map<Uuid, Gap> gaps = answer->gaps();
    if (answer->is_whole()) gaps = answer->gaps();
    std::vector<std::pair<Uuid, Uuid>> ids;
    ids.reserve(gaps.size());
    std::vector<db::Params> spans;
    for (const auto& [user, gap] : gaps) {
      const auto [from, to] = answer->dates_of(user).span_of(gap.first, gap.last);
      const auto& [least, above] = ids.emplace_back(ids_between(from, to));
      spans.push_back(db::Params::of(user, from, to, least, above));
    }
    const db::Rows executions =
        co_await connection.many_each(statements_of(question.kind).executions_each, spans);
    for (const db::Row row : executions)
      answer->add_execution(store::Contribution::of(row, 1, row.uuid(0)));
    Reading reading = answer->finish(gaps);
    co_return reading;
  };
  Reading reading = co_await database.read<Reading>(cost, std::move(body));
  co_return reading;
}

}  // namespace

Task<std::shared_ptr<Answer>> ask(db::Database& database, db::Cost& cost, Question question,
                                  Known known) {
  Asked asked = asked_of(question, Answer(question));
  asked.known = known;
  std::shared_ptr<Answer> answer =
      co_await run(database, cost, std::move(question), std::move(asked), false);
  co_return answer;
}

Task<Whole> complete(db::Database& database, db::Cost& cost, std::shared_ptr<Answer> answer,
                     bool is_partial) {
  const Question question = answer->question();
  std::map<Uuid, Gap> read;
  Asked asked = asked_of(question, Answer(question));
  bool is_whole = false;
  for (int i = 0; i < looks_max; ++i) {
    std::map<Uuid, Gap> gaps = answer->gaps();
    if (answer->is_whole() && !is_whole) {
      is_whole = true;
      gaps = answer->gaps();
    }
    const Gap gap = gaps.empty() ? Gap{} : gaps.begin()->second;
    const Gap had = read.empty() ? Gap{} : read.begin()->second;
    std::pair<Time, Time> span{};
    if (!gap.is_empty()) span = answer->dates_of(*question.user).span_of(gap.first, gap.last);
    const bool is_covered =
        gap.is_empty() || (had.holds(gap) && asked.from <= span.first && asked.to >= span.second);
    if (is_covered && !is_partial) co_return Whole{answer, std::move(gaps)};
    is_partial = false;
    asked = asked_of(question, *answer);
    if (!gap.is_empty()) {
      asked.weeks_from = asked.weeks_until;  // some of their days do not count
      std::tie(asked.from, asked.to) = span;
      std::tie(asked.least, asked.above) = ids_between(asked.from, asked.to);
    }
    read = std::move(gaps);
    answer = co_await run(database, cost, question, asked, is_whole);
  }
  throw Unavailable("The statistics change faster than they can be read; try again.", "statistics",
                    Cause::collision);
}

Task<Reading> read(db::Database& database, db::Cost& cost, Question question) {
  if (question.user) {
    std::shared_ptr<Answer> answer = co_await ask(database, cost, std::move(question), {});
    const Whole whole = co_await complete(database, cost, std::move(answer), false);
    co_return whole.answer->finish(whole.gaps);
  }
  Reading reading = co_await read_everybodys(database, cost, std::move(question));
  co_return reading;
}

}  // namespace onggi::statistics
