#include "http/router.h"

#include <array>
#include <map>
#include <stdexcept>

namespace onggi::http {
namespace {

constexpr std::size_t method_count = 8;

std::vector<std::string_view> split(std::string_view pattern) {
  std::vector<std::string_view> segments;
  while (!pattern.empty()) {
    pattern.remove_prefix(1);  // '/'
    const std::size_t end = pattern.find('/');
    segments.push_back(pattern.substr(0, end));
    pattern = end == std::string_view::npos ? std::string_view() : pattern.substr(end);
  }
  return segments;
}

}  // namespace

struct Router::Node {
  std::map<std::string_view, std::unique_ptr<Node>, std::less<>> fixed;
  std::unique_ptr<Node> parameter;
  std::array<std::optional<std::size_t>, method_count> routes;
  std::string allowed;

  Node& child(std::string_view segment) {
    std::unique_ptr<Node>& next = segment.starts_with('{') ? parameter : fixed[segment];
    if (!next) next = std::make_unique<Node>();
    return *next;
  }

  // The node for what is left of the path; a dead end behind a fixed segment falls back to the
  // parameter.
  const Node* find(std::span<const std::string> segments, std::vector<std::string>& values) const {
    if (segments.empty()) return allowed.empty() ? nullptr : this;
    const auto next = fixed.find(segments.front());
    if (next != fixed.end())
      if (const Node* found = next->second->find(segments.subspan(1), values)) return found;
    if (!parameter || segments.front().empty()) return nullptr;
    values.push_back(segments.front());
    if (const Node* found = parameter->find(segments.subspan(1), values)) return found;
    values.pop_back();
    return nullptr;
  }
};

Router::Router(std::vector<Route> routes) : root_(std::make_unique<Node>()) {
  for (std::size_t i = 0; i < routes.size(); ++i) {
    Node* node = root_.get();
    for (const std::string_view segment : split(routes[i].pattern)) node = &node->child(segment);
    auto& place = node->routes[static_cast<std::size_t>(routes[i].method)];
    if (place) throw std::logic_error("two routes for " + std::string(routes[i].pattern));
    place = i;
    if (!node->allowed.empty()) node->allowed += ", ";
    node->allowed += to_string(routes[i].method);
    if (routes[i].method == Method::get) node->allowed += ", HEAD";
  }
}

Router::~Router() = default;

std::optional<Router::Match> Router::match(Method method,
                                           std::span<const std::string> segments) const {
  Match match;
  const Node* node = root_->find(segments, match.values);
  if (node == nullptr) return std::nullopt;
  match.allowed = node->allowed;
  match.route =
      node->routes[static_cast<std::size_t>(method == Method::head ? Method::get : method)];
  return match;
}

}  // namespace onggi::http
