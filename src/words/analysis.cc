#include "words/analysis.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <span>

#include <unicode/normalizer2.h>
#include <unicode/ubrk.h>
#include <unicode/uchar.h>
#include <unicode/utext.h>
#include <unicode/utf8.h>

#include "base/utf8.h"
#include "words/english.h"
#include "words/script.h"

namespace onggi::words {
namespace {

// --- folding ------------------------------------------------------------------------------------

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return static_cast<signed char>(c) >= 0; });
}

const icu::Normalizer2& folding() {
  UErrorCode status = U_ZERO_ERROR;
  static const icu::Normalizer2* const instance = icu::Normalizer2::getNFKCCasefoldInstance(status);
  return *instance;
}

const icu::Normalizer2& decomposition() {
  UErrorCode status = U_ZERO_ERROR;
  static const icu::Normalizer2* const instance = icu::Normalizer2::getNFDInstance(status);
  return *instance;
}

// Letters that are no letter with an accent to Unicode, and are to whoever types the name.
std::u32string_view plain_letters(char32_t character) {
  switch (character) {
    case U'ø':
      return U"o";
    case U'æ':
      return U"ae";
    case U'œ':
      return U"oe";
    case U'đ':
      return U"d";
    case U'ð':
      return U"d";
    case U'ł':
      return U"l";
    case U'þ':
      return U"th";
    case U'ı':
      return U"i";
    default:
      return {};
  }
}

std::string to_string(std::u32string_view text) {
  std::string out;
  for (const char32_t character : text) {
    char buffer[4];
    int size = 0;
    UBool failed = false;
    U8_APPEND(buffer, size, 4, static_cast<UChar32>(character), failed);
    if (!failed) out.append(buffer, static_cast<std::size_t>(size));
  }
  return out;
}

std::u32string to_characters(const icu::UnicodeString& text) {
  std::u32string characters;
  for (std::int32_t i = 0; i < text.length(); i = text.moveIndex32(i, 1))
    characters.push_back(static_cast<char32_t>(text.char32At(i)));
  return characters;
}

// NFKC and case folding, then accents.
std::u32string folded(std::string_view word) {
  UErrorCode status = U_ZERO_ERROR;
  const icu::UnicodeString whole = folding().normalize(
      icu::UnicodeString::fromUTF8({word.data(), static_cast<std::int32_t>(word.size())}), status);
  std::u32string out;
  const bool has_accents =
      std::ranges::any_of(to_characters(whole), [](char32_t c) { return c >= 0x80 && c < 0x2000; });
  if (!has_accents) return to_characters(whole);
  bool is_latin_or_greek = false;
  for (const char32_t character : to_characters(decomposition().normalize(whole, status))) {
    const bool is_mark = character >= 0x300 && character < 0x370;
    if (is_mark && is_latin_or_greek) continue;
    if (!is_mark)
      is_latin_or_greek = character < 0x400 || (character >= 0x1E00 && character < 0x2000);
    if (const std::u32string_view plain = plain_letters(character); !plain.empty())
      out += plain;
    else
      out.push_back(character);
  }
  return out;
}

std::string folded_word(std::string_view word) {
  if (!is_ascii(word)) return to_string(folded(word));
  std::string out(word);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  return out;
}

bool is_among(std::span<const std::string_view> words, std::string_view word) {
  return std::ranges::find(words, word) != words.end();
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_number(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, is_digit);
}

// --- words --------------------------------------------------------------------------------------

// What a word came to when it was last met: people say the same few thousand again and again.
struct Known {
  std::string word;
  std::string term;
  bool is_stop = false;
};

const Known& known_of(std::string_view word) {
  constexpr std::size_t known_max = 16'384;
  thread_local std::vector<Known> known(known_max);
  Known& slot = known[std::hash<std::string_view>{}(word) % known_max];
  if (slot.word != word) {
    slot.is_stop = is_stop_word(word);
    slot.term = slot.is_stop ? std::string(word) : stem(word);
    slot.word = word;
  }
  return slot;
}

// Whether a word begins as a month does.
bool may_be_month(std::string_view word) {
  constexpr std::string_view beginnings = "janfebmaraprmayjunjulaugsepoctnovdec";
  if (word.size() < 3) return false;
  char begin[3];
  for (std::size_t i = 0; i < 3; ++i) {
    if (static_cast<signed char>(word[i]) < 0) return true;
    begin[i] = static_cast<char>(word[i] | 0x20);
  }
  for (std::size_t i = 0; i < beginnings.size(); i += 3)
    if (beginnings.substr(i, 3) == std::string_view{begin, 3}) return true;
  return false;
}

