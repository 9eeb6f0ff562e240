// Which route a path is: patterns of fixed segments and {parameters}, matched segment by segment.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "http/message.h"

namespace onggi::http {

struct Route {
  Method method;
  std::string_view pattern;  // "/agents/{agent_id}/versions"; static storage
};

class Router {
 public:
  // Throws std::logic_error where two routes say the same. A fixed segment wins over a parameter.
  explicit Router(std::vector<Route> routes);
  ~Router();

  struct Match {
    std::optional<std::size_t>
        route;  // index of the route; nullopt: the path is known, the method is not
    std::vector<std::string> values;  // of the parameters, in order, decoded
    std::string_view allowed;         // "GET, HEAD, PUT": the methods that the path knows
  };
  // nullopt where no route has this path. HEAD matches GET. `segments` are decoded.
  std::optional<Match> match(Method method, std::span<const std::string> segments) const;

 private:
  struct Node;
  std::unique_ptr<Node> root_;
};

}  // namespace onggi::http
