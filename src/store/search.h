// Containment searches: which documents contain a filter, in the order of their list.
//
// On the embedded store a walk over the index of terms (json/terms.h, sql/search.sql) yields
// candidates, newest first. Where the terms decide, a candidate is a match; else its document is
// held against the filter. PostgreSQL has GIN indexes and returns what matches
// (sql/search.postgres.sql); the parameters of both stand one after the other. The work for one
// answer is bounded: beyond `candidates_max` candidates, or `checked_bytes_max` bytes of documents
// held against the filter, a page ends early, with a place to go on after, and a count is a lower
// bound.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "db/database.h"
#include "json/json.h"
#include "json/terms.h"
#include "store/page.h"

namespace onggi::store {

inline constexpr std::int64_t candidates_max = 50'000;
inline constexpr std::size_t checked_bytes_max = 32u << 20;
// Values that a filter asks for, at most.
inline constexpr std::size_t filter_terms_max = 128;

// What a search is for: every one of these objects is to be contained. Their members are filters on
// members of the documents.
class Filter {
 public:
  Filter() = default;
  // Adds a filter on a member of the documents.
  void add(std::string_view member, json::Value value);

  bool empty() const { return wanted_.empty(); }
  // At most filter_terms_max.
  std::size_t size() const;
  // Whether an answer takes about as many steps as it has items; other searches may take
  // milliseconds and belong on Workers.
  bool is_quick() const;
  bool matches(const json::Value& document) const;

  struct Terms {
    std::string listed;    // 16 bytes each
    std::string unlisted;  // of documents that have too many
  };
  Terms terms(std::string_view scope) const;
  // Whether the terms alone decide.
  bool is_decided() const;

  // The same for a store that has the documents' members in columns: as JSON.
  struct Parts {
    std::string equal;                     // an object of the members that are plain
    std::optional<std::string> contained;  // what the member `document` is to contain
    std::vector<std::string> also_contained;
  };
  Parts parts(std::string_view document) const;

 private:
  std::vector<json::Object> wanted_;
};

// The statements of one kind: with_term for filters of one term. `document` is the member that is
// searched by containment.
struct SearchStatements {
  const db::Statement& with_term;
  const db::Statement& with_terms;
  std::string_view document;
};

// Appends an item to a page, from a row of the statement: place, document, whole, and what else it
// shows.
using AppendItem = std::function<void(const db::Row& row, std::string& json)>;
void append_document(const db::Row& row, std::string& json);

// Of documents that are their owner's or public, as `reader` sees them. The place of a range is the
// time and what follows it in the place of the statement's rows.
Task<Items> search(db::Connection& connection, SearchStatements statements, Uuid reader,
                   Range range, std::shared_ptr<const Filter> filter,
                   AppendItem append = append_document);
Task<Total> count_found(db::Connection& connection, SearchStatements statements, Uuid reader,
                        std::shared_ptr<const Filter> filter);

// One walk: takes the rows of a search statement and keeps what matches, within the bounds.
class Sieve {
 public:
  // Keeps `limit` items and looks for one more.
  Sieve(const Filter& filter, std::int64_t limit, AppendItem append)
      : filter_(filter), limit_(limit), append_(std::move(append)) {}

  // How many rows are of use, where none is passed over, and whether with their documents.
  std::int64_t rows_wanted() const { return limit_ + 1; }
  bool wants_documents() const { return static_cast<bool>(append_); }

  // False: enough.
  bool take(const db::Row& row);
  Items items() &&;
  Total total() const;

 private:
  bool matches(const db::Row& row);

  const Filter& filter_;
  const std::int64_t limit_;
  const AppendItem append_;  // empty: matches are counted alone
  std::int64_t candidates_ = 0;
  std::size_t checked_bytes_ = 0;
  std::int64_t found_ = 0;
  std::string json_;
  std::string last_found_;  // place of the last item
  std::string last_place_;  // of the last candidate; where the page is full, of the last item
  bool is_cut_ = false;
};

// The place to begin a walk at, below which its rows are to lie.
std::string walk_from(const Place& after);

}  // namespace onggi::store
