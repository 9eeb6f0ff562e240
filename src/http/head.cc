#include "http/head.h"

#include "http/field.h"

namespace onggi::http {

HeadState scan_head(std::string_view bytes, std::size_t& scanned) {
  if (scanned == 0 && !bytes.empty() && !is_token_character(bytes.front()))
    return HeadState::malformed;
  for (;;) {
    std::size_t feed = bytes.find('\n', scanned);
    if (feed == std::string_view::npos) break;
    if (feed == 0 || bytes[feed - 1] != '\r') return HeadState::malformed;
    scanned = feed + 1;
    if (feed >= 2 && bytes[feed - 2] == '\n') return HeadState::complete;
  }
  scanned = bytes.size();
  return HeadState::incomplete;
}

}  // namespace onggi::http
