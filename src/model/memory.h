// What agents remember, how an agent wants it kept, and what the timeline tells.
#pragma once

#include "model/field.h"

namespace onggi::model {

enum class MemoryType : std::uint8_t { short_term, long_term, episodic, semantic };
inline constexpr std::array<std::string_view, 4> memory_type_names{"short_term", "long_term",
                                                                   "episodic", "semantic"};
template <>
inline constexpr std::span<const std::string_view> names_of<MemoryType>{memory_type_names};

enum class Importance : std::uint8_t { low, medium, high };
inline constexpr std::array<std::string_view, 3> importance_names{"low", "medium", "high"};
template <>
inline constexpr std::span<const std::string_view> names_of<Importance>{importance_names};

inline constexpr std::size_t content_max_bytes = 1u << 20;
inline constexpr std::int64_t embedding_max = 4'096;
inline constexpr std::int64_t memories_at_once_max = 1'000;

struct Memory : Record {
  Uuid id;
  Uuid agent_id;
  Uuid user_id;  // the agent's owner
  MemoryType type = MemoryType::short_term;
  std::string content;
  Document metadata;
  Importance importance = Importance::medium;
  std::optional<std::string> session_id;
  std::optional<std::vector<float>> embedding;
  std::int64_t access_count = 0;
  std::optional<Time> last_accessed_at;
  std::optional<Time> created_at;  // never absent in a stored one
  Time updated_at;
  std::int64_t version = 1;
  // No fields: what its life depends on besides.
  bool is_pinned = false;                 // its promotion was undone
  std::optional<std::string> provenance;  // JSON: what it was before its promotion
};

struct MemorySettings : Record {
  std::int64_t short_term_retention_hours = 24;
  bool auto_cleanup = true;
  bool auto_consolidation = true;
  std::int64_t consolidation_threshold = 100;
  bool enable_compression = true;
  std::int64_t max_memory_size_mb = 1'000;
  Importance importance_threshold = Importance::low;
};

// As everybody sees and writes one; and as an admin may, who brings memory along: what else is the
// server's to write can be sent.
extern const Shape memory_shape;
extern const Shape memory_import_shape;
extern const Shape memory_settings_shape;
// For OpenAPI: what the timeline's list shows.
extern const Shape timeline_entry_shape;

}  // namespace onggi::model
