// What a search in memory asks for.
#pragma once

#include "model/memory.h"

namespace onggi::model {

inline constexpr std::int64_t query_max = 10'000;  // characters
inline constexpr std::int64_t top_k_max = 100;

struct MemorySearch : Record {
  std::string query;
  std::int64_t top_k = 10;
  std::optional<MemoryType> memory_type;
  std::optional<MemoryType> type;  // the same
  std::optional<Importance> importance;
  Document metadata;
  std::optional<Time> from;
  std::optional<Time> to;
  std::optional<std::vector<float>> embedding;
  bool explain = false;
};

extern const Shape memory_search_shape;

}  // namespace onggi::model
