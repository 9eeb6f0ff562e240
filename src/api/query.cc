#include "api/query.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "base/utf8.h"

namespace onggi::api {
namespace {

using model::Type;

constexpr Parameter list_of_parameters[] = {
    {.name = "limit", .type = Type::integer, .help = "How many at most", .min = 1, .max = 500},
    {.name = "cursor", .help = "next_cursor of the page before"},
    {.name = "count",
     .type = Type::boolean,
     .help = "Adds total, up to 10,000 (then total_is_capped)"},
};
constexpr Parameter of_user{
    .name = "user_id", .type = Type::uuid, .help = "For whom an admin acts"};

constexpr Parameter of_user_or_all{.name = "user_id",
                                   .help = "For whom an admin asks: an id, or `all` for all users"};
constexpr std::string_view everybody = "all";

constexpr char cursor_format = 1;
constexpr std::size_t checksum_bytes = 4;

std::string checksum(std::string_view list, std::string_view content) {
  std::string text(list);
  text += '\0';
  text += content;
  return std::string(view(sha256(text)).substr(0, checksum_bytes));
}

// As it stands in a complaint: names may be long.
std::string brief(std::string_view name) {
  return std::string(start_of(name, 100));
}

// A '+' of an offset is often sent bare, and arrives as a space.
std::string with_plus(std::string text) {
  std::ranges::replace(text, ' ', '+');
  return text;
}

std::optional<std::int64_t> read_integer(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

Result<void> check_value(const Parameter& parameter, std::string& value) {
  const std::string name(parameter.name);
  switch (parameter.type) {
    case Type::integer: {
      const auto number = read_integer(value);
      if (!number || *number < parameter.min || *number > parameter.max)
        return invalid(name, fmt::format("must be an integer between {} and {}", parameter.min,
                                         parameter.max));
      return {};
    }
    case Type::boolean:
      if (value != "true" && value != "false") return invalid(name, "must be true or false");
      return {};
    case Type::uuid:
      if (!Uuid::parse(value)) return invalid(name, "must be a UUID");
      return {};
    case Type::time:
      value = with_plus(std::move(value));
      if (!parse_time(value))
        return invalid(name,
                       "must be an RFC 3339 time with an offset, such as 2026-11-22T02:00:00.000Z");
      return {};
    case Type::choice:
      if (std::ranges::find(parameter.names, value) == parameter.names.end())
        return invalid(name, fmt::format("must be one of {}", fmt::join(parameter.names, ", ")));
      return {};
    default:
      return {};
  }
}

// Which parameter of the endpoint a name is: its own first, then those of lists.
struct Found {
  const Parameter* parameter = nullptr;
  std::size_t index = 0;
};

Found find_parameter(std::span<const Parameter> parameters, std::string_view name) {
  for (std::size_t i = 0; i < parameters.size(); ++i)
    if (parameters[i].name == name) return {&parameters[i], i};
  return {};
}

// The containment filter that `name` is, or is the short form of.
const Parameter* find_filter(std::span<const Parameter> parameters, std::string_view name) {
  for (const Parameter& parameter : parameters)
    if (parameter.type == Type::any &&
        (name == parameter.name ||
         (name.starts_with(parameter.name) && name.substr(parameter.name.size()).starts_with('.'))))
      return &parameter;
  return nullptr;
}

// {"a": {"b": value}} of "a.b".
json::Value enclosed(std::string_view path, json::Value value) {
  const std::size_t dot = path.find('.');
  if (dot != std::string_view::npos) value = enclosed(path.substr(dot + 1), std::move(value));
  json::Object object;
  object.emplace(path.substr(0, dot), std::move(value));
  return object;
}

Result<void> take_filter(const Parameter& parameter, const std::string& name,
                         const std::string& sent, std::size_t& asked, Query& query) {
  const bool is_short = name.size() > parameter.name.size();
  Result<json::Value> parsed = json::parse(sent);
  if (!parsed && !is_short) return invalid(name, "must be JSON: " + parsed.error().detail);
  json::Value value = parsed ? std::move(*parsed) : json::Value(sent);
  if (is_short) {
    const std::string_view path = std::string_view(name).substr(parameter.name.size() + 1);
    if (std::ranges::count(path, '.') >= static_cast<std::ptrdiff_t>(json::max_depth))
      return invalid(brief(name), "is too deep");
    value = enclosed(path, std::move(value));
  }
  json::Object filter;
  filter.emplace(parameter.name, value);
  asked += json::filter_terms(filter, {}).terms.size();
  if (asked > store::filter_terms_max)
    return invalid(brief(name),
                   fmt::format("asks for more than {} values", store::filter_terms_max));
  query.contained.emplace_back(parameter.name, std::move(value));
  return {};
}

Result<void> take_list_parameter(const Endpoint& endpoint, const Parameter& parameter,
                                 const std::string& value, Query& query) {
  if (parameter.name == "limit")
    query.limit = *read_integer(value);
  else if (parameter.name == "count")
    query.wants_count = value == "true";
  else {
    query.cursor = read_cursor(value, endpoint.operation);
    if (!query.cursor) return invalid("cursor", "is not a cursor of this list");
  }
  return {};
}

}  // namespace

std::span<const Parameter> list_parameters() {
  return list_of_parameters;
}

const Parameter& user_id_parameter(const Endpoint& endpoint) {
  return endpoint.is_of_everybody ? of_user_or_all : of_user;
}

bool takes_user(const Endpoint& endpoint) {
  return endpoint.access != Access::open;
}

Result<Query> read_query(const Endpoint& endpoint, const Pairs& pairs, std::optional<Uuid>& user) {
  Query query;
  query.values.resize(endpoint.query.size());
  std::size_t asked = 0;
  std::vector<std::string_view> seen;
  for (const auto& [name, sent] : pairs) {
    if (std::ranges::find(seen, name) != seen.end())
      return invalid(name, "is given more than once");
    seen.push_back(name);
    std::string value = sent;
    if (const Parameter* const filter = find_filter(endpoint.query, name)) {
      auto taken = take_filter(*filter, name, value, asked, query);
      if (!taken) return std::unexpected(std::move(taken.error()));
      continue;
    }
    const Found own = find_parameter(endpoint.query, name);
    const Found of_list =
        endpoint.shows == Shows::list ? find_parameter(list_of_parameters, name) : Found{};
    const bool is_user = takes_user(endpoint) && name == of_user.name;
    const Parameter* parameter = own.parameter != nullptr       ? own.parameter
                                 : of_list.parameter != nullptr ? of_list.parameter
                                 : is_user                      ? &of_user
                                                                : nullptr;
    if (parameter == nullptr) return invalid(brief(name), "is not a parameter of this endpoint");
    if (is_user && endpoint.is_of_everybody && value == everybody) {
      query.wants_everybody = true;
      continue;
    }
    auto fits = check_value(*parameter, value);
    if (!fits) return std::unexpected(std::move(fits.error()));
    if (own.parameter != nullptr)
      query.values[own.index] = std::move(value);
    else if (is_user)
      user = *Uuid::parse(value);
    else if (auto taken = take_list_parameter(endpoint, *parameter, value, query); !taken)
      return std::unexpected(std::move(taken.error()));
  }
  for (std::size_t i = 0; i < endpoint.query.size(); ++i)
    if (endpoint.query[i].is_required && (!query.values[i] || query.values[i]->empty()))
      return invalid(std::string(endpoint.query[i].name), "is required");
  return query;
}

std::string write_cursor(const store::Place& place, std::string_view list) {
  std::string content(1, cursor_format);
  for (int shift = 56; shift >= 0; shift -= 8)
    content += static_cast<char>(static_cast<std::uint64_t>(place.time.ms) >> shift & 0xFF);
  content += place.key;
  return base64url(content + checksum(list, content));
}

std::optional<store::Place> read_cursor(std::string_view cursor, std::string_view list) {
  std::string bytes;
  constexpr std::size_t time_end = 9;
  if (cursor.size() > 1'000 || !decode_base64url(cursor, bytes) ||
      bytes.size() < time_end + checksum_bytes || bytes[0] != cursor_format)
    return std::nullopt;
  const std::string_view content = std::string_view(bytes).substr(0, bytes.size() - checksum_bytes);
  if (checksum(list, content) != std::string_view(bytes).substr(content.size()))
    return std::nullopt;
  std::uint64_t time = 0;
  for (std::size_t i = 1; i < time_end; ++i)
    time = time << 8 | static_cast<std::uint8_t>(content[i]);
  return store::Place{Time{static_cast<std::int64_t>(time)}, std::string(content.substr(time_end))};
}

}  // namespace onggi::api
