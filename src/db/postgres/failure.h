// What PostgreSQL's errors mean to whoever called.
#pragma once

#include <exception>
#include <stdexcept>
#include <string>
#include <string_view>

#include <libpq-fe.h>

#include "base/error.h"
#include "base/uuid.h"

namespace onggi::db::postgres {

// The connection is gone: what was asked last may have happened or not.
class Lost : public Unavailable {
 public:
  explicit Lost(const std::string& internal, Cause cause = Cause::lost);

 protected:
  using Unavailable::Unavailable;
};

// COMMIT was asked for and not answered.
class OutcomeUnknown : public Lost {
 public:
  explicit OutcomeUnknown(const Lost& lost);
};

// The connection did not answer in time and was given up. What ran that long is not tried again:
// whoever waits for it has waited enough.
class Late : public Lost {
 public:
  Late();
};

// A statement that many share a connection with has held them up: it may run on one of its own.
struct Stuck : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// The transaction ran into another one and has left no trace: it may run again
// (serialization_failure, deadlock_detected).
struct Collision : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// A row belongs to a month for which there is no partition yet.
struct NoPartition : std::runtime_error {
  NoPartition(const std::string& what, const Uuid& key) : std::runtime_error(what), id(key) {}
  const Uuid id;  // of the row
};

// What a result that is an error says, as db/database.h promises it: UniqueViolation,
// ForeignKeyViolation, Unavailable, one of the above, or std::runtime_error. No text of it holds a
// parameter's value.
std::exception_ptr failure_of(const PGresult* result, std::string_view statement);

// libpq's message on one line.
std::string one_line(std::string_view message);

}  // namespace onggi::db::postgres
