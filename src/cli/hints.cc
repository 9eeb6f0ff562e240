#include "cli/hints.h"

#include <cstdio>
#include <fstream>

#include <fmt/format.h>
#include <unistd.h>

#include "base/uuid.h"

namespace onggi::cli {
namespace {

// For a shell: as it is where nothing in it is special.
std::string quoted(const std::string& text) {
  constexpr std::string_view plain =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_./:";
  if (!text.empty() && text.find_first_not_of(plain) == std::string::npos) return text;
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'')
      out += "'\\''";
    else
      out += c;
  }
  return out + '\'';
}

// An address that everybody listens on is reached on this machine.
std::string reachable(std::string_view address) {
  std::string url(address);
  for (const std::string_view any : {"//0.0.0.0:", "//[::]:"}) {
    const std::size_t found = url.find(any);
    if (found != std::string::npos) url.replace(found, any.size(), "//127.0.0.1:");
  }
  return url;
}

struct Target {
  std::string options;  // of curl, with a space behind
  std::string url;
};

Target target_of(std::string_view address) {
  constexpr std::string_view unix_prefix = "unix:";
  if (address.starts_with(unix_prefix)) {
    const std::string path(address.substr(unix_prefix.size()));
    return {fmt::format("--unix-socket {} ", quoted(path)), "http://localhost"};
  }
  return {address.starts_with("https:") ? "-k " : "", reachable(address)};
}

std::string key_of(const app::Places& places) {
  if (::access(places.admin_key().c_str(), F_OK) != 0) return "$ONGGI_ADMIN_KEY";
  return fmt::format("$(cat {})", quoted(places.admin_key().string()));
}

std::string read_marker(const app::Places& places) {
  std::ifstream file(places.demo_marker());
  std::string id;
  std::getline(file, id);
  return Uuid::parse(id) ? id : std::string();
}

}  // namespace

void show_new_key(const app::Engine& engine) {
  if (engine.new_admin_key) show_key(*engine.new_admin_key);
}

void show_key(const std::string& key) {
  fmt::print("the key of user admin, shown this once: {}\n", key);
  std::fflush(stdout);
}

bool wants_hints(const app::Places& places) {
  return ::isatty(STDOUT_FILENO) != 0 || !read_marker(places).empty();
}

std::string hints(std::string_view address, const app::Places& places) {
  const Target target = target_of(address);
  const std::string workflow = read_marker(places);
  const std::string key = key_of(places);
  std::string text = fmt::format("\n  API reference  {}/docs\n", target.url);
  if (key.starts_with("$("))
    text += fmt::format("  admin's key    {}\n", places.admin_key().string());
  text += "\nTry:\n\n";
  const auto add = [&](std::string_view path) {
    text += fmt::format("  curl -s {}-H \"Authorization: Bearer {}\" '{}/api/agent-builder/{}'\n",
                        target.options, key, target.url, path);
  };
  if (workflow.empty()) {
    add("me");
    return text + '\n';
  }
  add("agents?limit=3");
  add("workflows/" + workflow);
  add("executions?limit=5");
  return text + '\n';
}

void write_marker(const app::Places& places, std::string_view workflow_id) {
  app::write_private_file(places.demo_marker(), fmt::format("{}\n", workflow_id));
}

}  // namespace onggi::cli
