// The words of one agent's memories, in memory: made from what the store keeps of each
// (words/document.h), kept up to date by putting in what has changed, and asked by rank().
//
// What an answer depends on is the set of memories that were put in and have not expired: not the
// order in which they came, nor what was there before. So two stores with the same memories give
// the same order.
//
// Size: about 400 bytes for a memory of 400 bytes. Not thread-safe.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/uuid.h"
#include "words/document.h"
#include "words/query.h"
#include "words/rank.h"

namespace onggi::words {

inline constexpr std::size_t shelves_max = 32;

// For each shelf, from when on what stands there is alive: what has expired is neither found nor
// counted, and lends nothing.
using Horizon = std::array<Time, shelves_max>;
inline Horizon all_alive() {
  Horizon horizon;
  horizon.fill(earliest_time);
  return horizon;
}

// A memory as the index takes it in.
struct Memory {
  Uuid id;
  Time created_at;
  std::int64_t arrival = 0;     // orders what was created at the same time
  std::string_view session;     // empty: none
  std::uint8_t type = 0;        // below 32, whatever the caller numbers them
  std::uint8_t importance = 1;  // 0 low, 1 medium, 2 high
  std::uint8_t shelf = 0;       // what expires alike; below shelves_max
  Time aged_from;               // it has expired when this lies before its shelf's horizon
  std::string_view words;       // words::encode()
};

// What a hit must be. Context comes from other memories as well.
struct Conditions {
  std::uint32_t types = ~0u;        // a bit each
  std::uint32_t importances = ~0u;  // a bit each
  Time from = earliest_time;
  Time to = Time{latest_time.ms + 1};   // exclusive
  std::vector<std::uint64_t> metadata;  // words::wanted_of()
};

// Why a hit stands where it stands: the parts of the formula.
struct Parts {
  struct Word {
    std::string term;   // as the query has it
    std::string found;  // as the memory has it: the same, but for typing errors
    double idf = 0;
    double own = 0;      // what it adds by itself
    double context = 0;  // what its neighbours add to that
  };
  std::vector<Word> words;
  double speaker = 1;
  double asks = 1;
  double date = 1;
  double importance = 1;
  double age = 1;
};

struct Hit {
  Uuid id;
  Time created_at;
  double score = 0;
  Parts parts;  // where asked for
};

struct Ranking {
  std::vector<Hit> hits;  // best first; equal ones newest first, by (created_at, id)
  // What a memory would reach that is all that the query asks for. A score over it is 0 to 1.
  double ideal = 0;
  // The terms under which hits were found, as they stand in memories: for snippets.
  std::vector<std::string> terms;
};

class Index {
 public:
  Index();
  ~Index();
  Index(const Index&) = delete;
  Index& operator=(const Index&) = delete;

  // Puts a memory in, in the place of what was there under its id.
  void put(const Memory& memory);
  void remove(const Uuid& id);

  struct Wish {
    std::size_t most = 10;  // hits
    bool explain = false;
    // Whether memories that have none of the words may come in by their context, where hits alone
    // fill the answer.
    bool context_alone = true;
  };
  // `now` is what age is counted to.
  Ranking rank(const Query& query, const Conditions& conditions, const Horizon& horizon, Time now,
               const Wish& wish, const Weights& weights = whole_formula);

  // The newest that meet the conditions, by (created_at, id).
  std::vector<Uuid> newest(const Conditions& conditions, const Horizon& horizon, std::size_t most);

  // Whether Conditions::metadata leaves out whatever it can: false where a memory has more terms of
  // metadata than are listed, and may be let through by them.
  bool lists_all_metadata() const;

  std::size_t memories() const;  // expired ones included
  std::size_t bytes() const;     // about what it takes
  // Whether so much of it is of memories that are gone that it should be made anew.
  bool is_worn() const;

 private:
  friend class Answer;
  struct Body;
  std::unique_ptr<Body> body_;
};

}  // namespace onggi::words
