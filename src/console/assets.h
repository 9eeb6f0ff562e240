#pragma once

#include <span>
#include <string_view>

namespace onggi::console {

// A file of the web pages that onggi serves. They are part of the binary (cmake/embed_assets.py),
// so the views are valid as long as the process runs.
struct Asset {
  std::string_view path;          // as requested, such as "/docs/docs.js"
  std::string_view content_type;  // the header's value
  std::string_view gzip_bytes;    // the body, compressed: send with Content-Encoding: gzip
  std::string_view etag;          // the header's value, quotes included; changes with the body
};

// All of them, in the order of their paths. Safe from any thread.
std::span<const Asset> assets();

}  // namespace onggi::console
