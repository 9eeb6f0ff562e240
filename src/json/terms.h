// Documents taken apart into path-value terms: what the embedded store's index of JSON is made of.
//
// A term stands for one value at one path; the positions of an array's elements are left out of the
// path, so `{"nodes":[{"type":"llm"}]}` has the term nodes[].type = "llm" however many nodes there
// are. Objects and arrays inside a document have a term of their own (that there is one at this
// path), so that filters with empty ones are found as well. A document can contain a filter only if
// it has all of the filter's terms; where members of one array element are asked for together that
// is not yet enough, and filter_terms() says so.
//
// A term is 128 bits of SHA-256 over the path, step by step, and the value's canonical spelling
// (json.h), so equal numbers have equal terms, any key and any length of string will do, and nobody
// can make two values that share one. It begins with a scope (whose documents are searched), so
// that nobody's search walks over what belongs to others.
//
// A scope of more than 16 bytes is a narrow one, of which there are many: all its terms begin with
// the same two bytes, so that they lie together in the index and go from it together.
//
// A change of what terms are needs a migration that makes them anew.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "json/json.h"

namespace onggi::json {

using Term = std::array<std::uint8_t, 16>;

// The terms of these members of an object, sorted, each once. Where there would be more than `most`
// of them: unlisted_term(scope) alone. A member that is an array is also found by each bare value
// in it, as contains() has it.
std::vector<Term> document_terms(const Object& document, std::span<const std::string_view> members,
                                 std::string_view scope, std::size_t most);

// What a document of too many terms stands under: a candidate for every filter.
Term unlisted_term(std::string_view scope);

struct FilterTerms {
  std::vector<Term> terms;  // never empty for a filter with a member; sorted, each once
  bool decide = true;       // a document that has all of them contains the filter
};

// Of an object whose members are filters on members of documents.
FilterTerms filter_terms(const Object& filter, std::string_view scope);

// The terms one after the other, 16 bytes each.
std::string joined(std::span<const Term> terms);

}  // namespace onggi::json
