#include "app/utf8.h"

#include <array>
#include <cstddef>

namespace onggi::app {
namespace {

// What may follow a leading byte: how many bytes, and the range of the first of them.
struct Lead {
  unsigned char first, last;
  std::size_t following;
  unsigned char low, high;
};
constexpr std::array<Lead, 9> leads{{{0x00, 0x7F, 0, 0, 0},
                                     {0xC2, 0xDF, 1, 0x80, 0xBF},
                                     {0xE0, 0xE0, 2, 0xA0, 0xBF},
                                     {0xE1, 0xEC, 2, 0x80, 0xBF},
                                     {0xED, 0xED, 2, 0x80, 0x9F},
                                     {0xEE, 0xEF, 2, 0x80, 0xBF},
                                     {0xF0, 0xF0, 3, 0x90, 0xBF},
                                     {0xF1, 0xF3, 3, 0x80, 0xBF},
                                     {0xF4, 0xF4, 3, 0x80, 0x8F}}};

// The length of the sequence at the front; 0 if there is none.
std::size_t sequence(std::string_view text) {
  const auto byte = [&text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  for (const Lead& lead : leads) {
    if (byte(0) < lead.first || byte(0) > lead.last) continue;
    if (text.size() <= lead.following) return 0;
    for (std::size_t i = 1; i <= lead.following; ++i) {
      const unsigned char low = i == 1 ? lead.low : 0x80;
      const unsigned char high = i == 1 ? lead.high : 0xBF;
      if (byte(i) < low || byte(i) > high) return 0;
    }
    return lead.following + 1;
  }
  return 0;
}

}  // namespace

std::string to_utf8(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const std::size_t size = sequence(text);
    if (size == 0)
      out += "\uFFFD";
    else
      out += text.substr(0, size);
    text.remove_prefix(size == 0 ? 1 : size);
  }
  return out;
}

}  // namespace onggi::app
