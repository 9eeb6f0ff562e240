// Outcomes that a caller decides on, as values.
//
// Two kinds of trouble exist in onggi. What a caller can decide on (bad input, not found, conflict)
// is an `Error` inside a `Result<T>`. What nobody near can mend (disk full, database gone) is an
// exception, `Unavailable` or any std::exception, and ends at one of two boundaries: the request
// (503 or 500) or the job runner. There is no other catch-all.
#pragma once

#include <cstddef>
#include <cstdint>
#include <exception>
#include <expected>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace onggi {

// What the caller can do about it. Each has exactly one HTTP status (see api/problem.cc).
enum class Code {
  malformed,               // 400: not JSON, not UTF-8, too deep
  unauthenticated,         // 401
  forbidden,               // 403
  not_found,               // 404: not there, or not the caller's to see
  method_not_allowed,      // 405
  conflict,                // 409
  precondition_failed,     // 412
  too_large,               // 413
  unsupported_media_type,  // 415
  invalid,                 // 422: names the fields
  too_many_requests,       // 429: never executed; may be tried again
  headers_too_large,       // 431
  unavailable,             // 503: never executed; may be tried again
};

// One complaint about one place of the input.
struct FieldError {
  std::string field;    // a JSON pointer into the body ("/nodes/3/id"), or the bare name of a query
                        // parameter or header
  std::string message;  // for people, without the value itself where that may be long
};

struct Error {
  Code code;
  std::string detail;                // one sentence for the user; never internal text
  std::vector<FieldError> errors{};  // for `invalid` (and `malformed` where the place is known)
};

template <class T>
using Result = std::expected<T, Error>;

inline std::unexpected<Error> fail(Code code, std::string detail) {
  return std::unexpected(Error{code, std::move(detail)});
}

// 422 about one field.
inline std::unexpected<Error> invalid(std::string field, std::string message) {
  std::string detail = "The request is not valid: " + message;
  return std::unexpected(
      Error{Code::invalid, std::move(detail), {{std::move(field), std::move(message)}}});
}

// Why something is unavailable.
enum class Cause : std::uint8_t {
  other,
  overload,            // too much is waiting already
  away,                // the database cannot be reached
  unprepared,          // its schema has not been brought up to date yet
  lost,                // the connection was lost
  no_answer,           // nothing came back in time
  statement_timeout,   // the database has ended a statement that took too long
  lock_timeout,        // another held what was needed for too long
  connection_timeout,  // no connection came free in time
  long_reads,          // all places for long reads are taken
  collision,           // others change the same thing all the time
  disk_full,
  disk_error,
  read_only,
  memory,
  damaged,
  stopping,  // the server is
};
inline constexpr std::size_t causes = static_cast<std::size_t>(Cause::stopping) + 1;
// Its word in metrics, the log and /readyz: "disk_full".
std::string_view to_string(Cause cause);

// Why a part cannot serve right now; `detail` is what the user is told.
struct Trouble {
  Cause cause = Cause::other;
  std::string detail;
};

// The work was not done and cannot be done now (disk full, queue full, shutting down); trying again
// later may succeed. `what()` is for the log; `detail` is what the user is told.
class Unavailable : public std::runtime_error {
 public:
  Unavailable(std::string detail, const std::string& internal, Cause cause = Cause::other)
      : std::runtime_error(internal), detail_(std::move(detail)), cause_(cause) {}
  const std::string& detail() const { return detail_; }
  Cause cause() const { return cause_; }
  Trouble trouble() const { return {cause_, detail_}; }

  // Whoever met it first has written it to the log: nobody else does.
  bool is_told() const { return is_told_; }
  void set_told() { is_told_ = true; }

 private:
  std::string detail_;
  Cause cause_;
  bool is_told_ = false;
};

// Of an Unavailable; of anything else nothing.
void set_told(const std::exception_ptr& error);

}  // namespace onggi
