#include "memory/search.h"

#include <algorithm>
#include <cmath>
#include <unordered_map>
#include <unordered_set>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "memory/vectors.h"
#include "model/decode.h"
#include "store/change.h"
#include "store/search.h"
#include "words/snippet.h"

namespace onggi::memory {
namespace {

constexpr std::size_t compared_all_max = 10'000;
constexpr std::size_t compared_each = 1'000;
constexpr std::size_t vector_reads = 4;  // statements, so that their rows are in memory in parts
constexpr double fusion_k = 60;
// Some may be gone when they are read: another search's index may be ahead of this one's snapshot.
constexpr std::size_t spare = 8;
// The rows of what is gone are kept for a day (sql/memory.sql, forget_gone).
constexpr auto trusted_for = std::chrono::hours(12);
constexpr auto query_patience = std::chrono::seconds(2);
constexpr auto silence = std::chrono::seconds(30);

struct Found {
  words::Hit hit;
  double relevance = 0;
  std::optional<double> similarity;  // of the vectors
  std::optional<std::size_t> words_rank;
  std::optional<std::size_t> vectors_rank;
};

struct Ranked {
  words::Ranking ranking;
  std::vector<Uuid> newest;  // those whose vectors are to be looked at, beside the best by words
  std::size_t newest_max = 0;
  // Whether the index may have let through what the filter of metadata does not.
  bool is_open = false;
};

const std::vector<float>& vector_of(const model::MemorySearch& query) {
  static const std::vector<float> none;
  return query.embedding ? *query.embedding : none;
}

// What is asked of metadata; nullopt: nothing, since every object contains {}.
std::optional<json::Object> metadata_of(const model::MemorySearch& query) {
  if (query.metadata.text == "{}") return std::nullopt;
  return json::parse_stored(query.metadata.text).get_object();
}

words::Conditions conditions_of(const model::MemorySearch& query) {
  words::Conditions conditions;
  if (query.memory_type) conditions.types = 1u << static_cast<unsigned>(*query.memory_type);
  if (query.importance) conditions.importances = 1u << static_cast<unsigned>(*query.importance);
  if (query.from) conditions.from = *query.from;
  if (query.to) conditions.to = *query.to;
  if (const std::optional<json::Object> metadata = metadata_of(query))
    conditions.metadata = words::wanted_of(*metadata).hashes;
  return conditions;
}

bool is_decided(const model::MemorySearch& query, const words::Index& index) {
  const std::optional<json::Object> metadata = metadata_of(query);
  return !metadata || (words::wanted_of(*metadata).decide && index.lists_all_metadata());
}

// How many of the best by words are wanted.
std::size_t best_max(const model::MemorySearch& query) {
  return vector_of(query).empty() ? static_cast<std::size_t>(query.top_k) + spare : compared_each;
}

void make_set(std::vector<Uuid>& ids) {
  std::ranges::sort(ids);
  const auto [first, last] = std::ranges::unique(ids);
  ids.erase(first, last);
}

Ranked rank(words::Index& index, const model::MemorySearch& query, const words::Horizon& horizon,
            Time now) {
  const words::Query asked = words::ask(query.query, now);
  const words::Conditions conditions = conditions_of(query);
  words::Index::Wish wish;
  wish.most = best_max(query);
  wish.explain = query.explain;
  Ranked ranked;
  ranked.is_open = !is_decided(query, index);
  if (ranked.is_open) wish.most = store::candidates_max;
  ranked.ranking = index.rank(asked, conditions, horizon, now, wish);
  if (vector_of(query).empty()) return ranked;
  ranked.newest_max = index.memories() <= compared_all_max ? compared_all_max : compared_each;
  const std::size_t newest = ranked.is_open ? store::candidates_max : ranked.newest_max;
  ranked.newest = index.newest(conditions, horizon, newest);
  return ranked;
}

// Takes out what the filter of metadata does not let through. A statement, whatever there is to be
// looked at.
Task<void> sift(db::Connection& connection, Uuid agent, SearchQuery query, Ranked& ranked) {
  const std::optional<json::Object> metadata = metadata_of(*query);
  if (!metadata) co_return;
  std::vector<Uuid> ids;
  if (ranked.is_open) {
    ids = ranked.newest;
    for (const words::Hit& hit : ranked.ranking.hits) ids.push_back(hit.id);
    make_set(ids);
  }
  const std::unordered_set<Uuid> right =
      co_await store::memories_containing(connection, agent, std::move(ids), *metadata);
  if (!ranked.is_open) co_return;
  std::erase_if(ranked.ranking.hits,
                [&right](const words::Hit& hit) { return !right.contains(hit.id); });
  std::erase_if(ranked.newest, [&right](const Uuid& id) { return !right.contains(id); });
}

// Whose vectors are compared: the newest, and the best by words.
std::vector<Uuid> compared(Ranked& ranked) {
  std::vector<Uuid> ids = std::move(ranked.newest);
  if (ids.size() > ranked.newest_max) ids.resize(ranked.newest_max);
  for (const words::Hit& hit : ranked.ranking.hits) ids.push_back(hit.id);
  make_set(ids);
  return ids;
}

// The agent's index as of the connection's snapshot, asked.
Task<Ranked> rank_current(db::Connection& connection, Indexes& indexes, Uuid agent,
                          SearchQuery query, store::IndexState state, Time now) {
  const std::shared_ptr<KeptIndex> kept = indexes.of(agent);
  const auto begun = std::chrono::steady_clock::now();
  std::int64_t since = 0;
  {
    const std::scoped_lock lock(kept->mutex);
    const bool is_good =
        kept->index != nullptr && begun - kept->confirmed < trusted_for && !kept->index->is_worn();
    if (is_good) since = kept->next_change;
  }
  std::shared_ptr<words::Index> made;
  db::Rows changes;
  if (since == 0) {
    made = std::make_shared<words::Index>();
    co_await store::read_words(connection, agent, made);
  } else {
    changes = co_await store::changed_words(connection, agent, since);
  }
  Ranked ranked;
  std::size_t bytes = 0;
  {
    const std::scoped_lock lock(kept->mutex);
    // Who has seen more has put in more.
    const bool is_behind = kept->index != nullptr && kept->next_change > state.next_change;
    if (made != nullptr && !is_behind)
      kept->index = std::move(made);
    else if (made == nullptr && !is_behind)
      store::put_changes(changes, *kept->index);
    if (!is_behind) {
      kept->next_change = state.next_change;
      kept->confirmed = begun;
    }
    ranked = rank(*kept->index, *query, state.horizon, now);
    bytes = kept->index->bytes();
  }
  indexes.weigh(agent, bytes);
  co_return ranked;
}

// The memories in the order of their vectors' likeness to the query's.
Task<Result<std::vector<std::pair<Uuid, double>>>> compare(db::Connection& connection, Uuid agent,
                                                           SearchQuery query,
                                                           std::vector<Uuid> compared,
                                                           bool is_ours) {
  std::vector<std::pair<Uuid, double>> similar;
  bool differs = false;
  std::function<void(const Uuid&, std::span<const float>)> take =
      [&](const Uuid& id, std::span<const float> vector) {
        if (vector.size() != query->embedding->size())
          differs = true;
        else
          similar.emplace_back(id, cosine(*query->embedding, vector));
      };
  const std::size_t part = compared.size() / vector_reads + 1;
  for (std::size_t i = 0; i < vector_reads; ++i) {
    const std::size_t begin = std::min(i * part, compared.size());
    const std::size_t end = std::min(begin + part, compared.size());
    std::vector<Uuid> ids(compared.begin() + static_cast<std::ptrdiff_t>(begin),
                          compared.begin() + static_cast<std::ptrdiff_t>(end));
    co_await store::read_vectors(connection, agent, std::move(ids), take);
  }
  if (similar.empty() && differs && !is_ours)
    co_return invalid("/embedding", "has another dimension than the agent's embeddings");
  std::ranges::sort(similar, [](const auto& left, const auto& right) {
    return left.second != right.second ? left.second > right.second : left.first > right.first;
  });
  if (similar.size() > compared_each) similar.resize(compared_each);
  co_return similar;
}

std::vector<Found> by_words(words::Ranking& ranking) {
  std::vector<Found> all;
  for (words::Hit& hit : ranking.hits) {
    Found& found = all.emplace_back();
    found.relevance = ranking.ideal > 0 ? std::min(1.0, hit.score / ranking.ideal) : 0;
    found.words_rank = all.size();
    found.hit = std::move(hit);
  }
  return all;
}

std::vector<Found> fused(std::vector<Found> by_words,
                         const std::vector<std::pair<Uuid, double>>& similar) {
  std::unordered_map<Uuid, std::size_t> places;
  for (std::size_t i = 0; i < by_words.size(); ++i) places.emplace(by_words[i].hit.id, i);
  std::vector<Found> all = std::move(by_words);
  for (std::size_t i = 0; i < similar.size(); ++i) {
    const auto [place, is_new] = places.try_emplace(similar[i].first, all.size());
    if (is_new) all.emplace_back().hit.id = similar[i].first;
    all[place->second].vectors_rank = i + 1;
    all[place->second].similarity = similar[i].second;
  }
  for (Found& found : all) {
    double sum = 0;
    if (found.words_rank) sum += 1 / (fusion_k + static_cast<double>(*found.words_rank));
    if (found.vectors_rank) sum += 1 / (fusion_k + static_cast<double>(*found.vectors_rank));
    found.relevance = sum * (fusion_k + 1) / 2;
  }
  // Equal sums: what was found by words first.
  std::ranges::stable_sort(
      all, [](const Found& left, const Found& right) { return left.relevance > right.relevance; });
  return all;
}

void append_score(double score, std::string& out) {
  json::append_number(std::round(score * 1e6) / 1e6, out);
}

void append_explanation(const Found& found, double ideal, std::string& out) {
  out += R"(,"explanation":{"score":)";
  append_score(found.hit.score, out);
  out += R"(,"ideal":)";
  append_score(ideal, out);
  out += R"(,"words":[)";
  double words = 0;
  double context = 0;
  bool is_first = true;
  for (const words::Parts::Word& word : found.hit.parts.words) {
    if (!std::exchange(is_first, false)) out += ',';
    out += R"({"term":)";
    json::append_quoted(word.term, out);
    if (word.found != word.term) {
      out += R"(,"found":)";
      json::append_quoted(word.found, out);
    }
    out += R"(,"idf":)";
    append_score(word.idf, out);
    out += R"(,"bm25":)";
    append_score(word.own, out);
    out += R"(,"context":)";
    append_score(word.context, out);
    out += '}';
    words += word.own;
    context += word.context;
  }
  out += R"(],"bm25":)";
  append_score(words, out);
  out += R"(,"context":)";
  append_score(context, out);
  const auto factor = [&out](std::string_view name, double value) {
    out += ",\"";
    out += name;
    out += "\":";
    append_score(value, out);
  };
  factor("speaker", found.hit.parts.speaker);
  factor("asks", found.hit.parts.asks);
  factor("date", found.hit.parts.date);
  factor("importance", found.hit.parts.importance);
  factor("age", found.hit.parts.age);
  if (found.words_rank) factor("words_rank", static_cast<double>(*found.words_rank));
  if (found.similarity) factor("similarity", *found.similarity);
  if (found.vectors_rank) factor("vectors_rank", static_cast<double>(*found.vectors_rank));
  out += '}';
}

}  // namespace

Result<SearchQuery> search_query(const json::Value& body) {
  auto query = std::make_shared<model::MemorySearch>();
  auto decoded = model::decode(model::memory_search_shape, body, *query, model::Source::creation);
  if (!decoded) return std::unexpected(std::move(decoded.error()));
  if (query->type && query->memory_type && *query->type != *query->memory_type)
    return invalid("/memory_type", "says otherwise than type");
  if (query->type) query->memory_type = query->type;
  const std::optional<json::Object> metadata = metadata_of(*query);
  if (metadata && words::wanted_of(*metadata).hashes.size() > store::filter_terms_max)
    return invalid("/metadata",
                   fmt::format("asks for more than {} values", store::filter_terms_max));
  return query;
}

SearchQuery Search::with_embedding(SearchQuery query) {
  if (embeddings_ == nullptr || query->embedding) return query;
  {
    const std::scoped_lock lock(mutex_);
    if (std::chrono::steady_clock::now() < silent_until_) return query;
  }
  try {
    auto whole = std::make_shared<model::MemorySearch>(*query);
    whole->embedding = embeddings_->of({query->query}, query_patience).at(0);
    return whole;
  } catch (const std::exception& failure) {
    spdlog::warn("embeddings_failed count=1 reason=\"{}\"", failure.what());
    const std::scoped_lock lock(mutex_);
    silent_until_ = std::chrono::steady_clock::now() + silence;
    return query;
  }
}

Task<Result<SearchAnswer>> Search::search(db::Connection& connection, Uuid agent, Uuid owner,
                                          SearchQuery query, Time now, bool is_ours) const {
  std::optional<store::IndexState> state =
      co_await store::index_state(connection, agent, owner, now);
  if (!state) co_return store::not_found();
  Ranked ranked = co_await rank_current(connection, indexes_, agent, query, *state, now);
  co_await sift(connection, agent, query, ranked);
  if (ranked.ranking.hits.size() > best_max(*query)) ranked.ranking.hits.resize(best_max(*query));
  const double ideal = ranked.ranking.ideal;
  std::vector<Uuid> ids_compared;
  if (!vector_of(*query).empty()) ids_compared = compared(ranked);
  std::vector<Found> all = by_words(ranked.ranking);
  if (!vector_of(*query).empty()) {
    Result<std::vector<std::pair<Uuid, double>>> similar =
        co_await compare(connection, agent, query, std::move(ids_compared), is_ours);
    if (!similar) co_return std::unexpected(std::move(similar.error()));
    all = fused(std::move(all), *similar);
  }
  const auto top_k = static_cast<std::size_t>(query->top_k);
  if (all.size() > top_k + spare) all.resize(top_k + spare);
  std::vector<Uuid> ids;
  for (const Found& found : all) ids.push_back(found.hit.id);
  const std::vector<store::FoundMemory> memories =
      co_await store::found_memories(connection, agent, owner, std::move(ids));
  std::unordered_map<Uuid, const store::FoundMemory*> by_id;
  for (const store::FoundMemory& memory : memories) by_id.emplace(memory.id, &memory);

  SearchAnswer answer;
  answer.json = "[";
  for (const Found& found : all) {
    if (answer.found.size() == top_k) break;
    const auto memory = by_id.find(found.hit.id);
    if (memory == by_id.end()) continue;
    if (!answer.found.empty()) answer.json += ',';
    answer.found.push_back(found.hit.id);
    answer.json += R"({"memory":)";
    answer.json += memory->second->json;
    answer.json += R"(,"relevance_score":)";
    append_score(found.relevance, answer.json);
    answer.json += R"(,"snippet":)";
    json::append_quoted(words::snippet(memory->second->content, ranked.ranking.terms), answer.json);
    if (query->explain) append_explanation(found, ideal, answer.json);
    answer.json += '}';
  }
  answer.json += ']';
  co_return answer;
}

}  // namespace onggi::memory
