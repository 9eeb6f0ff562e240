// Every option, declared once: flags, environment, file, --help and `onggi config` derive from this
// table.
#pragma once

#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/options.h"

namespace onggi::config {

enum class Type : std::uint8_t {
  text,
  texts,  // repeatable
  integer,
  boolean,
  choice,
};

// Which commands take it; each includes those before it.
enum class Scope : std::uint8_t {
  store,  // all that work on a data directory
  start,  // what may be its first start
  serve,  // the server alone
};

struct Option {
  std::string_view
      name;  // "max-connections": --max-connections, ONGGI_MAX_CONNECTIONS, max-connections = ...
  Type type;
  Scope scope;
  std::string_view placeholder;  // of its value in --help: "DIR"
  std::string_view help;
  void* (*member)(Options& options);
  std::int64_t min = 0;  // of an integer
  std::int64_t max = 0;
  std::span<const std::string_view> names{};  // of a choice
  bool is_required = false;                   // must not be empty
  // Of a text: whether it may be that; says why not.
  bool (*check)(std::string_view text, std::string& why) = nullptr;
  bool has_flag = true;
  bool is_in_file = true;
  bool is_secret = false;  // never shown
};

// In the order in which they are shown. Static storage.
std::span<const Option> all_options();
const Option* find_option(std::string_view name);

std::string flag_of(const Option& option);      // "--max-connections"
std::string variable_of(const Option& option);  // "ONGGI_MAX_CONNECTIONS"

// Sets the option's member from what was written: several texts for `texts`, else one. The error
// says what is wrong with the value, to be put behind the name of its source; the value of a secret
// is not repeated.
std::expected<void, std::string> assign(const Option& option, Options& options,
                                        std::span<const std::string> written);

// What a user wrote, as an error repeats it: on one line, control characters as \u00xx.
std::string on_one_line(std::string_view written);

// The value as TOML writes it: 2, true, "text", ["a", "b"]; a secret is masked.
std::string shown(const Option& option, const Options& options);

}  // namespace onggi::config
