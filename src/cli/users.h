// Users as an operator names them.
#pragma once

#include <string>
#include <string_view>

#include "cli/client.h"

namespace onggi::cli {

// The id of the one user of that id or name. Throws std::runtime_error: there is none, or several
// of that name (their ids are told).
std::string find_user(Client& client, const std::string& id_or_name);

std::string_view text(const json::Value& object, std::string_view member);

}  // namespace onggi::cli
