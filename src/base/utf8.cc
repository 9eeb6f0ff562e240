#include "base/utf8.h"

#include <unicode/utf8.h>

namespace onggi {
namespace {

// Calls `take(begin, end, is_valid)` for every character, or run of bytes that is none.
template <class Take>
void each_character(std::string_view text, Take take) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t begin = at;
    UChar32 character = 0;
    U8_NEXT(text.data(), at, text.size(), character);
    take(begin, at, character >= 0);
  }
}

}  // namespace

bool is_utf8(std::string_view text) {
  bool valid = true;
  each_character(text,
                 [&valid](std::size_t, std::size_t, bool is_valid) { valid = valid && is_valid; });
  return valid;
}

std::string to_utf8(std::string_view text) {
  constexpr std::string_view replacement = "\xEF\xBF\xBD";
  std::string out;
  out.reserve(text.size());
  each_character(text, [&](std::size_t begin, std::size_t end, bool is_valid) {
    if (is_valid)
      out += text.substr(begin, end - begin);
    else
      for (std::size_t i = begin; i < end; ++i) out += replacement;
  });
  return out;
}

std::string_view start_of(std::string_view text, std::size_t bytes) {
  if (text.size() <= bytes) return text;
  while (bytes > 0 && (text[bytes] & 0xC0) == 0x80) --bytes;
  return text.substr(0, bytes);
}

}  // namespace onggi
