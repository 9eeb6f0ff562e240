// The head of a response, written by hand: the hot path's only formatting.
#pragma once

#include <cstdint>
#include <ctime>
#include <string>
#include <string_view>

#include "http/cors.h"
#include "http/message.h"

namespace onggi::http {

// What the connection has decided about how a response leaves; the rest stands in the Response.
struct ResponseHead {
  enum class Length : std::uint8_t { none, known, chunked, until_close };

  int status = 200;
  Length length = Length::known;
  std::uint64_t content_length = 0;
  bool gzip = false;           // Content-Encoding; the entity tag becomes a weak one
  bool vary_encoding = false;  // another client might be answered in another coding
  bool close = false;
  bool says_keep_alive = false;  // HTTP/1.0 has to be told
  std::string_view
      standing;  // the lines that all responses of this second share, see append_standing_lines
  std::string_view request_id;
  std::string_view origin;
};

// "Date: Sun, 22 Nov 2026 02:00:00 GMT" and "Server: onggi".
void append_standing_lines(std::time_t now, std::string& out);

// Appends everything from the status line to the empty line. A line break in a value becomes a
// space.
void append_head(const ResponseHead& head, const Response& response, const Cors& cors,
                 std::string& out);

// 1xx, 204 and 304 never have a body.
bool has_body(int status);

}  // namespace onggi::http
