#include "db/postgres/failure.h"

#include <optional>

#include <fmt/format.h>

#include "db/database.h"

namespace onggi::db::postgres {
namespace {

std::string_view field(const PGresult* result, int code) {
  const char* const text = PQresultErrorField(result, code);
  return text != nullptr ? std::string_view(text) : std::string_view();
}

// Classes whose messages hold names and never values (errcodes.txt of PostgreSQL).
bool is_telling(std::string_view state) {
  for (const std::string_view prefix : {"08", "25", "40", "42", "53", "55", "57", "58", "XX"})
    if (state.starts_with(prefix)) return true;
  return false;
}

std::string describe(const PGresult* result, std::string_view statement, std::string_view state) {
  std::string text = fmt::format("{}: SQLSTATE {}", statement, state.empty() ? "?" : state);
  if (const auto constraint = field(result, PG_DIAG_CONSTRAINT_NAME); !constraint.empty())
    text += fmt::format(", constraint {}", constraint);
  if (is_telling(state)) text += ": " + one_line(field(result, PG_DIAG_MESSAGE_PRIMARY));
  return text;
}

bool is_lost(std::string_view state) {
  return state.starts_with("08") || state == "57P01" || state == "57P02" || state == "57P03" ||
         state == "57P05" || state == "25P03";
}

// Of what class 53 says is short.
Cause lack_of(std::string_view state) {
  if (state == "53100") return Cause::disk_full;
  if (state == "53200") return Cause::memory;
  return Cause::overload;  // connections, locks
}

// "Partition key of the failing row contains (id) = (0198c5ab-...)."
std::optional<Uuid> key_in(std::string_view detail) {
  constexpr std::size_t length = 36;
  const std::size_t end = detail.rfind(')');
  if (end == std::string_view::npos || end < length) return std::nullopt;
  return Uuid::parse(detail.substr(end - length, length));
}

}  // namespace

Lost::Lost(const std::string& internal, Cause cause)
    : Unavailable("The connection to the database was lost; try again.", internal, cause) {}

Late::Late()
    : Lost("The database took too long to answer; try again later.", "no answer in time",
           Cause::no_answer) {}

OutcomeUnknown::OutcomeUnknown(const Lost& lost)
    : Lost(
          "The connection to the database was lost during the commit: whether the change was made "
          "is not known. Repeated with the same id or Idempotency-Key it is made once.",
          lost.what(), lost.cause()) {}

std::string one_line(std::string_view message) {
  std::string line;
  for (const char c : message) line += c == '\n' || c == '\r' || c == '\t' ? ' ' : c;
  while (line.ends_with(' ')) line.pop_back();
  return line;
}

std::exception_ptr failure_of(const PGresult* result, std::string_view statement) {
  const std::string_view state = field(result, PG_DIAG_SQLSTATE);
  const std::string text = describe(result, statement, state);
  if (state.empty() || is_lost(state)) return std::make_exception_ptr(Lost(text));
  if (state == "23505") return std::make_exception_ptr(UniqueViolation(text));
  if (state == "23503") return std::make_exception_ptr(ForeignKeyViolation(text));
  if (state == "40001" || state == "40P01") return std::make_exception_ptr(Collision(text));
  if (state == "23514" && field(result, PG_DIAG_CONSTRAINT_NAME).empty()) {
    if (const auto id = key_in(field(result, PG_DIAG_MESSAGE_DETAIL)))
      return std::make_exception_ptr(NoPartition(text, *id));
  }
  if (state == "57014" || state == "55P03")
    return std::make_exception_ptr(
        Unavailable("The database took too long to answer; try again later.", text,
                    state == "55P03" ? Cause::lock_timeout : Cause::statement_timeout));
  if (state.starts_with("53"))
    return std::make_exception_ptr(Unavailable(
        "The database has no room for this now; try again later.", text, lack_of(state)));
  if (state == "25006")
    return std::make_exception_ptr(
        Unavailable("The database takes no writes now; try again later.", text, Cause::read_only));
  return std::make_exception_ptr(std::runtime_error(text));
}

}  // namespace onggi::db::postgres
