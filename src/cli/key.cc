#include <cstdio>
#include <stdexcept>

#include <fmt/format.h>

#include "base/uuid.h"
#include "cli/commands.h"
#include "cli/users.h"

namespace onggi::cli {
namespace {

// The one user that was named, or all: a key's id does not say whose it is.
std::vector<std::string> candidates(Client& client, const std::optional<std::string>& user) {
  if (user) return {find_user(client, *user)};
  std::vector<std::string> ids;
  for (const json::Value& each : client.items("users")) ids.emplace_back(text(each, "id"));
  return ids;
}

}  // namespace

int run(const KeyAdd& command, const config::Settings& settings) {
  const auto client = open_client(settings.options);
  const std::string user = find_user(*client, command.user);
  const json::Value key = client->call(http::Method::post, fmt::format("users/{}/keys", user),
                                       {{"name", command.name}});
  fmt::print("{}\n", text(key, "key"));
  fmt::print(stderr, "This key is not shown again. To revoke it: onggi key revoke {}\n",
             text(key, "id"));
  return 0;
}

int run(const KeyList& command, const config::Settings& settings) {
  const auto client = open_client(settings.options);
  const std::string user = find_user(*client, command.user);
  for (const json::Value& key : client->items(fmt::format("users/{}/keys", user))) {
    fmt::print("{}  {}  {}\n", text(key, "id"), text(key, "created_at"), text(key, "name"));
  }
  return 0;
}

int run(const KeyRevoke& command, const config::Settings& settings) {
  const auto id = Uuid::parse(command.key);
  if (!id) throw std::runtime_error(fmt::format("{} is not the id of a key", command.key));
  const auto client = open_client(settings.options);
  for (const std::string& user : candidates(*client, command.user)) {
    if (!client->remove(fmt::format("users/{}/keys/{}", user, to_string(*id)))) continue;
    fmt::print(stderr, "revoked {}\n", to_string(*id));
    return 0;
  }
  throw std::runtime_error(fmt::format("there is no key {}", command.key));
}

}  // namespace onggi::cli
