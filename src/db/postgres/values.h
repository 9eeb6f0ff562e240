// Parameters to PostgreSQL's binary formats and back.
//
// A statement's parameters have the types that the server infers for them. Times are milliseconds
// here and microseconds since 2000 there; an id is 16 bytes, no bytes at all being the least of
// all; jsonb comes back in the canonical spelling of json/.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <libpq-fe.h>

#include "db/params.h"
#include "db/rows.h"

namespace onggi::db::postgres {

bool is_array(Oid type);

// The values of one run in the form that libpq takes. Texts and blobs of single values are not
// copied: what the parameters point at must stay until they were handed over.
class Values {
 public:
  // One value each.
  void add(const Param& param, Oid type);
  // The same parameter of every row, as an array.
  void add_column(std::span<const Params> rows, std::size_t param, Oid type);

  // After the last of them, before what follows; from then on it must stay where it is.
  void seal();
  int count() const { return static_cast<int>(places_.size()); }
  const char* const* pointers() const { return pointers_.data(); }
  const int* lengths() const { return lengths_.data(); }
  const int* formats() const { return formats_.data(); }

 private:
  struct Place {
    const char* outside;  // null: in buffer_
    std::size_t offset;
    bool is_null;
  };
  void push(Place place, std::size_t length);

  std::string buffer_;
  std::vector<Place> places_;
  std::vector<int> lengths_;
  std::vector<int> formats_;
  std::vector<const char*> pointers_;
};

// Appends the rows of a binary result; returns how many bytes of texts they hold.
std::size_t append_rows(const PGresult* result, Rows& rows);

// jsonb's own spelling without the spaces between its parts.
void append_without_spaces(std::string_view spelled, std::string& out);

}  // namespace onggi::db::postgres
