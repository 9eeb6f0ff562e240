#include "words/snippet.h"

#include <algorithm>
#include <unordered_set>

#include "base/utf8.h"
#include "words/analysis.h"

namespace onggi::words {
namespace {

struct Mark {
  std::size_t begin;
  std::size_t end;
  std::string_view term;
};

// A memory may have a megabyte; what stands far behind is not looked for.
constexpr std::size_t searched_bytes = 65'536;

// The first of the marks of the window that holds most different terms, then most marks.
std::size_t best_window(const std::vector<Mark>& marks) {
  std::size_t best = 0;
  std::size_t best_terms = 0;
  std::size_t best_marks = 0;
  for (std::size_t i = 0; i < marks.size(); ++i) {
    std::unordered_set<std::string_view> terms;
    std::size_t count = 0;
    for (std::size_t j = i; j < marks.size() && count < 64; ++j) {
      if (marks[j].end > marks[i].begin + snippet_bytes * 2 / 3) break;
      terms.insert(marks[j].term);
      ++count;
    }
    if (terms.size() < best_terms || (terms.size() == best_terms && count <= best_marks)) continue;
    best = i;
    best_terms = terms.size();
    best_marks = count;
  }
  return best;
}

bool is_space(char c) {
  return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}
bool is_inside(std::string_view text, std::size_t at) {
  return at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80;
}

}  // namespace

std::string snippet(std::string_view text, const std::vector<std::string>& terms) {
  const std::string_view searched = start_of(text, searched_bytes);
  const std::unordered_set<std::string_view> wanted(terms.begin(), terms.end());
  const std::vector<Token> tokens = analyse(searched);
  std::vector<Mark> marks;
  for (const Token& token : tokens)
    if (wanted.contains(token.term)) marks.push_back({token.begin, token.end, token.term});
  std::ranges::sort(marks, {}, [](const Mark& mark) { return std::pair{mark.begin, mark.end}; });

  std::size_t begin = 0;
  if (text.size() > snippet_bytes && !marks.empty()) {
    const std::size_t first = marks[best_window(marks)].begin;
    begin = first > snippet_bytes / 4 ? first - snippet_bytes / 4 : 0;
    if (begin + snippet_bytes > text.size()) begin = text.size() - snippet_bytes;
    // Back to where a word begins, or a character.
    for (std::size_t steps = 0; begin > 0 && steps < 24 && !is_space(text[begin - 1]); ++steps)
      --begin;
    while (begin > 0 && is_inside(text, begin)) --begin;
  }
  std::size_t end = std::min(text.size(), begin + snippet_bytes);
  for (std::size_t steps = 0; end < text.size() && steps < 24 && !is_space(text[end]); ++steps)
    ++end;
  while (is_inside(text, end)) ++end;

  std::string out;
  if (begin > 0) out += "... ";
  std::size_t at = begin;
  for (std::size_t i = 0; i < marks.size(); ++i) {
    std::size_t from = marks[i].begin;
    std::size_t to = marks[i].end;
    // Bigrams of one word, and a date with its parts, are one mark.
    while (i + 1 < marks.size() && marks[i + 1].begin <= to) to = std::max(to, marks[++i].end);
    from = std::max(from, at);
    to = std::min(to, end);
    if (from >= to) continue;
    out += text.substr(at, from - at);
    out += "<mark>";
    out += text.substr(from, to - from);
    out += "</mark>";
    at = to;
  }
  out += text.substr(at, end - at);
  if (end < text.size()) out += " ...";
  return out;
}

}  // namespace onggi::words
