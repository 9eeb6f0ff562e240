// How values stand in the lines of the log, which are events with fields: `name field=value ...`.
#pragma once

#include <string>
#include <string_view>

namespace onggi {

// A value as such a line holds it, so that it stays one field whatever it is: visible characters
// as they are, anything else (and what would pass for a number) in quotes, with ' for " and one
// space for what cannot be seen.
std::string log_text(std::string_view value);

// The field that ties a line to a request, to be put behind the event's name: " request=<id>";
// nothing for an empty id.
std::string request_field(std::string_view id);

}  // namespace onggi
