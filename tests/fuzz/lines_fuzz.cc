// The items of a batch: lines of NDJSON and elements of an array as they were written.
#include <algorithm>

#include "api/lines.h"
#include "tests/fuzz/fuzz.h"

namespace onggi::fuzz {
namespace {

bool is_blank(std::string_view text) {
  return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

void check_lines(std::string_view text) {
  std::string joined;
  for (const std::string_view line : api::split_lines(text)) {
    hold(!is_blank(line) && !line.contains('\n'), "a line holds something, and is one");
    hold(line.data() >= text.data() && line.data() + line.size() <= text.data() + text.size(),
         "it is a piece of the text");
    joined += line;
  }
  std::string kept(text);
  std::erase_if(joined, [](char c) { return is_blank({&c, 1}); });
  std::erase_if(kept, [](char c) { return is_blank({&c, 1}); });
  hold(joined == kept, "nothing is lost");
}

void check_elements(std::string_view text) {
  const Result<json::Value> array = json::parse(text, {}, json::max_depth + 1);
  if (!array || !array->is_array()) return;
  const std::vector<std::string_view> elements = api::split_array(text);
  hold(elements.size() == array->get_array().size(), "every element is there");
  for (std::size_t i = 0; i < elements.size(); ++i) {
    const Result<json::Value> element = json::parse(elements[i]);
    hold(element && json::equal(*element, array->get_array()[i]), "it is the element");
  }
}

}  // namespace

void try_input(std::string_view input) {
  check_lines(input);
  check_elements(input);
}

}  // namespace onggi::fuzz
