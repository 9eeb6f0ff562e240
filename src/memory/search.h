// Search in an agent's memory: by words (words/rank.h), and by vectors where the query has one.
//
// Vectors: exact cosine over all memories that meet the conditions, up to 10,000 of them; of an
// agent that has more, over the best 1,000 by words and the newest 1,000. The two orders are fused
// by reciprocal rank (G. V. Cormack, C. L. A. Clarke, S. Büttcher: Reciprocal Rank Fusion
// Outperforms Condorcet and Individual Rank Learning Methods, SIGIR 2009; k = 60). Embeddings of
// another dimension than the query's are passed over; where there are no others, that is 422.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "db/database.h"
#include "memory/embeddings.h"
#include "memory/indexes.h"
#include "model/memory_search.h"
#include "store/memory_words.h"

namespace onggi::memory {

// From a request's body: 422 with every complaint. The query's defaults are those of the shape.
using SearchQuery = std::shared_ptr<const model::MemorySearch>;
Result<SearchQuery> search_query(const json::Value& body);

struct SearchAnswer {
  std::string json;  // an array, best first
  std::vector<Uuid> found;
};

class Search {
 public:
  // Must outlive it; `embeddings` may be null.
  Search(Indexes& indexes, const Embeddings* embeddings)
      : indexes_(indexes), embeddings_(embeddings) {}

  // The query with an embedding, where it came without one and a service gives them. One that does
  // not answer within two seconds is left alone for half a minute: words alone decide meanwhile.
  // Waits for the service: not on an event loop.
  SearchQuery with_embedding(SearchQuery query);

  // Over one snapshot. 404 where the agent is not the owner's. Works for milliseconds: not on an
  // event loop. A fixed number of statements: four with an embedding more. `is_ours`: the embedding
  // is with_embedding()'s, so that its dimension is no mistake of the client's.
  Task<Result<SearchAnswer>> search(db::Connection& connection, Uuid agent, Uuid owner,
                                    SearchQuery query, Time now, bool is_ours = false) const;

 private:
  Indexes& indexes_;
  const Embeddings* const embeddings_;
  std::mutex mutex_;
  std::chrono::steady_clock::time_point silent_until_{};  // the service has not answered
};

}  // namespace onggi::memory