// Where ICU sees words in text without Chinese, Japanese and Korean. One break iterator a thread:
// making one costs more than a memory's text.
class WordBreak {
 public:
  WordBreak() {
    UErrorCode status = U_ZERO_ERROR;
    breaks_ = ubrk_open(UBRK_WORD, "en", nullptr, 0, &status);
  }
  ~WordBreak() {
    ubrk_close(breaks_);
    utext_close(&text_);
  }
  WordBreak(const WordBreak&) = delete;
  WordBreak& operator=(const WordBreak&) = delete;

  template <class Take>
  void each(std::string_view text, const Take& take) {
    UErrorCode status = U_ZERO_ERROR;
    utext_openUTF8(&text_, text.data(), static_cast<std::int64_t>(text.size()), &status);
    ubrk_setUText(breaks_, &text_, &status);
    if (U_FAILURE(status)) return;
    std::int32_t begin = ubrk_first(breaks_);
    for (std::int32_t end = ubrk_next(breaks_); end != UBRK_DONE; end = ubrk_next(breaks_)) {
      if (ubrk_getRuleStatus(breaks_) >= UBRK_WORD_NUMBER)
        take(static_cast<std::size_t>(begin), static_cast<std::size_t>(end));
      begin = end;
    }
  }

 private:
  UBreakIterator* breaks_ = nullptr;
  UText text_ = UTEXT_INITIALIZER;
};

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool is_blank(char c) {
  return c == ' ' || c == '\n';
}

// What stands between two blanks of ASCII text.
struct Piece {
  std::size_t end = 0;
  // It is a word of letters or digits alone, or none, and punctuation around it.
  bool is_plain = false;
  std::size_t word_begin = 0;
  std::size_t word_end = 0;
};

Piece piece_at(std::string_view text, std::size_t at) {
  const auto skip = [&](auto is_meant) {
    while (at < text.size() && is_meant(text[at])) ++at;
  };
  Piece piece;
  skip([](char c) { return c == '"' || c == '(' || c == '\''; });
  piece.word_begin = at;
  skip(is_letter);
  if (at == piece.word_begin) skip(is_digit);
  piece.word_end = at;
  skip([](char c) { return std::string_view{".,;:!?\"')"}.contains(c); });
  piece.is_plain = at == text.size() || is_blank(text[at]);
  skip([](char c) { return !is_blank(c); });
  piece.end = at;
  return piece;
}

class Analysis {
 public:
  explicit Analysis(std::string_view text) : text_(text) {}

  std::vector<Token> take() {
    constexpr std::size_t bytes_a_word = 6;
    tokens_.reserve(text_.size() / bytes_a_word + 1);
    std::size_t begin = 0;
    while (begin < text_.size()) {
      Script script = Script::other;
      const std::size_t end = end_of_run(begin, script);
      if (script == Script::other)
        other_run(begin, end);
      else
        cjk_run(begin, end, script);
      begin = end;
    }
    find_dates();
    return std::move(tokens_);
  }

 private:
  std::size_t end_of_run(std::size_t begin, Script& script) const {
    auto at = static_cast<std::int32_t>(begin);
    const auto size = static_cast<std::int32_t>(text_.size());
    UChar32 character = 0;
    U8_NEXT(text_.data(), at, size, character);
    script = script_of(static_cast<char32_t>(std::max(character, 0)));
    while (at < size) {
      if (script == Script::other) {  // ASCII in big steps
        while (at < size && static_cast<signed char>(text_[static_cast<std::size_t>(at)]) >= 0)
          ++at;
        if (at == size) break;
      }
      std::int32_t next = at;
      U8_NEXT(text_.data(), next, size, character);
      if (script_of(static_cast<char32_t>(std::max(character, 0))) != script) break;
      at = next;
    }
    return static_cast<std::size_t>(at);
  }

  void cjk_run(std::size_t begin, std::size_t end, Script script) {
    const std::string_view run = text_.substr(begin, end - begin);
    const std::u32string characters = folded(run);
    std::u32string_view rest = characters;
    if (script == Script::hangul) rest = without_particle(rest);
    if (rest.empty()) return;
    // Where each character stands: known when folding has changed none of them in size.
    const bool is_aligned =
        to_string(characters).size() == run.size() && characters.size() * 3 == run.size();
    const std::size_t count = rest.size() == 1 ? 1 : rest.size() - 1;
    const std::size_t width = rest.size() == 1 ? 1 : 2;
    for (std::size_t i = 0; i < count; ++i) {
      Token token;
      token.term = to_string(rest.substr(i, width));
      token.begin = static_cast<std::uint32_t>(is_aligned ? begin + i * 3 : begin);
      token.end = static_cast<std::uint32_t>(is_aligned ? begin + (i + width) * 3 : end);
      token.word = word_;
      token.is_cjk = true;
      tokens_.push_back(std::move(token));
    }
    ++word_;
  }

