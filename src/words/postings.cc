#include "words/postings.h"

#include <algorithm>
#include <cstring>

#include "words/spelling.h"

namespace onggi::words {
namespace {

constexpr std::size_t piece_bytes = 16'384;

}  // namespace

std::string_view Vocabulary::kept(std::string_view text) {
  if (text.size() > room_) {
    // A small agent has a small vocabulary.
    const std::size_t size =
        std::max(text.size(), pieces_.size() < 4 ? std::size_t{1024} : piece_bytes);
    pieces_.push_back(std::make_unique<char[]>(size));
    free_ = pieces_.back().get();
    room_ = size;
  }
  std::memcpy(free_, text.data(), text.size());
  const std::string_view copy{free_, text.size()};
  free_ += text.size();
  room_ -= text.size();
  return copy;
}

Postings& Vocabulary::operator[](std::string_view term) {
  if (const auto found = numbers_.find(term); found != numbers_.end())
    return words_[found->second].postings;
  const std::string_view text = kept(term);
  numbers_.emplace(text, static_cast<std::uint32_t>(words_.size()));
  words_.push_back({.text = text, .letters = letters_of(text), .postings = {}});
  return words_.back().postings;
}

const Vocabulary::Word* Vocabulary::find(std::string_view term) const {
  const auto found = numbers_.find(term);
  return found == numbers_.end() ? nullptr : &words_[found->second];
}

std::size_t Vocabulary::bytes() const {
  // Once here, once in the map: a node, its bucket.
  constexpr std::size_t in_map = 48;
  std::size_t total = pieces_.size() * piece_bytes + words_.capacity() * sizeof(Word);
  total += words_.size() * in_map;
  for (const Word& word : words_) total += word.postings.bytes() - sizeof(Postings);
  return total;
}

}  // namespace onggi::words
