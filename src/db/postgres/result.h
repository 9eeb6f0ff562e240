// An answer of libpq's, owned.
#pragma once

#include <memory>

#include <libpq-fe.h>

namespace onggi::db::postgres {

struct ResultCloser {
  void operator()(PGresult* result) const { PQclear(result); }
};
using PgResult = std::unique_ptr<PGresult, ResultCloser>;

}  // namespace onggi::db::postgres
