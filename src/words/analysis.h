// How text becomes terms: once, in one way, for what is stored and for what is asked, on every
// store.
//
//  - Words end where Unicode says (UAX 29, ICU's word break); each is normalised (NFKC), folded in
//    case, and rid of accents (Latin and Greek).
//  - Korean, Chinese and Japanese runs become bigrams, a run of one character that character. A
//    Korean particle at the end of a word is taken off first (`메모리를` is `메모리`), so what is
//    asked with one is found with another, and without.
//  - English words are stemmed (words/english.h). A possessive or contracted end is taken off; a
//    word of a-z alone is taken for English.
//  - Numbers stay whole (`1,000` is `1000`, `3.5`, `10:30`, `5th` is `5`). A date stays whole
//    besides its parts: `7 May 2023`, `May 7, 2023`, `2023-05-07` and `2023년 5월 7일` all give
//    `2023-05-07` and `--05-07`; `May 7` gives the latter.
//  - Words joined by `_`, `.` or `-` are taken apart; `U.S.` and `e-mail` are joined.
//  - Stop words are terms too, marked as such: they weigh nothing unless nothing else was asked.
//  - What begins a turn of a conversation (`Caroline: ...`) says whose it is (speaker_prefix).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace onggi::words {

// Kept with every memory's terms. To be raised with every change of what analyse() gives: memories
// are then analysed anew in the background.
inline constexpr int analysis_version = 1;

// Longer words are cut: they are data, not words.
inline constexpr std::size_t max_term_bytes = 64;

struct Token {
  std::string term;
  // Where it stands in the text, in bytes; what the reader sees as the word.
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
  // Tokens of the same word have the same number: the bigrams of a run, a date with its parts.
  std::uint32_t word = 0;
  bool is_stop = false;
  // Said besides what stands there (a whole date): not counted in the length.
  bool is_extra = false;
  bool is_cjk = false;
  // Begins with a capital letter and not a sentence: a name, perhaps.
  bool is_capital = false;
};

// `text` is UTF-8 (what is not is passed over). Linear in its size. Deterministic: depends on
// nothing but the text and analysis_version. Thread-safe.
std::vector<Token> analyse(std::string_view text);

// Who speaks, by the beginning of a turn: one to four words before a colon, all beginning with a
// capital letter or without case (`Caroline:`, `민지:`), or one of user, assistant, system, human,
// ai. The size of that beginning, colon included; 0 if there is none.
std::size_t speaker_prefix(std::string_view text);

// The form under which a name is compared: the terms of analyse(), joined.
std::vector<std::string> name_terms(std::string_view name);

}  // namespace onggi::words
