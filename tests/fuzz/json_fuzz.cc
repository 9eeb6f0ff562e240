// JSON text: what is taken is JSON and has one canonical spelling; what is not says why.
#include <boost/json/parse.hpp>

#include "base/utf8.h"
#include "tests/fuzz/fuzz.h"

namespace onggi::fuzz {
namespace {

void check_canonical(const json::Value& value) {
  const std::string text = json::canonical(value);
  hold(is_utf8(text), "canonical text is UTF-8");
  const Result<json::Value> again = json::parse(text);
  hold(again.has_value(), "canonical text is taken");
  hold(json::equal(value, *again) && json::equal(*again, value), "it is the same value");
  hold(json::canonical(*again) == text, "canonical text is its own canonical form");
  hold(json::canonical(json::parse_stored(text)) == text, "what was stored comes back");
  hold(json::canonical_size(value, text.size()) == text.size(), "its size is known beforehand");
  hold(json::canonical_size(value, text.size() - 1) == text.size(), "so is that it is too large");
}

// Against a second parser: Boost's own, which takes the last of duplicate members.
void check_against_boost(std::string_view text, const Result<json::Value>& parsed) {
  boost::json::parse_options options;
  options.max_depth = json::max_depth;
  boost::json::error_code error;
  boost::json::parse(text, error, {}, options);
  if (parsed) hold(!error, "what is taken is JSON");
  if (!parsed && parsed.error().code == Code::malformed)
    hold(static_cast<bool>(error), "what is called malformed is not JSON");
}

void check_pointer(std::string_view pointer) {
  hold(pointer.empty() || pointer.front() == '/', "a pointer begins with '/'");
  hold(pointer.size() <= 1'100 && is_utf8(pointer), "a pointer is short, and UTF-8");
  for (std::size_t at = pointer.find('~'); at != pointer.npos; at = pointer.find('~', at + 1))
    hold(at + 1 < pointer.size() && (pointer[at + 1] == '0' || pointer[at + 1] == '1'),
         "a '~' is escaped");
}

}  // namespace

void try_input(std::string_view input) {
  const Result<json::Value> parsed = json::parse(input);
  check_against_boost(input, parsed);
  if (parsed) return check_canonical(*parsed);
  check_refusal(parsed.error());
  for (const FieldError& complaint : parsed.error().errors) check_pointer(complaint.field);
}

}  // namespace onggi::fuzz
