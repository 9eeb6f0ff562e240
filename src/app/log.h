// How the log looks: text for people, JSON lines for machines; on stderr.
#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "config/options.h"

namespace onggi::app {

// Sets spdlog's default logger. `automatic` is text where stderr is a terminal and JSON otherwise.
void configure_log(config::LogFormat format, config::LogLevel level);

// One line, without its end: {"ts", "level", "message", ...}. A message such as `request status=200
// path="/a b"` becomes its first word and a member for each pair; any other stays whole. The line
// is JSON and UTF-8 whatever the message holds.
std::string json_line(Time time, std::string_view level, std::string_view message);

}  // namespace onggi::app
