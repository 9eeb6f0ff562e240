// Where a request's body ends: after Content-Length bytes, or where its chunks say.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace onggi::http {

class BodyFraming {
 public:
  enum class State : std::uint8_t { more, done, malformed };

  static BodyFraming of_length(std::uint64_t length);
  static BodyFraming chunked();

  // Takes bytes off the front of `input` and gives the part of the body among them: a view into
  // `input`, maybe empty. To be called until the state is not `more` or nothing is left of `input`;
  // what follows the body stays in it. Chunk extensions and trailers are read over; longer than a
  // few KB they are malformed.
  std::string_view take(std::string_view& input);
  State state() const;

 private:
  enum class Place : std::uint8_t {
    length,
    size_first,
    size,
    extension,
    size_feed,
    data,
    data_return,
    data_feed,
    trailer_first,
    trailer,
    trailer_feed,
    last_feed,
    done,
    malformed,
  };

  void take_framing(char c);
  void add_digit(char c);

  Place place_ = Place::length;
  std::uint64_t remaining_ = 0;  // of the body, or of the chunk
  std::size_t overhead_ = 0;     // bytes of this chunk's line, or of all trailers
};

}  // namespace onggi::http
