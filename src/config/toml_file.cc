// The one file that knows toml++.
#include <fstream>
#include <system_error>

#include <fmt/format.h>
#include <toml++/toml.h>

#include "config/settings.h"

namespace onggi::config {
namespace {

std::unexpected<std::string> wrong(const std::string& place, std::string_view name,
                                   std::string_view what) {
  return std::unexpected(fmt::format("{}: {} {}", place, on_one_line(name), what));
}

std::expected<std::vector<std::string>, std::string_view> texts_of(const Option& option,
                                                                   const toml::node& node) {
  using Texts = std::vector<std::string>;
  switch (option.type) {
    case Type::integer:
      if (const auto* number = node.as_integer()) return Texts{fmt::to_string(number->get())};
      return std::unexpected("must be a whole number");
    case Type::boolean:
      if (const auto* boolean = node.as_boolean()) return Texts{boolean->get() ? "true" : "false"};
      return std::unexpected("must be true or false");
    case Type::texts:
      if (const auto* array = node.as_array()) {
        Texts texts;
        for (const toml::node& entry : *array) {
          if (!entry.is_string()) return std::unexpected("must be an array of strings");
          texts.push_back(entry.as_string()->get());
        }
        return texts;
      }
      [[fallthrough]];
    case Type::text:
    case Type::choice:
      if (const auto* text = node.as_string()) return Texts{text->get()};
      return std::unexpected(option.type == Type::texts ? "must be a string or an array of strings"
                                                        : "must be a string");
  }
  return std::unexpected("is of no known type");
}

std::string_view why_not_in_file(const Option& option) {
  return option.is_secret ? "is a secret: it is taken from the environment alone"
                          : "cannot be set in a file";
}

}  // namespace

std::expected<std::vector<Given>, std::string> read_file(const std::filesystem::path& file) {
  std::error_code error;
  std::ifstream stream(file, std::ios::binary);
  if (!stream || !std::filesystem::is_regular_file(file, error)) {
    return std::unexpected(fmt::format("cannot read the file {}", file.string()));
  }
  toml::table table;
  try {
    table = toml::parse(stream);
  } catch (const toml::parse_error& failure) {
    return std::unexpected(fmt::format("{}:{}: not TOML: {}", file.string(),
                                       failure.source().begin.line,
                                       on_one_line(failure.description())));
  }
  std::vector<Given> given;
  for (const auto& [key, node] : table) {
    const std::string place = fmt::format("{}:{}", file.string(), key.source().begin.line);
    const Option* option = find_option(key.str());
    if (option == nullptr) return wrong(place, key.str(), "is no option (see onggi config)");
    if (!option->is_in_file) return wrong(place, key.str(), why_not_in_file(*option));
    auto texts = texts_of(*option, node);
    if (!texts) return wrong(place, key.str(), texts.error());
    given.push_back({option, std::move(*texts), place});
  }
  return given;
}

}  // namespace onggi::config
