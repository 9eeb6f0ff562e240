#include <cstdio>

#include <fmt/format.h>

#include "cli/commands.h"
#include "cli/users.h"

namespace onggi::cli {

int run(const UserAdd& command, const config::Settings& settings) {
  const auto client = open_client(settings.options);
  const json::Value body{
      {"name", command.name}, {"role", command.role}, {"timezone", command.timezone}};
  const json::Value user = client->call(http::Method::post, "users", body);
  fmt::print("{}\n", text(user, "id"));
  fmt::print(stderr, "{} has no key yet: onggi key add {} NAME\n", text(user, "name"),
             text(user, "id"));
  return 0;
}

int run(const UserList&, const config::Settings& settings) {
  const auto client = open_client(settings.options);
  for (const json::Value& user : client->items("users")) {
    fmt::print("{}  {:<5}  {:<20}  {}\n", text(user, "id"), text(user, "role"),
               text(user, "timezone"), text(user, "name"));
  }
  return 0;
}

int run(const UserRemove& command, const config::Settings& settings) {
  const auto client = open_client(settings.options);
  const std::string id = find_user(*client, command.user);
  client->call(http::Method::del,
               fmt::format("users/{}{}", id, command.erase ? "?erase=true" : ""));
  fmt::print(stderr, "removed {}\n", command.user);
  return 0;
}

}  // namespace onggi::cli
