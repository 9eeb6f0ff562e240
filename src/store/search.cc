#include "store/search.h"

#include <algorithm>

#include "db/place.h"

namespace onggi::store {
namespace {

enum Column : int { place, document, whole };

constexpr std::string_view of_everybody{};  // the scope of public documents

// The parameters of a search among what is the reader's or public. `own` and `others` are what they
// point into.
db::Params search_params(const Uuid& reader, const std::string& from, const Filter::Terms& own,
                         const Filter::Terms& others, bool is_decided) {
  db::Params params = db::Params::of(reader);
  params.add_blob(from)
      .add_blob(own.listed)
      .add_blob(others.listed)
      .add_blob(own.unlisted)
      .add_blob(others.unlisted)
      .add(!is_decided);
  return params;
}

Task<void> walk(db::Connection& connection, const SearchStatements& statements, Uuid reader,
                const Place& after, const Filter& filter, Sieve& sieve) {
  const std::string from = walk_from(after);
  const Filter::Terms own = filter.terms(reader.view());
  const Filter::Terms others = filter.terms(of_everybody);
  const bool is_one = own.listed.size() == sizeof(json::Term);
  const db::Statement& statement = is_one ? statements.with_term : statements.with_terms;
  std::function<bool(const db::Row&)> take = [&sieve](const db::Row& row) {
    return sieve.take(row);
  };
  co_await connection.scan(statement, search_params(reader, from, own, others, filter.is_decided()),
                           std::move(take));
}

}  // namespace

void Filter::add(std::string_view member, json::Value value) {
  for (json::Object& object : wanted_)
    if (!object.contains(member)) {
      object.emplace(member, std::move(value));
      return;
    }
  wanted_.emplace_back().emplace(member, std::move(value));
}

std::size_t Filter::size() const {
  return terms({}).listed.size() / sizeof(json::Term);
}

bool Filter::is_quick() const {
  return size() == 1 && is_decided();
}

bool Filter::matches(const json::Value& document) const {
  return std::ranges::all_of(wanted_, [&](const json::Object& wanted) {
    return std::ranges::all_of(wanted, [&](const auto& member) {
      const json::Value* const there = document.get_object().if_contains(member.key());
      return there != nullptr && json::contains(*there, member.value());
    });
  });
}

Filter::Terms Filter::terms(std::string_view scope) const {
  std::vector<json::Term> all;
  for (const json::Object& wanted : wanted_) {
    const json::FilterTerms found = json::filter_terms(wanted, scope);
    all.insert(all.end(), found.terms.begin(), found.terms.end());
  }
  std::ranges::sort(all);
  const auto surplus = std::ranges::unique(all);
  all.erase(surplus.begin(), surplus.end());
  const json::Term unlisted = json::unlisted_term(scope);
  return {json::joined(all), json::joined({&unlisted, 1})};
}

bool Filter::is_decided() const {
  return std::ranges::all_of(
      wanted_, [](const json::Object& wanted) { return json::filter_terms(wanted, {}).decide; });
}

void append_document(const db::Row& row, std::string& json) {
  json += row.text(Column::document);
}

bool Sieve::matches(const db::Row& row) {
  if (row.is_null(Column::document)) return false;
  if (row.is_null(Column::whole)) return true;
  checked_bytes_ += row.text(Column::whole).size();
  return filter_.matches(json::parse_stored(row.text(Column::whole)));
}

bool Sieve::take(const db::Row& row) {
  ++candidates_;
  if (matches(row)) {
    if (found_ == limit_) {
      is_cut_ = true;
      return false;
    }
    ++found_;
    if (append_) {
      if (!json_.empty()) json_ += ',';
      append_(row, json_);
    }
  }
  // A place that marks the end of a day has no time of its own.
  const std::string_view at = row.text(Column::place);
  if (at.size() > db::place_time_bytes) last_place_ = at;
  is_cut_ = candidates_ >= candidates_max || checked_bytes_ >= checked_bytes_max ||
            json_.size() >= page_max_bytes;
  return !is_cut_;
}

Items Sieve::items() && {
  Items items{std::move(json_), std::nullopt};
  const auto last = db::read_place(last_place_);
  if (is_cut_ && last) items.next = Place{last->time, std::string(last->rest)};
  return items;
}

Total Sieve::total() const {
  return {found_, is_cut_};
}

std::string walk_from(const Place& after) {
  return db::place_of(after.time, after.key);
}

Task<Items> search(db::Connection& connection, SearchStatements statements, Uuid reader,
                   Range range, std::shared_ptr<const Filter> filter, AppendItem append) {
  Sieve sieve(*filter, range.limit, std::move(append));
  co_await walk(connection, statements, reader, range.after, *filter, sieve);
  co_return std::move(sieve).items();
}

Task<Total> count_found(db::Connection& connection, SearchStatements statements, Uuid reader,
                        std::shared_ptr<const Filter> filter) {
  Sieve sieve(*filter, count_max, {});
  const Place beginning = Place::before(after_all_times);
  co_await walk(connection, statements, reader, beginning, *filter, sieve);
  co_return sieve.total();
}

}  // namespace onggi::store
