#include "db/observations.h"

#include <string>

#include <spdlog/spdlog.h>

#include "base/log_text.h"

namespace onggi::db {
namespace {

Counter& timeouts(Registry& registry, const char* kind) {
  return registry.counter("onggi_db_timeouts_total",
                          "What took too long: a statement, the wait for a lock, for an answer or "
                          "for a connection to come free.",
                          {{"kind", kind}});
}

Counter& shed(Registry& registry, const char* reason) {
  return registry.counter("onggi_db_shed_total",
                          "Work refused at once: too many wait for a connection, or all places for "
                          "long reads are taken.",
                          {{"reason", reason}});
}

void write_left_out(std::uint64_t count) {
  if (count != 0) spdlog::warn("slow_statements_left_out count={}", count);
}

}  // namespace

StatementCounters counters_of(Registry& registry, const Statement& statement) {
  const Labels labels{{"statement", std::string(statement.name)}};
  return {&registry.counter("onggi_db_statement_calls_total", "Runs of one statement.", labels),
          &registry.time_counter("onggi_db_statement_seconds_total", "Time spent in one statement.",
                                 labels),
          &registry.counter("onggi_db_slow_statements_total",
                            "Runs of one statement that took longer than --slow-statement-ms.",
                            labels)};
}

SlowStatements::~SlowStatements() {
  write_left_out(lines_.left_out_at_end());
}

void SlowStatements::tell(const StatementCounters& counters, std::string_view name,
                          std::chrono::nanoseconds took, std::string_view request) {
  if (counters.slow != nullptr) counters.slow->add();
  tell_left_out();
  if (!lines_.admit(FewLines::Clock::now())) return;
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(took).count();
  spdlog::warn("slow_statement name={} ms={}{}", log_text(name), ms, request_field(request));
}

void SlowStatements::tell_left_out() {
  write_left_out(lines_.left_out(FewLines::Clock::now()));
}

Failures::Failures(Registry& registry)
    : statement_(timeouts(registry, "statement")),
      lock_(timeouts(registry, "lock")),
      answer_(timeouts(registry, "answer")),
      connection_(timeouts(registry, "connection")),
      waiting_(shed(registry, "waiting")),
      long_reads_(shed(registry, "long_reads")) {}

void Failures::count(Cause cause) {
  switch (cause) {
    case Cause::statement_timeout:
      return statement_.add();
    case Cause::lock_timeout:
      return lock_.add();
    case Cause::no_answer:
      return answer_.add();
    case Cause::connection_timeout:
      return connection_.add();
    case Cause::overload:
      return waiting_.add();
    case Cause::long_reads:
      return long_reads_.add();
    default:
      return;
  }
}

}  // namespace onggi::db
