// Request targets: the path and the query taken apart, the route found, the query read by the
// endpoint's declaration. The first byte picks the method.
#include <algorithm>

#include "api/query.h"
#include "api/request.h"
#include "base/utf8.h"
#include "http/router.h"
#include "tests/fuzz/fuzz.h"

namespace onggi::fuzz {
namespace {

using http::Method;

std::vector<std::string> patterns() {
  std::vector<std::string> all;
  for (const api::Endpoint& endpoint : api::endpoints())
    all.push_back((endpoint.is_absolute ? "" : std::string(api::prefix)) +
                  std::string(endpoint.path));
  return all;
}

const std::vector<std::string>& all_patterns() {
  static const std::vector<std::string> all = patterns();
  return all;
}

const http::Router& router() {
  static const http::Router the_router = [] {
    std::vector<http::Route> routes;
    for (std::size_t i = 0; i < all_patterns().size(); ++i)
      routes.push_back({api::endpoints()[i].method, all_patterns()[i]});
    return http::Router(routes);
  }();
  return the_router;
}

std::string encoded(std::string_view text) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    out += '%';
    out += digits[static_cast<unsigned char>(c) >> 4];
    out += digits[static_cast<unsigned char>(c) & 15];
  }
  return out;
}

std::string joined(const std::vector<std::string>& segments) {
  std::string path;
  for (const std::string& segment : segments) path += '/' + segment;
  return path.empty() ? "/" : path;
}

std::string written(const api::Target& target) {
  std::string out;
  for (const std::string& segment : target.segments) out += '/' + encoded(segment);
  if (out.empty()) out = "/";
  for (const auto& [name, value] : target.pairs)
    out +=
        (&name == &target.pairs.front().first ? '?' : '&') + encoded(name) + '=' + encoded(value);
  return out;
}

// Whether a path's segments fit a pattern, read from left to right.
bool fits(std::string_view pattern, std::span<const std::string> segments) {
  for (const std::string& segment : segments) {
    if (!pattern.starts_with('/')) return false;
    pattern.remove_prefix(1);
    const std::string_view wanted = pattern.substr(0, pattern.find('/'));
    pattern.remove_prefix(wanted.size());
    if (wanted.starts_with('{') ? segment.empty() : wanted != segment) return false;
  }
  return pattern.empty();
}

void check_match(Method method, const api::Target& target,
                 const std::optional<http::Router::Match>& match) {
  bool is_known = false;
  for (const std::string& pattern : all_patterns()) is_known |= fits(pattern, target.segments);
  hold(match.has_value() == is_known, "a path that fits a pattern is found");
  if (!match || !match->route) return;
  const std::string& pattern = all_patterns()[*match->route];
  hold(fits(pattern, target.segments), "the route found fits");
  const Method wanted = method == Method::head ? Method::get : method;
  hold(api::endpoints()[*match->route].method == wanted, "and is of the method");
  hold(match->values.size() == static_cast<std::size_t>(std::ranges::count(pattern, '{')),
       "every parameter has its value");
}

void check_query(const api::Endpoint& endpoint, const api::Pairs& pairs) {
  std::optional<Uuid> user;
  const Result<api::Query> query = api::read_query(endpoint, pairs, user);
  if (!query) return check_refusal(query.error());
  hold(query->values.size() == endpoint.query.size(), "every parameter has a place");
  hold(query->limit >= 1 && query->limit <= 500, "a page has a limit");
  std::size_t read = 0;
  for (std::size_t i = 0; i < endpoint.query.size(); ++i) {
    const auto& value = query->values[i];
    read += value.has_value();
    if (!value) continue;
    if (endpoint.query[i].type == model::Type::uuid) hold(Uuid::parse(*value).has_value(), "an id");
    if (endpoint.query[i].type == model::Type::time) hold(parse_time(*value).has_value(), "a time");
    if (endpoint.query[i].type == model::Type::choice)
      hold(std::ranges::count(endpoint.query[i].names, *value) == 1, "one of its names");
  }
  read += user.has_value() + query->contained.size();
  for (const auto& [name, value] : pairs)
    read += std::ranges::count(api::list_parameters(), name, &api::Parameter::name) != 0 &&
            std::ranges::count(endpoint.query, name, &api::Parameter::name) == 0;
  hold(read == pairs.size(), "nothing that was sent is dropped");
}

}  // namespace

void try_input(std::string_view input) {
  const auto method = static_cast<Method>(choose(input, 8));
  const Result<api::Target> target = api::read_target(input);
  if (!target) return check_refusal(target.error());
  hold(is_utf8(target->path) && !target->path.contains('\0'), "a path is text");
  for (const auto& [name, value] : target->pairs)
    hold(is_utf8(name) && is_utf8(value) && !value.contains('\0'), "a query is text");
  if (!target->path.empty())
    hold(target->path == joined(target->segments), "a path is its segments");
  const Result<api::Target> again = api::read_target(written(*target));
  hold(again && again->segments == target->segments, "segments survive another encoding");
  hold(again->pairs == target->pairs, "so do parameters");
  const auto match = router().match(method, target->segments);
  check_match(method, *target, match);
  if (match && match->route) check_query(api::endpoints()[*match->route], target->pairs);
}

}  // namespace onggi::fuzz
