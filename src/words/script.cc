#include "words/script.h"

#include <algorithm>
#include <array>

namespace onggi::words {
namespace {

struct Range {
  char32_t first;
  char32_t last;
  Script script;
};

constexpr Range ranges[] = {
    {0x1100, 0x11FF, Script::hangul},      {0x2E80, 0x2FDF, Script::han_or_kana},
    {0x3005, 0x3007, Script::han_or_kana}, {0x3040, 0x30FF, Script::han_or_kana},
    {0x3130, 0x318F, Script::hangul},      {0x31F0, 0x31FF, Script::han_or_kana},
    {0x3400, 0x4DBF, Script::han_or_kana}, {0x4E00, 0x9FFF, Script::han_or_kana},
    {0xA960, 0xA97F, Script::hangul},      {0xAC00, 0xD7FF, Script::hangul},
    {0xF900, 0xFAFF, Script::han_or_kana}, {0xFF66, 0xFF9F, Script::han_or_kana},
    {0xFFA0, 0xFFDC, Script::hangul},      {0x20000, 0x3FFFF, Script::han_or_kana}};

// The longest first, since what is taken off is taken off once.
constexpr std::u32string_view particles[] = {
    U"에서부터", U"으로부터", U"에게서는", U"이라고는", U"에서는", U"에서도", U"에게서", U"에게는",
    U"에게도",   U"한테서",   U"으로는",   U"으로도",   U"이라고", U"이라는", U"로부터", U"까지는",
    U"까지도",   U"부터는",   U"이었다",   U"입니다",   U"이에요", U"에서",   U"에게",   U"한테",
    U"께서",     U"으로",     U"이라",     U"라고",     U"라는",   U"처럼",   U"보다",   U"까지",
    U"부터",     U"마다",     U"조차",     U"마저",     U"밖에",   U"이나",   U"이랑",   U"하고",
    U"에는",     U"에도",     U"로는",     U"로도",     U"와는",   U"과는",   U"이란",   U"예요",
    U"이고",     U"이다",     U"은",       U"는",       U"이",     U"가",     U"을",     U"를",
    U"의",       U"에",       U"로",       U"와",       U"과",     U"도",     U"만",     U"랑"};

}  // namespace

Script script_of(char32_t character) {
  if (character < 0x1100) return Script::other;
  const auto* const found =
      std::ranges::upper_bound(ranges, character, std::less<>{}, &Range::first);
  if (found == std::begin(ranges)) return Script::other;
  const Range& range = *(found - 1);
  return character <= range.last ? range.script : Script::other;
}

std::u32string_view without_particle(std::u32string_view run) {
  for (const std::u32string_view particle : particles) {
    if (!run.ends_with(particle)) continue;
    const std::size_t left = run.size() - particle.size();
    if (left == 0) continue;
    return run.substr(0, left);
  }
  return run;
}

}  // namespace onggi::words
