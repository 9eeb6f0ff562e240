// Text as search in memory takes it apart, and what is kept of it.
#include "base/utf8.h"
#include "tests/fuzz/fuzz.h"
#include "words/analysis.h"
#include "words/document.h"
#include "words/query.h"
#include "words/snippet.h"

namespace onggi::fuzz {
namespace {

std::string without_marks(std::string text) {
  for (const std::string_view mark : {"<mark>", "</mark>"})
    for (std::size_t at = text.find(mark); at != text.npos; at = text.find(mark))
      text.erase(at, mark.size());
  return text;
}

}  // namespace

void try_input(std::string_view input) {
  const std::vector<words::Token> tokens = words::analyse(input);
  std::vector<std::string> terms;
  for (const words::Token& token : tokens) {
    hold(!token.term.empty() && token.term.size() <= words::max_term_bytes, "a term has a size");
    hold(token.begin < token.end && token.end <= input.size(), "it stands in the text");
    terms.push_back(token.term);
  }
  hold(words::speaker_prefix(input) <= input.size(), "a speaker stands in the text");
  const words::Document document = words::describe(input, {});
  const words::Document read = words::decode(words::encode(document));
  hold(read.terms == document.terms && read.length == document.length &&
           read.speaker == document.speaker && read.metadata == document.metadata &&
           read.asks == document.asks,
       "what is kept is read again");
  const words::Query query = words::ask(input, Time{1'700'000'000'000});
  hold(query.terms.empty() == tokens.empty(), "whatever has a word can be asked for");
  for (const words::Span& span : query.dates) hold(span.from < span.to, "a date is a time");
  const std::string snippet = words::snippet(input, terms);
  if (is_utf8(input)) hold(is_utf8(snippet), "a snippet is UTF-8");
  if (input.size() <= words::snippet_bytes && input.find("mark>") == input.npos)
    hold(without_marks(snippet) == input, "a short text is shown whole");
}

}  // namespace onggi::fuzz
