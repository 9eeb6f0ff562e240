// Query parameters and cursors.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "api/endpoint.h"

namespace onggi::api {

using Pairs = std::vector<std::pair<std::string, std::string>>;  // decoded names and values

// Parameters that every list takes, and every endpoint that acts for a user.
std::span<const Parameter> list_parameters();
const Parameter& user_id_parameter(const Endpoint& endpoint);

// Whether an endpoint takes ?user_id= (an admin acts for a user).
bool takes_user(const Endpoint& endpoint);

// Checks `pairs` against the endpoint's declaration: 422 for names that are unknown or stand twice,
// and for values that do not fit. user_id is checked and put first in `user`.
Result<Query> read_query(const Endpoint& endpoint, const Pairs& pairs, std::optional<Uuid>& user);

// A cursor is opaque: the place, tied to its list by a checksum, so that one that was tampered with
// or comes from elsewhere is refused.
std::string write_cursor(const store::Place& place, std::string_view list);
std::optional<store::Place> read_cursor(std::string_view cursor, std::string_view list);

}  // namespace onggi::api
