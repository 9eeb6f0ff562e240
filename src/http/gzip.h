// gzip (RFC 1952) in pieces, so that neither a bomb nor a large body holds an event loop up.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

struct z_stream_s;  // NOLINT(readability-identifier-naming): zlib's

namespace onggi::http {

class Inflater {
 public:
  enum class State : std::uint8_t {
    more,       // has used all input
    full,       // has given `room` bytes and may have more to give
    malformed,  // not gzip, or damaged
  };

  Inflater();
  ~Inflater();
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  // Appends to `out` what `input` holds, at most `room` bytes, and takes off `input` what it used.
  State feed(std::string_view& input, std::string& out, std::size_t room);

  // Whether the input may end here. (Several members in a row are one body.)
  bool at_end() const { return at_end_; }

 private:
  std::unique_ptr<z_stream_s> stream_;
  bool at_end_ = false;
};

class Deflater {
 public:
  Deflater();
  ~Deflater();  // keeps its tables for the next one on this thread
  Deflater(const Deflater&) = delete;
  Deflater& operator=(const Deflater&) = delete;

  // Appends the compressed form of `piece` to `out`; all of it is out after the last one.
  void add(std::string_view piece, bool last, std::string& out);

 private:
  struct Tables;
  std::unique_ptr<Tables> tables_;

  static std::unique_ptr<Tables>& spare();
};

}  // namespace onggi::http
