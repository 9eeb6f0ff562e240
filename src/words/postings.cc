#include "words/postings.h"

#include <algorithm>
#include <cstring>
#include <functional>

#include "words/spelling.h"

namespace onggi::words {
namespace {

constexpr std::size_t piece_bytes = 16'384;

std::uint32_t term_hash(std::string_view term) {
  return static_cast<std::uint32_t>(std::hash<std::string_view>{}(term));
}

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

std::size_t Vocabulary::slot_of(std::string_view term, std::uint32_t hash) const {
  const std::size_t mask = slots_.size() - 1;
  std::size_t at = hash & mask;
  while (slots_[at].number != free_slot &&
         (slots_[at].hash != hash || words_[slots_[at].number].text != term))
    at = (at + 1) & mask;
  return at;
}

void Vocabulary::grow() {
  std::vector<Slot> old(std::max<std::size_t>(64, slots_.size() * 2));
  old.swap(slots_);
  const std::size_t mask = slots_.size() - 1;
  for (const Slot& slot : old) {
    if (slot.number == free_slot) continue;
    std::size_t at = slot.hash & mask;
    while (slots_[at].number != free_slot) at = (at + 1) & mask;
    slots_[at] = slot;
  }
}

Vocabulary::Word& Vocabulary::word_of(std::string_view term, std::uint32_t hash) {
  Slot& slot = slots_[slot_of(term, hash)];
  if (slot.number != free_slot) return words_[slot.number];
  slot = {.hash = hash, .number = static_cast<std::uint32_t>(words_.size())};
  const std::string_view text = kept(term);
  shapes_.push_back({.letters = letters_of(text), .size = static_cast<std::uint32_t>(text.size())});
  return words_.emplace_back(Word{.text = text, .postings = {}});
}

// Each word stands somewhere else in memory, which is waited for once for all of them rather than
// once for each.
void Vocabulary::add(std::uint32_t number, std::span<const Counted> terms) {
  while ((words_.size() + terms.size()) * 4 >= slots_.size() * 3) grow();
  const std::size_t mask = slots_.size() - 1;
  hashes_.clear();
  for (const auto& [term, count] : terms) {
    const std::uint32_t hash = term_hash(term);
    hashes_.push_back(hash);
    __builtin_prefetch(&slots_[hash & mask]);
  }
  for (const std::uint32_t hash : hashes_)
    if (const Slot slot = slots_[hash & mask]; slot.number != free_slot)
      __builtin_prefetch(&words_[slot.number]);
  for (const std::uint32_t hash : hashes_) {
    const Slot slot = slots_[hash & mask];
    if (slot.number == free_slot) continue;
    __builtin_prefetch(words_[slot.number].text.data());
    __builtin_prefetch(words_[slot.number].postings.end(), 1);
  }
  for (std::size_t i = 0; i < terms.size(); ++i)
    word_of(terms[i].first, hashes_[i]).postings.add(number, terms[i].second);
}

const Vocabulary::Word* Vocabulary::find(std::string_view term) const {
  if (slots_.empty()) return nullptr;
  const std::uint32_t number = slots_[slot_of(term, term_hash(term))].number;
  return number == free_slot ? nullptr : &words_[number];
}

std::size_t Vocabulary::bytes() const {
  std::size_t total = pieces_.size() * piece_bytes + words_.capacity() * sizeof(Word);
  total += shapes_.capacity() * sizeof(Shape) + slots_.capacity() * sizeof(Slot);
  for (const Word& word : words_) total += word.postings.bytes() - sizeof(Postings);
  return total;
}

}  // namespace onggi::words
