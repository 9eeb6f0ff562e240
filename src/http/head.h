// The head of a request: request line and header fields (RFC 9112). Where it ends, and what the
// connection has to know of it; RequestParser reads it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace onggi::http {

enum class HeadState : std::uint8_t { incomplete, complete, malformed };

// Looks for the empty line that ends the head with which `bytes` begins. `scanned` is how far
// earlier calls have come (0 at first); on `complete` it is the head's size. Refuses what cannot
// become a request as early as it can be seen.
HeadState scan_head(std::string_view bytes, std::size_t& scanned);

enum class Coding : std::uint8_t { identity, gzip, other };

// What the connection itself has to know of a head.
struct Head {
  std::uint64_t content_length = 0;
  bool chunked = false;
  bool http_1_0 = false;
  bool keep_alive = true;
  bool expects_continue = false;
  Coding coding = Coding::identity;
  // Views into the head; empty if absent. The first, where a field is repeated.
  std::string_view accept_encoding;
  std::string_view if_none_match;
  std::string_view origin;
  std::string_view request_id;

  bool has_body() const { return chunked || content_length > 0; }
};

}  // namespace onggi::http
