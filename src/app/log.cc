#include "app/log.h"

#include <charconv>
#include <chrono>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include <spdlog/formatter.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include "base/utf8.h"
#include "json/json.h"

namespace onggi::app {
namespace {

struct Field {
  std::string_view name;
  std::string_view value;
  bool is_quoted;  // a text, whatever it looks like
};

struct Event {
  std::string_view name;
  std::vector<Field> fields;
};

constexpr std::string_view name_characters = "abcdefghijklmnopqrstuvwxyz0123456789_.";

// Takes `name=` off the front.
std::optional<std::string_view> take_name(std::string_view& text) {
  const std::size_t end = text.find_first_not_of(name_characters);
  if (end == 0 || end == std::string_view::npos || text[end] != '=') return std::nullopt;
  const std::string_view name = text.substr(0, end);
  text.remove_prefix(end + 1);
  return name;
}

// Takes a value off the front: in quotes, or up to the next space.
std::optional<std::string_view> take_value(std::string_view& text) {
  const bool is_quoted = text.starts_with('"');
  if (is_quoted) text.remove_prefix(1);
  const std::size_t end = text.find(is_quoted ? '"' : ' ');
  if (is_quoted && end == std::string_view::npos) return std::nullopt;
  const std::string_view value = text.substr(0, end);
  text.remove_prefix(std::min(text.size(), value.size() + (is_quoted ? 1 : 0)));
  if (!text.empty() && !text.starts_with(' ')) return std::nullopt;
  return value;
}

std::optional<Event> read_event(std::string_view text) {
  const std::size_t end = text.find_first_not_of(name_characters);
  if (end == 0 || end == std::string_view::npos) return std::nullopt;
  Event event{text.substr(0, end), {}};
  text.remove_prefix(end);
  while (!text.empty()) {
    if (!text.starts_with(' ')) return std::nullopt;
    text.remove_prefix(1);
    const auto name = take_name(text);
    if (!name || *name == "ts" || *name == "level" || *name == "message") return std::nullopt;
    const bool is_quoted = text.starts_with('"');
    const auto value = take_value(text);
    if (!value) return std::nullopt;
    event.fields.push_back({*name, *value, is_quoted});
  }
  return event;
}

bool is_number(std::string_view text) {
  double number = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
  const bool has_odd_zero = text.size() > 1 && text[0] == '0' && text[1] != '.';
  return !text.empty() && error == std::errc{} && end == text.data() + text.size() &&
         (text[0] >= '0' && text[0] <= '9') && !text.ends_with('.') && !has_odd_zero;
}

void append_text(std::string_view text, std::string& out) {
  json::append_quoted(to_utf8(text), out);
}

class JsonFormatter final : public spdlog::formatter {
 public:
  void format(const spdlog::details::log_msg& message, spdlog::memory_buf_t& out) override {
    using std::chrono::duration_cast, std::chrono::milliseconds;
    const Time time{duration_cast<milliseconds>(message.time.time_since_epoch()).count()};
    const auto level = spdlog::level::to_string_view(message.level);
    const std::string line = json_line(time, {level.data(), level.size()},
                                       {message.payload.data(), message.payload.size()});
    out.append(line.data(), line.data() + line.size());
    out.push_back('\n');
  }
  std::unique_ptr<spdlog::formatter> clone() const override {
    return std::make_unique<JsonFormatter>();
  }
};

spdlog::level::level_enum to_spdlog(config::LogLevel level) {
  switch (level) {
    case config::LogLevel::debug:
      return spdlog::level::debug;
    case config::LogLevel::info:
      return spdlog::level::info;
    case config::LogLevel::warning:
      return spdlog::level::warn;
    case config::LogLevel::error:
      return spdlog::level::err;
  }
  return spdlog::level::info;
}

}  // namespace

std::string json_line(Time time, std::string_view level, std::string_view message) {
  std::string line = "{\"ts\":\"";
  append_time(time, line);
  line += "\",\"level\":";
  append_text(level, line);
  const std::optional<Event> event = read_event(message);
  line += ",\"message\":";
  append_text(event ? event->name : message, line);
  if (event) {
    for (const Field& field : event->fields) {
      line += ',';
      append_text(field.name, line);
      line += ':';
      if (is_number(field.value) && !field.is_quoted)
        line += field.value;
      else
        append_text(field.value, line);
    }
  }
  return line + '}';
}

void configure_log(config::LogFormat format, config::LogLevel level) {
  const bool is_text = format == config::LogFormat::text ||
                       (format == config::LogFormat::automatic && ::isatty(STDERR_FILENO) != 0);
  auto logger =
      std::make_shared<spdlog::logger>("onggi", std::make_shared<spdlog::sinks::stderr_sink_mt>());
  if (is_text)
    logger->set_pattern("%H:%M:%S.%e %-7l %v");
  else
    logger->set_formatter(std::make_unique<JsonFormatter>());
  logger->set_level(to_spdlog(level));
  logger->flush_on(spdlog::level::trace);
  spdlog::set_default_logger(std::move(logger));
}

}  // namespace onggi::app
