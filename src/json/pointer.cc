#include <charconv>

#include "json/json.h"

namespace onggi::json {

void append_pointer(std::string& pointer, std::string_view token) {
  pointer += '/';
  for (const char c : token) {
    if (c == '~') {
      pointer += "~0";
    } else if (c == '/') {
      pointer += "~1";
    } else {
      pointer += c;
    }
  }
}

void append_pointer(std::string& pointer, std::size_t index) {
  char text[20];
  const auto end = std::to_chars(text, text + sizeof text, index).ptr;
  pointer += '/';
  pointer.append(text, end);
}

std::string pointer_to(std::string_view member) {
  std::string pointer;
  append_pointer(pointer, member);
  return pointer;
}

}  // namespace onggi::json
