// Outcomes that a caller decides on, as values.
//
// Two kinds of trouble exist in onggi. What a caller can decide on (bad input, not found, conflict)
// is an `Error` inside a `Result<T>`. What nobody near can mend (disk full, database gone) is an
// exception, `Unavailable` or any std::exception, and ends at one of two boundaries: the request
// (503 or 500) or the job runner. There is no other catch-all.
#pragma once

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

// The work was not done and cannot be done now (disk full, queue full, shutting down); trying again
// later may succeed. `what()` is for the log; `detail` is what the user is told.
class Unavailable : public std::runtime_error {
 public:
  Unavailable(std::string detail, const std::string& internal)
      : std::runtime_error(internal), detail_(std::move(detail)) {}
  const std::string& detail() const { return detail_; }

 private:
  std::string detail_;
};

}  // namespace onggi
