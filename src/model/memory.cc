#include "model/memory.h"

namespace onggi::model {
namespace {

constexpr std::int64_t access_count_max = 1'000'000'000;

bool is_short_enough(std::string_view text, std::string& why) {
  if (text.size() <= content_max_bytes) return true;
  why = "must have at most 1 MB";
  return false;
}

// What an admin may send besides stands in two of the three lists as read-only.
constexpr auto fields(bool is_import) {
  const auto of_the_server = [is_import](Field field) {
    return is_import ? field : field.read_only();
  };
  return std::array{
      field<&Memory::id>("id", "UUIDv7, made by the server unless sent at creation"),
      field<&Memory::agent_id>("agent_id", "Whose memory it is").read_only(),
      field<&Memory::user_id>("user_id", "The agent's owner").read_only(),
      field<&Memory::type>("type", "How it is remembered").required(),
      field<&Memory::content>("content", "The text, at most 1 MB")
          .required()
          .between(1, content_max_bytes)
          .checked(is_short_enough),
      field<&Memory::metadata>("metadata", "Whatever the platform keeps with it; searchable"),
      field<&Memory::importance>("importance", "What clean-up may take"),
      field<&Memory::session_id>("session_id", "Groups memories").between(1, 500),
      field<&Memory::embedding>("embedding", "A vector of 32-bit numbers")
          .between(1, embedding_max)
          .heavy(),
      of_the_server(field<&Memory::access_count>("access_count", "How often it was read or found")
                        .between(0, access_count_max)),
      of_the_server(
          field<&Memory::last_accessed_at>("last_accessed_at", "When it was last read or found")),
      of_the_server(field<&Memory::created_at>("created_at", "When it was created")),
      field<&Memory::updated_at>("updated_at", "When it was last changed").read_only(),
      field<&Memory::version>("version", "Counts its changes, from 1; the first part of its ETag")
          .read_only(),
  };
}

constexpr auto memory_fields = fields(false);
constexpr auto import_fields = fields(true);

constexpr std::array settings_fields{
    field<&MemorySettings::short_term_retention_hours>("short_term_retention_hours",
                                                       "How long short-term memories live")
        .between(1, 168),
    field<&MemorySettings::auto_cleanup>("auto_cleanup", "Whether anything expires"),
    field<&MemorySettings::auto_consolidation>("auto_consolidation",
                                               "Whether what is used is promoted by itself"),
    field<&MemorySettings::consolidation_threshold>(
        "consolidation_threshold", "The number of short-term memories at which promotion runs")
        .between(10, 1'000),
    field<&MemorySettings::enable_compression>("enable_compression",
                                               "Whether what is large is stored compressed"),
    field<&MemorySettings::max_memory_size_mb>("max_memory_size_mb",
                                               "How much the agent may remember, in MB")
        .between(100, 10'000),
    field<&MemorySettings::importance_threshold>(
        "importance_threshold", "The highest importance that making room may take"),
};

struct TimelineEntry : Record {
  Uuid id;
  std::string type;
  Uuid memory_id;
  Time timestamp;
  Document metadata;
};

constexpr std::array timeline_fields{
    field<&TimelineEntry::id>("id", "Of the entry"),
    field<&TimelineEntry::type>("type",
                                "created, accessed, updated, promoted, merged, removed or undone"),
    field<&TimelineEntry::memory_id>("memory_id", "Which memory; it may be gone"),
    field<&TimelineEntry::timestamp>("timestamp", "When; of accesses, the day"),
    field<&TimelineEntry::metadata>("metadata", "What else there is to tell; of accesses, count"),
};

}  // namespace

const Shape memory_shape{"Memory", memory_fields, make_record<Memory>};
const Shape memory_import_shape{"Memory", import_fields, make_record<Memory>};
const Shape memory_settings_shape{"MemorySettings", settings_fields, make_record<MemorySettings>};
const Shape timeline_entry_shape{"TimelineEntry", timeline_fields, make_record<TimelineEntry>};

}  // namespace onggi::model