  // ICU sees no word across a blank of ASCII text: most pieces between them need no ICU.
  void other_run(std::size_t begin, std::size_t end) {
    const std::string_view upto = text_.substr(0, end);
    if (!is_ascii(upto.substr(begin))) return broken_run(begin, end);
    std::size_t broken_from = begin;
    for (std::size_t at = begin; at < end;) {
      if (is_blank(text_[at])) {
        ++at;
        continue;
      }
      const Piece piece = piece_at(upto, at);
      if (piece.is_plain) {
        broken_run(broken_from, at);
        plain_word(piece.word_begin, piece.word_end);
        broken_from = piece.end;
      }
      at = piece.end;
    }
    broken_run(broken_from, end);
  }

  void broken_run(std::size_t begin, std::size_t end) {
    if (std::all_of(text_.begin() + static_cast<std::ptrdiff_t>(begin),
                    text_.begin() + static_cast<std::ptrdiff_t>(end), is_blank))
      return;
    thread_local WordBreak breaks;
    std::size_t word_begin = 0;
    std::size_t word_end = 0;
    bool is_open = false;
    // Joins what ICU takes apart and we do not: 2023-05-07, 10:30, e-mail.
    breaks.each(text_.substr(begin, end - begin), [&](std::size_t from, std::size_t to) {
      from += begin;
      to += begin;
      if (is_open && joins(word_begin, word_end, from, to)) {
        word_end = to;
        return;
      }
      if (is_open) word(word_begin, word_end);
      word_begin = from;
      word_end = to;
      is_open = true;
    });
    if (is_open) word(word_begin, word_end);
  }

  // Of letters or digits alone.
  void plain_word(std::size_t begin, std::size_t end) {
    if (begin == end) return;
    if (end - begin > max_term_bytes) return word(begin, end);
    char term[max_term_bytes];
    for (std::size_t i = begin; i < end; ++i)
      term[i - begin] = is_digit(text_[i]) ? text_[i] : static_cast<char>(text_[i] | 0x20);
    add({term, end - begin}, begin, end);
  }

  bool joins(std::size_t begin, std::size_t end, std::size_t from, std::size_t to) const {
    if (from != end + 1 || end - begin > max_term_bytes) return false;
    const char between = text_[end];
    if (between == '-' && end - begin == 1 && !is_digit(text_[begin])) {
      const bool stands_alone = begin == 0 || text_[begin - 1] == ' ';
      return stands_alone && is_ascii(text_.substr(from, to - from)) && !is_digit(text_[from]);
    }
    return (between == '-' || between == ':' || between == '/') && is_digit(text_[begin]) &&
           is_digit(text_[end - 1]) && is_number(text_.substr(from, to - from));
  }

  bool begins_sentence(std::size_t begin) const {
    while (begin > 0 &&
           (text_[begin - 1] == ' ' || text_[begin - 1] == '"' || text_[begin - 1] == '\''))
      --begin;
    return begin == 0 || std::string_view{".!?:\n"}.contains(text_[begin - 1]);
  }

  // A word of ICU's, apart where it is several.
  void word(std::size_t begin, std::size_t end) {
    const std::string_view whole = text_.substr(begin, end - begin);
    if (is_digit(whole.front())) {
      number(begin, end);
      return;
    }
    const bool is_initials = whole.size() >= 3 && whole[1] == '.';  // U.S
    if (whole.starts_with("www.") || (!is_initials && whole.find_first_of("._") != whole.npos)) {
      std::size_t from = begin;
      for (std::size_t i = begin; i <= end; ++i)
        if (i == end || text_[i] == '.' || text_[i] == '_') {
          if (i > from) part(from, i);
          from = i + 1;
        }
      return;
    }
    part(begin, end);
  }

  void number(std::size_t begin, std::size_t end) {
    std::string term = folded_word(text_.substr(begin, end - begin));
    std::erase(term, ',');
    const std::size_t digits = std::min(term.find_first_not_of("0123456789"), term.size());
    const std::string_view tail = std::string_view{term}.substr(digits);
    if (tail == "st" || tail == "nd" || tail == "rd" || tail == "th") term.resize(digits);
    if (tail == "'s" || tail == "s") term.resize(digits);  // the 1980s
    add(term, begin, end);
  }

