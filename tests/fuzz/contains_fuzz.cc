// Containment (PostgreSQL's @>) and the terms that its index is made of: two lines, a document and
// a filter.
#include <algorithm>

#include "json/terms.h"
#include "tests/fuzz/fuzz.h"

namespace onggi::fuzz {
namespace {

using json::Array;
using json::Object;
using json::Value;

constexpr std::string_view member[] = {"configuration"};

// The rule as PostgreSQL's manual has it, without an eye on time.
bool holds(const Value& value, const Value& filter) {
  if (const Object* wanted = filter.if_object()) {
    const Object* object = value.if_object();
    return object != nullptr && std::ranges::all_of(*wanted, [&](const auto& one) {
             const Value* found = object->if_contains(one.key());
             return found != nullptr && holds(*found, one.value());
           });
  }
  if (const Array* wanted = filter.if_array()) {
    const Array* array = value.if_array();
    return array != nullptr && std::ranges::all_of(*wanted, [&](const Value& one) {
             return std::ranges::any_of(*array,
                                        [&](const Value& element) { return holds(element, one); });
           });
  }
  return !value.is_object() && !value.is_array() && json::equal(value, filter);
}

// An array, and only the outermost, also contains what it has as an element.
bool is_bare_element(const Value& value, const Value& filter) {
  const Array* array = value.if_array();
  return array != nullptr && !filter.is_object() && !filter.is_array() &&
         std::ranges::any_of(*array,
                             [&](const Value& element) { return json::equal(element, filter); });
}

void check_terms(const Value& document, const Value& filter, bool is_contained) {
  const Object whole{{member[0], document}};
  const std::vector<json::Term> has = json::document_terms(whole, member, "ana", 100'000);
  const json::FilterTerms wants = json::filter_terms(Object{{member[0], filter}}, "ana");
  hold(!wants.terms.empty(), "a filter has terms");
  hold(std::ranges::is_sorted(has) && std::ranges::is_sorted(wants.terms), "terms are sorted");
  const bool has_all = std::ranges::includes(has, wants.terms);
  if (is_contained) hold(has_all, "what contains the filter has all of its terms");
  if (has_all && wants.decide) hold(is_contained, "terms that decide are enough");
  const json::FilterTerms others = json::filter_terms(Object{{member[0], filter}}, "bob");
  hold(!std::ranges::includes(has, others.terms), "nobody finds what is in another scope");
}

}  // namespace

void try_input(std::string_view input) {
  const Result<Value> document = json::parse(take_line(input));
  const Result<Value> filter = json::parse(input);
  if (!document || !filter) return;
  const bool is_contained = json::contains(*document, *filter);
  hold(is_contained == (holds(*document, *filter) || is_bare_element(*document, *filter)),
       "it is what PostgreSQL says");
  hold(json::contains(*document, *document), "everything contains itself");
  check_terms(*document, *filter, is_contained);
}

}  // namespace onggi::fuzz
