#include "json/place.h"

#include <algorithm>
#include <set>
#include <vector>

#include <boost/json/basic_parser_impl.hpp>
#include <fmt/format.h>

#include "json/json.h"

namespace onggi::json {
namespace {

using boost::json::error_code;
using boost::json::string_view;

constexpr std::size_t longest_pointer = 1000;

// What basic_parser tells while it reads: follows the path, and stops at a duplicate if asked to.
class PathFollower {
 public:
  static constexpr std::size_t max_object_size = Object::max_size();
  static constexpr std::size_t max_array_size = Array::max_size();
  static constexpr std::size_t max_key_size = boost::json::string::max_size();
  static constexpr std::size_t max_string_size = boost::json::string::max_size();

  explicit PathFollower(bool stop_at_duplicate) : stop_at_duplicate_(stop_at_duplicate) {}

  std::string pointer() const {
    std::string pointer;
    for (const Level& level : levels_) {
      const std::size_t before = pointer.size();
      if (!level.is_object) {
        append_pointer(pointer, level.index);
      } else if (level.in_member) {
        append_pointer(pointer, level.name);
      }
      if (pointer.size() > longest_pointer) {
        pointer.resize(before);
        break;
      }
    }
    return pointer;
  }

  bool on_document_begin(error_code&) { return true; }
  bool on_document_end(error_code&) { return true; }
  bool on_object_begin(error_code&) { return enter(true); }
  bool on_object_end(std::size_t, error_code&) { return leave(); }
  bool on_array_begin(error_code&) { return enter(false); }
  bool on_array_end(std::size_t, error_code&) { return leave(); }
  bool on_key_part(string_view part, std::size_t, error_code&) {
    name_.append(part.data(), part.size());
    return true;
  }
  bool on_key(string_view part, std::size_t, error_code& error) {
    name_.append(part.data(), part.size());
    Level& level = levels_.back();
    level.name.swap(name_);
    level.in_member = true;
    name_.clear();
    if (!stop_at_duplicate_ || level.names.insert(level.name).second) return true;
    error = boost::json::error::exception;
    return false;
  }
  bool on_string_part(string_view, std::size_t, error_code&) { return true; }
  bool on_string(string_view, std::size_t, error_code&) { return value(); }
  bool on_number_part(string_view, error_code&) { return true; }
  bool on_int64(std::int64_t, string_view, error_code&) { return value(); }
  bool on_uint64(std::uint64_t, string_view, error_code&) { return value(); }
  bool on_double(double, string_view, error_code&) { return value(); }
  bool on_bool(bool, error_code&) { return value(); }
  bool on_null(error_code&) { return value(); }
  bool on_comment_part(string_view, error_code&) { return true; }
  bool on_comment(string_view, error_code&) { return true; }

 private:
  struct Level {
    bool is_object;
    bool in_member = false;  // between a name and the end of its value
    std::size_t index = 0;
    std::string name{};
    std::set<std::string> names{};
  };

  bool enter(bool is_object) {
    levels_.push_back({.is_object = is_object});
    return true;
  }
  bool leave() {
    levels_.pop_back();
    return value();
  }
  bool value() {
    if (!levels_.empty()) {
      levels_.back().in_member = false;
      ++levels_.back().index;
    }
    return true;
  }

  bool stop_at_duplicate_;
  std::string name_;
  std::vector<Level> levels_;
};

using Parser = boost::json::basic_parser<PathFollower>;

void feed(Parser& parser, std::string_view text, bool more) {
  error_code ignored;
  parser.write_some(more, text.data(), text.size(), ignored);
}

}  // namespace

std::string pointer_at(std::string_view text, std::size_t offset) {
  Parser parser({.max_depth = max_enclosed_depth}, false);
  feed(parser, text.substr(0, offset), true);
  return parser.handler().pointer();
}

std::string closing_pointer(std::string_view text, std::size_t offset) {
  Parser parser({.max_depth = max_enclosed_depth}, false);
  feed(parser, text.substr(0, offset), true);
  feed(parser, " ", true);  // ends the last member's value where that is a number
  return parser.handler().pointer();
}

std::string duplicate_pointer(std::string_view text) {
  Parser parser({.max_depth = max_enclosed_depth}, true);
  feed(parser, text, false);
  return parser.handler().pointer();
}

std::string line_and_column(std::string_view text, std::size_t offset) {
  const std::string_view before = text.substr(0, offset);
  const std::string_view line = before.substr(before.rfind('\n') + 1);
  const auto continues = [](char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; };
  return fmt::format(
      "line {}, column {}", 1 + std::ranges::count(before, '\n'),
      1 + line.size() - static_cast<std::size_t>(std::ranges::count_if(line, continues)));
}

}  // namespace onggi::json
