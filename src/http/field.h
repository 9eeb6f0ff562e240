// What header fields are made of (RFC 9110, section 5.6): tokens, optional white space, lists.
#pragma once

#include <optional>
#include <string_view>

namespace onggi::http {

// Whether names and methods may have this character.
bool is_token_character(char character);

// Whether two names are the same; ASCII letters compare without case.
bool same_name(std::string_view a, std::string_view b);

// Without the spaces and tabs at either end.
std::string_view trim(std::string_view text);

// Takes the next element off a comma-separated list, trimmed; empty ones are passed over, and a
// comma in a quoted string does not separate. nullopt at the end.
std::optional<std::string_view> next_element(std::string_view& list);

}  // namespace onggi::http
