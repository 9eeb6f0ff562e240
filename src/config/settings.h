// The options in force and where each came from: a flag wins over the environment, that over the
// file, that over the default.
#pragma once

#include <expected>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "config/option.h"

namespace onggi::config {

// An option as one source gave it.
struct Given {
  const Option* option;
  std::vector<std::string> written;
  std::string origin;  // "--workers", "ONGGI_WORKERS", "onggi.toml:3"
};

using Environment = std::map<std::string, std::string>;

// The variables of this process.
Environment process_environment();

struct Settings {
  Options options;
  std::map<const Option*, std::string> origins;  // absent: the default
};

// Puts the sources together; the file is that of --config or ONGGI_CONFIG. The error is one line
// for the user that names the option, its source and, where a value is out of bounds, the bounds.
// Variables named ONGGI_* that are no option are errors.
std::expected<Settings, std::string> resolve(std::span<const Given> flags,
                                             const Environment& environment);

// What a TOML file sets. Keys are the names of options; a repeatable one may be a string or an
// array of strings.
std::expected<std::vector<Given>, std::string> read_file(const std::filesystem::path& file);

// All options as TOML that --config reads back, each with its origin.
std::string to_toml(const Settings& settings);

}  // namespace onggi::config
