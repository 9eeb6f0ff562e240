// The head of a request: request line and header fields (RFC 9112), read strictly. What two servers
// could read in two ways is refused: bare line feeds, folded lines, white space before a colon,
// more than one Content-Length, or one beside Transfer-Encoding.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "http/message.h"
#include "http/refusal.h"

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

// Reads a complete head into `head` and the method, target and headers of `request` (views into
// `text`). The target of a request in absolute form ("GET http://host/path") is its path.
std::optional<Refusal> parse_head(std::string_view text, Head& head, Request& request);

}  // namespace onggi::http
