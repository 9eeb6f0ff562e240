// The stores that the conformance suite is run over.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

#include "base/metrics.h"
#include "db/database.h"
#include "db/statement.h"

namespace onggi::conformance {

// A database made for one test, and what must go when the test is over (files, a schema).
struct Store {
  std::shared_ptr<void> place;
  std::unique_ptr<db::Database> database;  // closed before its place goes
};

class Driver {
 public:
  virtual ~Driver() = default;

  virtual std::string_view name() const = 0;
  // What a column of bytes is called in the store's SQL.
  virtual std::string_view bytes_type() const = 0;
  // onggi's own.
  virtual db::Schema schema() const = 0;

  struct Bounds {
    std::size_t waiting_writes = 1'024;
    std::size_t long_reads = 4;
  };
  // An empty database of this schema.
  virtual Store make(const db::Schema& schema, Bounds bounds, Registry& registry) const = 0;
};

// Every store that is here. PostgreSQL is where ONGGI_TEST_POSTGRES names a server in which
// databases may be made (tests/postgres/run); where it does not, a test of its own says so: it is
// skipped, or fails where ONGGI_REQUIRE_POSTGRES is 1.
std::vector<const Driver*> drivers();
bool is_postgres(const Driver& driver);

}  // namespace onggi::conformance