  void part(std::size_t begin, std::size_t end) {
    std::string term = folded_word(text_.substr(begin, end - begin));
    for (std::size_t at = term.find("\xE2\x80\x99"); at != term.npos;
         at = term.find("\xE2\x80\x99"))
      term.replace(at, 3, "'");
    std::erase(term, '.');
    std::erase(term, '-');
    if (const std::size_t apostrophe = term.find('\''); apostrophe != term.npos) {
      const std::string_view tail = std::string_view{term}.substr(apostrophe + 1);
      const bool is_tail = tail.empty() || tail == "s" || tail == "d" || tail == "m" ||
                           tail == "ll" || tail == "re" || tail == "ve" || tail == "t";
      if (tail == "t") std::erase(term, '\'');  // don't: a stop word as dont
      if (is_tail && tail != "t") term.resize(apostrophe);
      if (!is_tail) std::erase(term, '\'');  // o'clock
    }
    if (term.empty()) return;
    add(term, begin, end);
  }

  void add(std::string_view term, std::size_t begin, std::size_t end) {
    Token token;
    token.begin = static_cast<std::uint32_t>(begin);
    token.end = static_cast<std::uint32_t>(end);
    token.word = word_++;
    const char first = text_[begin];
    token.is_capital = first >= 'A' && first <= 'Z' && !begins_sentence(begin);
    const Known& known = known_of(start_of(term, max_term_bytes));
    token.is_stop = known.is_stop;
    token.term = known.term;
    tokens_.push_back(std::move(token));
  }

  // --- dates ------------------------------------------------------------------------------------

  std::string_view source(const Token& token) const {
    return text_.substr(token.begin, token.end - token.begin);
  }

  // The month that a word is, and not a word that looks like it ("may", "march").
  int month_at(std::size_t index) const {
    const Token& token = tokens_[index];
    if (token.is_cjk || !may_be_month(source(token))) return 0;
    const std::string word = folded_word(source(token));
    const int month = month_of(word);
    if (month == 0) return 0;
    const bool is_clear = word.size() > 3 && word != "march";
    const char first = text_[token.begin];
    const bool is_upper = first >= 'A' && first <= 'Z';
    if (is_clear && is_upper) return month;
    const bool beside_number = (index > 0 && day_or_year(index - 1) != 0) ||
                               (index + 1 < tokens_.size() && day_or_year(index + 1) != 0);
    if (beside_number && (is_upper || is_clear || word.size() == 3 || word == "march"))
      return month;
    if (!is_upper) return 0;
    if (word == "may" || word == "march") {
      static constexpr std::string_view leading[] = {
          "in", "last", "this", "since", "until",  "early", "late", "mid",    "next", "during",
          "by", "of",   "till", "from",  "before", "after", "end",  "around", "on"};
      return index > 0 && is_among(leading, folded_word(source(tokens_[index - 1]))) ? month : 0;
    }
    return is_clear ? month : 0;
  }

  // What may stand beside a month: a day, or a year of four digits.
  int day_or_year(std::size_t index) const {
    const Token& token = tokens_[index];
    if (!is_number(token.term) || token.term.size() > 4) return 0;
    if (!is_digit(text_[token.begin])) return 0;
    const int value = std::atoi(token.term.c_str());
    if (token.term.size() == 4) return value >= 1000 ? value : 0;
    return token.term.size() <= 2 && value >= 1 && value <= 31 ? value : 0;
  }
  bool is_near(std::size_t left, std::size_t right) const {
    return tokens_[right].begin - tokens_[left].end <= 4;
  }
  int day(std::size_t index) const {
    const int value = index < tokens_.size() ? day_or_year(index) : 0;
    return value <= 31 ? value : 0;
  }
  int year(std::size_t index) const {
    const int value = index < tokens_.size() ? day_or_year(index) : 0;
    return value >= 1000 ? value : 0;
  }

