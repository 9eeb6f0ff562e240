// Cross-origin requests (the Fetch standard): which pages of other origins may call. Nobody sends
// cookies here, so that credentials are never allowed.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/message.h"

namespace onggi::http {

class Cors {
 public:
  // Empty: off. "*" allows any origin.
  explicit Cors(std::vector<std::string> origins);

  bool is_on() const { return !origins_.empty(); }

  // The answer to a browser that asks whether it may (OPTIONS with Origin and
  // Access-Control-Request-Method), else nullopt.
  std::optional<Response> preflight(const Request& request) const;

  // Appends the header lines of a response to a request from `origin` (empty: from none).
  void append_headers(std::string_view origin, std::string& out) const;

 private:
  bool allows(std::string_view origin) const;

  std::vector<std::string> origins_;
  bool any_ = false;
};

}  // namespace onggi::http
