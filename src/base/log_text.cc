#include "base/log_text.h"

#include <algorithm>

namespace onggi {
namespace {

bool is_plain(char c) {
  return static_cast<unsigned char>(c) > 0x20 && c != 0x7f && c != '"';
}

bool is_numeric(char c) {
  return (c >= '0' && c <= '9') || c == '.';
}

}  // namespace

std::string log_text(std::string_view value) {
  const bool is_word = !value.empty() && std::ranges::all_of(value, is_plain) &&
                       !std::ranges::all_of(value, is_numeric);
  if (is_word) return std::string(value);
  std::string text = "\"";
  for (const char c : value) {
    const char shown = c == '"' ? '\'' : is_plain(c) ? c : ' ';
    if (shown != ' ' || !text.ends_with(' ')) text += shown;
  }
  return text + '"';
}

std::string request_field(std::string_view id) {
  return id.empty() ? std::string() : " request=" + log_text(id);
}

}  // namespace onggi
