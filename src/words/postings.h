// Which memories hold a word, and how often: numbers of memories, ascending, packed.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "words/document.h"

namespace onggi::words {

class Postings {
 public:
  // `number` is greater than those before.
  void add(std::uint32_t number, Count count) {
    const std::uint32_t step = number - last_;
    last_ = number;
    ++size_;
    put(std::uint64_t{step} << 1 | (count == 2 ? 0u : 1u));
    if (count != 2) put(count);
  }

  // take(number, count), in order.
  template <class Take>
  void each(Take take) const {
    const char* at = bytes_.data();
    const char* const end = at + bytes_.size();
    std::uint32_t number = 0;
    while (at != end) {
      const std::uint64_t head = next(at);
      number += static_cast<std::uint32_t>(head >> 1);
      const Count count = (head & 1) != 0 ? static_cast<Count>(next(at)) : 2;
      take(number, count);
    }
  }

  // Where the next one goes, for who wants to have it at hand.
  const char* end() const { return bytes_.data() + bytes_.size(); }

  std::uint32_t size() const { return size_; }  // of memories that are gone as well
  std::size_t bytes() const {
    return sizeof *this + (bytes_.capacity() > 15 ? bytes_.capacity() : 0);
  }

 private:
  void put(std::uint64_t value) {
    while (value >= 0x80) {
      bytes_.push_back(static_cast<char>(value | 0x80));
      value >>= 7;
    }
    bytes_.push_back(static_cast<char>(value));
  }
  static std::uint64_t next(const char*& at) {
    std::uint64_t value = 0;
    for (int shift = 0;; shift += 7) {
      const auto byte = static_cast<std::uint8_t>(*at++);
      value |= std::uint64_t{byte & 0x7Fu} << shift;
      if (byte < 0x80) return value;
    }
  }

  std::string bytes_;
  std::uint32_t last_ = 0;
  std::uint32_t size_ = 0;
};

// An agent's words. Their texts stand in pieces of memory of their own, since there are many.
class Vocabulary {
 public:
  struct alignas(64) Word {
    std::string_view text;
    Postings postings;
  };
  using Counted = std::pair<std::string_view, Count>;
  // What tells at a glance that a word is unlike another.
  struct Shape {
    std::uint32_t letters = 0;  // letters_of()
    std::uint32_t size = 0;
  };

  // What a memory has. `number` is greater than those before.
  void add(std::uint32_t number, std::span<const Counted> terms);
  const Word* find(std::string_view term) const;
  const std::vector<Word>& words() const { return words_; }
  const std::vector<Shape>& shapes() const { return shapes_; }  // of each word
  std::size_t bytes() const;

 private:
  static constexpr std::uint32_t free_slot = 0xFFFFFFFFu;
  struct Slot {
    std::uint32_t hash = 0;
    std::uint32_t number = free_slot;
  };

  std::string_view kept(std::string_view text);
  // Where it stands among the slots, or would.
  std::size_t slot_of(std::string_view term, std::uint32_t hash) const;
  void grow();
  Word& word_of(std::string_view term, std::uint32_t hash);

  std::vector<Word> words_;
  std::vector<Shape> shapes_;
  std::vector<std::uint32_t> hashes_;  // of the memory at hand
  std::vector<Slot> slots_;  // a power of two of them, at most three quarters of them taken
  std::vector<std::unique_ptr<char[]>> pieces_;
  std::size_t room_ = 0;
  char* free_ = nullptr;
};

}  // namespace onggi::words
