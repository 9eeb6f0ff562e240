#include "store/search.h"

#include <algorithm>

#include "db/place.h"

namespace onggi::store {
namespace {

enum Column : int { place, document, whole };

constexpr std::string_view of_everybody{};  // the scope of public documents

// What the parameters of a search point into.
struct Search {
  Search(const Filter& filter, std::string_view document, const Uuid& who, const Place& after)
      : reader(who),
        from(walk_from(after)),
        own(filter.terms(who.view())),
        others(filter.terms(of_everybody)),
        parts(filter.parts(document)),
        time(after.time),
        id(after.key.substr(0, sizeof(Uuid))),
        position(after.key.size() > sizeof(Uuid) ? db::position_in(after.key) : std::nullopt) {}

  const Uuid reader;
  const std::string from;
  const Filter::Terms own;
  const Filter::Terms others;
  const Filter::Parts parts;
  const Time time;
  const std::string id;
  const std::optional<std::uint32_t> position;  // of a node
};

// Among what is the reader's or public.
db::Params search_params(const Search& search, const Filter& filter, const Sieve& sieve) {
  db::Params params = db::Params::of(search.reader);
  params.add_blob(search.from)
      .add_blob(search.own.listed)
      .add_blob(search.others.listed)
      .add_blob(search.own.unlisted)
      .add_blob(search.others.unlisted)
      .add(!filter.is_decided());
  params.add(search.time)
      .add_blob(search.id)
      .add(search.position ? std::int64_t{*search.position} : -1)
      .add(sieve.rows_wanted())
      .add(search.parts.equal)
      .add(search.parts.contained)
      .add_texts(search.parts.also_contained)
      .add(candidates_max)
      .add(sieve.wants_documents());
  return params;
}

Task<void> walk(db::Connection& connection, const SearchStatements& statements, Uuid reader,
                const Place& after, const Filter& filter, Sieve& sieve) {
  const Search search(filter, statements.document, reader, after);
  const bool is_one = search.own.listed.size() == sizeof(json::Term);
  const db::Statement& statement = is_one ? statements.with_term : statements.with_terms;
  std::function<bool(const db::Row&)> take = [&sieve](const db::Row& row) {
    return sieve.take(row);
  };
  co_await connection.scan(statement, search_params(search, filter, sieve), std::move(take));
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

Filter::Parts Filter::parts(std::string_view document) const {
  Parts parts;
  json::Object equal;
  for (const json::Object& wanted : wanted_)
    for (const auto& member : wanted) {
      if (member.key() != document)
        equal.emplace(member.key(), member.value());
      else if (!parts.contained)
        parts.contained = json::canonical(member.value());
      else
        parts.also_contained.push_back(json::canonical(member.value()));
    }
  parts.equal = json::canonical(json::Value(std::move(equal)));
  return parts;
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
  // Where the store itself has stopped looking.
  if (row.is_null(Column::document) && !row.is_null(Column::whole)) {
    last_place_ = row.text(Column::place);
    is_cut_ = true;
    return false;
  }
  ++candidates_;
  if (matches(row)) {
    if (found_ == limit_) {
      is_cut_ = true;
      last_place_ = last_found_;
      return false;
    }
    ++found_;
    last_found_ = row.text(Column::place);
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
