#include "config/settings.h"

#include <string_view>

#include <fmt/format.h>
#include <unistd.h>

namespace onggi::config {
namespace {

constexpr std::string_view prefix = "ONGGI_";

// Kubernetes gives every container such variables about each Service of its namespace, one named
// "onggi" included.
bool is_of_kubernetes(std::string_view variable) {
  return variable.starts_with("ONGGI_SERVICE_") || variable == "ONGGI_PORT" ||
         variable.starts_with("ONGGI_PORT_");
}

// A repeatable option's variable holds its values with commas between them.
std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> parts;
  while (true) {
    const std::size_t comma = text.find(',');
    parts.emplace_back(text.substr(0, comma));
    if (comma == std::string_view::npos) return parts;
    text.remove_prefix(comma + 1);
  }
}

std::expected<std::vector<Given>, std::string> read_environment(const Environment& environment) {
  std::map<std::string, const Option*> known;
  for (const Option& option : all_options()) known.emplace(variable_of(option), &option);
  std::vector<Given> given;
  for (const auto& [variable, text] : environment) {
    if (!variable.starts_with(prefix) || is_of_kubernetes(variable)) continue;
    const auto found = known.find(variable);
    if (found == known.end()) {
      return std::unexpected(
          fmt::format("unknown environment variable {} (see onggi serve --help)", variable));
    }
    const Option& option = *found->second;
    given.push_back({&option,
                     option.type == Type::texts ? split(text) : std::vector<std::string>{text},
                     variable});
  }
  return given;
}

// A flag and a variable name their option; a place in a file does not.
std::string subject(const Given& given) {
  const Option& option = *given.option;
  if (given.origin == flag_of(option) || given.origin == variable_of(option)) return given.origin;
  return fmt::format("{}: {}", given.origin, option.name);
}

std::expected<void, std::string> put(std::span<const Given> source, Settings& settings) {
  for (const Given& given : source) {
    const auto assigned = assign(*given.option, settings.options, given.written);
    if (!assigned) return std::unexpected(fmt::format("{} {}", subject(given), assigned.error()));
    settings.origins[given.option] = given.origin;
  }
  return {};
}

}  // namespace

Environment process_environment() {
  Environment environment;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const std::size_t equals = text.find('=');
    if (equals == std::string_view::npos) continue;
    environment.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return environment;
}

std::expected<Settings, std::string> resolve(std::span<const Given> flags,
                                             const Environment& environment) {
  auto from_environment = read_environment(environment);
  if (!from_environment) return std::unexpected(from_environment.error());

  // These two alone say which file there is.
  Settings named;
  if (auto applied = put(*from_environment, named); !applied) {
    return std::unexpected(applied.error());
  }
  if (auto applied = put(flags, named); !applied) return std::unexpected(applied.error());
  if (named.options.config.empty()) return named;

  auto from_file = read_file(named.options.config);
  if (!from_file) return std::unexpected(from_file.error());
  Settings settings;
  for (std::span<const Given> source :
       {std::span<const Given>(*from_file), std::span<const Given>(*from_environment), flags}) {
    if (auto applied = put(source, settings); !applied) return std::unexpected(applied.error());
  }
  return settings;
}

std::string to_toml(const Settings& settings) {
  std::string toml;
  for (const Option& option : all_options()) {
    const auto origin = settings.origins.find(&option);
    const std::string line = fmt::format("{}{} = {}", option.is_in_file ? "" : "# ", option.name,
                                         shown(option, settings.options));
    toml += fmt::format("{:<44}  # {}\n", line,
                        origin == settings.origins.end() ? "default" : origin->second);
  }
  return toml;
}

}  // namespace onggi::config
