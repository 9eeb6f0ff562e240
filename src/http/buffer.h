// The bytes that have arrived on a connection and are not used up yet.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

namespace onggi::http {

class Buffer {
 public:
  std::string_view bytes() const { return {memory_.get() + begin_, end_ - begin_}; }
  bool empty() const { return begin_ == end_; }

  // Room behind the bytes, at least this much. Moves the bytes: views into them end.
  std::span<char> space(std::size_t at_least);
  void commit(std::size_t count) { end_ += count; }
  void consume(std::size_t count) { begin_ += count; }

  // Gives the memory of a large request back; to be called when there are no bytes.
  void shrink();

  // Puts the memory aside, so that views into it live on, and goes on with a copy of the bytes.
  Buffer detach();

 private:
  static constexpr std::size_t small = 2048;

  void move_to(std::size_t capacity);

  std::unique_ptr<char[]> memory_;
  std::size_t capacity_ = 0;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

}  // namespace onggi::http
