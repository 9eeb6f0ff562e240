// The bare insert: rows of an onggi file's own table of executions, with all its columns and
// indexes, that of its terms included, written by two prepared statements.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.h"
#include "json/terms.h"
#include "peers/sqlite/statement.h"

namespace onggi::bench {

// Takes rows of a user out of an onggi file and writes them into it again, with new ids and as if
// they had started now; as durably as onggi does (WAL, synchronous=FULL). The file is changed.
class Inserts {
 public:
  Inserts(const std::string& file, const Uuid& user, std::size_t rows_at_once);
  // One transaction.
  void run();

 private:
  struct Value {
    int type = 0;  // of SQLite
    std::int64_t integer = 0;
    std::string bytes;
  };
  struct Row {
    std::vector<Value> values;
    std::vector<json::Term> terms;
  };

  void take_rows(const Uuid& user);
  void insert_terms(const Row& row, const Uuid& id, Time now);
  void bind(const Row& row, const Uuid& id, std::int64_t now_ms);

  Connection connection_;
  const std::size_t rows_at_once_;
  std::vector<Row> rows_;
  std::size_t next_ = 0;
  int column_id_ = 0;
  int column_started_at_ = 0;
  int column_document_ = 0;
  std::unique_ptr<Statement> insert_;
  std::unique_ptr<Statement> insert_term_;
};

}  // namespace onggi::bench
