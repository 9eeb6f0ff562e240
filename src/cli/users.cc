#include "cli/users.h"

#include <stdexcept>

#include <fmt/format.h>

#include "base/uuid.h"

namespace onggi::cli {

std::string find_user(Client& client, const std::string& id_or_name) {
  if (const auto id = Uuid::parse(id_or_name)) return to_string(*id);
  const auto users = client.items("users?name=" + percent_encoded(id_or_name));
  if (users.empty()) throw std::runtime_error(fmt::format("there is no user {}", id_or_name));
  if (users.size() == 1) return std::string(text(users[0], "id"));
  std::string ids;
  for (const json::Value& user : users)
    ids += fmt::format("{}{}", ids.empty() ? "" : ", ", text(user, "id"));
  throw std::runtime_error(
      fmt::format("several users are named {}: say which by its id: {}", id_or_name, ids));
}

std::string_view text(const json::Value& object, std::string_view member) {
  const auto& string = object.at(member).as_string();
  return {string.data(), string.size()};
}

}  // namespace onggi::cli
