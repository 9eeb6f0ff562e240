// What is kept of a memory so that it is found: its terms with their counts, its length, whose turn
// it is, and the terms of its metadata.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "json/json.h"

namespace onggi::words {

// Counts are in halves: a word of the content counts two, one of the metadata or of the speaker's
// name one.
using Count = std::uint32_t;

struct Document {
  // Words of the content that are no stop words, nor said twice in another form.
  std::uint32_t length = 0;
  bool asks = false;    // it ends with a question
  std::string speaker;  // name_terms() joined by spaces; empty: not said
  std::vector<std::pair<std::string, Count>> terms;  // ascending, each once
  std::vector<std::uint64_t> metadata;               // hashes of json::document_terms, ascending
};

// Of a memory. Speaker is the metadata's speaker, author, name, from, who or user, else how the
// content begins, else the metadata's role. Other strings of the metadata, up to 2,000 bytes, are
// words as well, which weigh half.
Document describe(std::string_view content, const json::Object& metadata);

// A metadata filter's hashes; has_all: a document that has all of them contains it.
struct Wanted {
  std::vector<std::uint64_t> hashes;
  bool decide = true;
};
Wanted wanted_of(const json::Object& filter);
// Among a document's hashes: it has too many for an index and may contain anything.
std::uint64_t unlisted_hash();

// As it is stored: bytes, the same on every store.
std::string encode(const Document& document);

// Reads encode()'s bytes piece by piece. Throws std::runtime_error where they are damaged.
struct Decoded {
  std::uint32_t length = 0;
  bool asks = false;
  std::string_view speaker;
};
Decoded decode(std::string_view bytes,
               const std::function<void(std::string_view term, Count count)>& term,
               const std::function<void(std::uint64_t hash)>& hash);

// Of a decoded or described document's parts, so that two sides can be compared: what `onggi check`
// does.
Document decode(std::string_view bytes);

}  // namespace onggi::words
