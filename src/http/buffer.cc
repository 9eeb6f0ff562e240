#include "http/buffer.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace onggi::http {

std::span<char> Buffer::space(std::size_t at_least) {
  std::size_t used = end_ - begin_;
  if (used == 0) begin_ = end_ = 0;
  if (capacity_ - end_ < at_least) {
    if (capacity_ - used >= at_least && begin_ >= used) {
      std::memcpy(memory_.get(), memory_.get() + begin_, used);
      begin_ = 0;
      end_ = used;
    } else {
      move_to(std::max({small, used + at_least, begin_ > 0 ? capacity_ : capacity_ * 2}));
    }
  }
  return {memory_.get() + end_, capacity_ - end_};
}

void Buffer::move_to(std::size_t capacity) {
  std::unique_ptr<char[]> memory = std::make_unique_for_overwrite<char[]>(capacity);
  std::size_t used = end_ - begin_;
  if (used > 0) std::memcpy(memory.get(), memory_.get() + begin_, used);
  memory_ = std::move(memory);
  capacity_ = capacity;
  begin_ = 0;
  end_ = used;
}

void Buffer::shrink() {
  if (capacity_ > small) *this = {};
}

Buffer Buffer::detach() {
  Buffer kept = std::move(*this);
  *this = {};
  std::string_view bytes = kept.bytes();
  if (!bytes.empty()) {
    std::ranges::copy(bytes, space(bytes.size()).data());
    commit(bytes.size());
  }
  return kept;
}

}  // namespace onggi::http