  void find_dates() {
    const std::size_t count = tokens_.size();
    for (std::size_t i = 0; i < count; ++i) {
      if (tokens_[i].is_extra) continue;
      if (is_number(std::string_view{tokens_[i].term}.substr(0, 1)) &&
          tokens_[i].term.find_first_of("-/") != std::string::npos)
        whole_date(i);
      if (tokens_[i].is_cjk) {
        korean_date(i);
        continue;
      }
      const int month = month_at(i);
      if (month == 0) continue;
      tokens_[i].is_stop = false;
      tokens_[i].term = stem(month_name(month));
      if (i > 0 && is_near(i - 1, i) && day(i - 1) != 0) {
        add_date(i + 1 < count && is_near(i, i + 1) ? year(i + 1) : 0, month, day(i - 1), i - 1, i);
      } else if (i > 1 && is_near(i - 1, i) && source(tokens_[i - 1]) == "of" && day(i - 2) != 0) {
        add_date(i + 1 < count && is_near(i, i + 1) ? year(i + 1) : 0, month, day(i - 2), i - 2, i);
      } else if (i + 1 < count && is_near(i, i + 1) && day(i + 1) != 0) {
        add_date(i + 2 < count && is_near(i + 1, i + 2) ? year(i + 2) : 0, month, day(i + 1), i,
                 i + 1);
      }
    }
  }

  // 2023-05-07, 2023/5/7
  void whole_date(std::size_t index) {
    int year = 0;
    int month = 0;
    int day = 0;
    const char* const term = tokens_[index].term.c_str();
    if (std::sscanf(term, "%4d-%2d-%2d", &year, &month, &day) != 3 &&
        std::sscanf(term, "%4d/%2d/%2d", &year, &month, &day) != 3)
      return;
    if (year < 1000 || month < 1 || month > 12 || day < 1 || day > 31) return;
    add_date(year, month, day, index, index);
  }

  // 2023년 5월 7일, 5월 7일: numbers followed by a syllable.
  void korean_date(std::size_t index) {
    const auto part_at = [this](std::size_t at, std::string_view unit) -> int {
      if (at < 1 || at >= tokens_.size() || !source(tokens_[at]).starts_with(unit)) return 0;
      if (tokens_[at].begin != tokens_[at - 1].end || !is_number(tokens_[at - 1].term)) return 0;
      return std::atoi(tokens_[at - 1].term.c_str());
    };
    const int day = part_at(index, "일");
    const int month = index >= 2 ? part_at(index - 2, "월") : 0;
    const int year = index >= 4 ? part_at(index - 4, "년") : 0;
    if (day < 1 || day > 31 || month < 1 || month > 12) return;
    add_date(year >= 1000 && year <= 9999 ? year : 0, month, day, index - 3, index);
  }

  void add_date(int year, int month, int day, std::size_t first, std::size_t last) {
    Token token;
    token.begin = tokens_[first].begin;
    token.end = tokens_[last].end;
    token.word = tokens_[first].word;
    token.is_extra = true;
    char text[40];
    std::snprintf(text, sizeof text, "--%02d-%02d", month, day);
    token.term = text;
    tokens_.push_back(token);
    if (year == 0) return;
    std::snprintf(text, sizeof text, "%04d-%02d-%02d", year, month, day);
    // What was written so already is a term already.
    if (tokens_[first].term == text) return;
    token.term = text;
    tokens_.push_back(token);
  }

  std::string_view text_;
  std::vector<Token> tokens_;
  std::uint32_t word_ = 0;
};

}  // namespace

std::vector<Token> analyse(std::string_view text) {
  return Analysis{text}.take();
}

std::size_t speaker_prefix(std::string_view text) {
  constexpr std::size_t longest = 60;
  const std::size_t colon = text.substr(0, longest).find(':');
  if (colon == text.npos || colon == 0 || colon + 1 >= text.size()) return 0;
  if (text[colon + 1] != ' ' && text[colon + 1] != '\n') return 0;
  std::string_view name = text.substr(0, colon);
  if (name.find_first_of(".!?,;\n/\"()0123456789") != name.npos) return 0;
  const std::string folded_name = folded_word(name);
  static constexpr std::string_view roles[] = {"user",  "assistant", "system",
                                               "human", "ai",        "agent"};
  if (is_among(roles, folded_name)) return colon + 1;
  int count = 0;
  while (!name.empty()) {
    const std::size_t end = std::min(name.find(' '), name.size());
    if (end == 0) return 0;
    const char first = name.front();
    if (first >= 'a' && first <= 'z') return 0;
    if (++count > 4) return 0;
    name.remove_prefix(std::min(end + 1, name.size()));
  }
  return colon + 1;
}

std::vector<std::string> name_terms(std::string_view name) {
  std::vector<std::string> terms;
  for (Token& token : analyse(name))
    if (!token.is_extra) terms.push_back(std::move(token.term));
  return terms;
}

}  // namespace onggi::words
