#include "http/framing.h"

#include <algorithm>

namespace onggi::http {
namespace {

constexpr std::size_t max_overhead = 4096;
constexpr std::uint64_t max_chunk = std::uint64_t{1} << 60;

int digit_of(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool is_text(char c) {
  unsigned char byte = static_cast<unsigned char>(c);
  return (byte >= 0x20 && byte != 0x7f) || byte == '\t';
}

}  // namespace

BodyFraming BodyFraming::of_length(std::uint64_t length) {
  BodyFraming framing;
  framing.remaining_ = length;
  framing.place_ = length > 0 ? Place::length : Place::done;
  return framing;
}

BodyFraming BodyFraming::chunked() {
  BodyFraming framing;
  framing.place_ = Place::size_first;
  return framing;
}

BodyFraming::State BodyFraming::state() const {
  if (place_ == Place::done) return State::done;
  return place_ == Place::malformed ? State::malformed : State::more;
}

std::string_view BodyFraming::take(std::string_view& input) {
  while (!input.empty() && state() == State::more) {
    if (place_ != Place::length && place_ != Place::data) {
      take_framing(input.front());
      input.remove_prefix(1);
      continue;
    }
    std::size_t count = static_cast<std::size_t>(std::min<std::uint64_t>(remaining_, input.size()));
    std::string_view piece = input.substr(0, count);
    input.remove_prefix(count);
    remaining_ -= count;
    if (remaining_ == 0) place_ = place_ == Place::length ? Place::done : Place::data_return;
    return piece;
  }
  return {};
}

void BodyFraming::add_digit(char c) {
  int digit = digit_of(c);
  if (digit < 0 || remaining_ >= max_chunk / 16) {
    place_ = Place::malformed;
    return;
  }
  remaining_ = remaining_ * 16 + static_cast<std::uint64_t>(digit);
  place_ = Place::size;
}

void BodyFraming::take_framing(char c) {
  auto go = [&](bool allowed, Place next) { place_ = allowed ? next : Place::malformed; };
  if (++overhead_ > max_overhead) {
    place_ = Place::malformed;
    return;
  }
  switch (place_) {
    case Place::size_first:
      add_digit(c);
      break;
    case Place::size:
      if (c == '\r')
        place_ = Place::size_feed;
      else if (c == ';')
        place_ = Place::extension;
      else
        add_digit(c);
      break;
    case Place::extension:
      if (c == '\r')
        place_ = Place::size_feed;
      else
        go(is_text(c), Place::extension);
      break;
    case Place::size_feed:
      go(c == '\n', remaining_ > 0 ? Place::data : Place::trailer_first);
      break;
    case Place::data_return:
      go(c == '\r', Place::data_feed);
      break;
    case Place::data_feed:
      go(c == '\n', Place::size_first);
      overhead_ = 0;
      break;
    case Place::trailer_first:
      if (c == '\r')
        place_ = Place::last_feed;
      else
        go(is_text(c), Place::trailer);
      break;
    case Place::trailer:
      if (c == '\r')
        place_ = Place::trailer_feed;
      else
        go(is_text(c), Place::trailer);
      break;
    case Place::trailer_feed:
      go(c == '\n', Place::trailer_first);
      break;
    case Place::last_feed:
      go(c == '\n', Place::done);
      break;
    default:
      place_ = Place::malformed;
  }
}

}  // namespace onggi::http
