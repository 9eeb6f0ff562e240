#include "model/memory_search.h"

namespace onggi::model {
namespace {

constexpr std::array search_fields{
    field<&MemorySearch::query>("query", "What is asked, in the agent's own words")
        .required()
        .between(1, query_max),
    field<&MemorySearch::top_k>("top_k", "How many memories are wanted").between(1, top_k_max),
    field<&MemorySearch::memory_type>("memory_type", "Memories of this type"),
    field<&MemorySearch::type>("type", "The same"),
    field<&MemorySearch::importance>("importance", "Memories of this importance"),
    field<&MemorySearch::metadata>("metadata", "Memories whose metadata contains this"),
    field<&MemorySearch::from>("from", "Created at this instant or later"),
    field<&MemorySearch::to>("to", "Created before this instant"),
    field<&MemorySearch::embedding>("embedding", "A vector to be compared with those of memories")
        .between(1, embedding_max),
    field<&MemorySearch::explain>("explain", "Whether the parts of each score are shown"),
};

}  // namespace

const Shape memory_search_shape{"MemorySearch", search_fields, make_record<MemorySearch>};

}  // namespace onggi::model
