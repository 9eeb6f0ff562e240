#include "http/cors.h"

#include <algorithm>
#include <utility>

namespace onggi::http {

Cors::Cors(std::vector<std::string> origins) : origins_(std::move(origins)) {
  any_ = std::ranges::find(origins_, "*") != origins_.end();
}

bool Cors::allows(std::string_view origin) const {
  return !origin.empty() && (any_ || std::ranges::find(origins_, origin) != origins_.end());
}

std::optional<Response> Cors::preflight(const Request& request) const {
  if (!is_on() || request.method != Method::options) return std::nullopt;
  std::optional<std::string_view> origin = request.header("Origin");
  if (!origin || !request.header("Access-Control-Request-Method")) return std::nullopt;
  Response response;
  response.status = 204;
  if (allows(*origin)) {
    response.headers = {
        {"Access-Control-Allow-Methods", "GET, HEAD, POST, PUT, PATCH, DELETE"},
        {"Access-Control-Allow-Headers",
         "Authorization, Content-Type, Content-Encoding, If-Match, If-None-Match, Idempotency-Key, "
         "Last-Event-ID, X-Request-Id"},
        {"Access-Control-Max-Age", "600"},
    };
  }
  return response;
}

void Cors::append_headers(std::string_view origin, std::string& out) const {
  if (!is_on()) return;
  if (!any_) out += "Vary: Origin\r\n";
  if (!allows(origin)) return;
  out += "Access-Control-Allow-Origin: ";
  out += any_ ? std::string_view("*") : origin;
  out +=
      "\r\nAccess-Control-Expose-Headers: ETag, Location, X-Request-Id, Onggi-Queries, "
      "Server-Timing, Retry-After\r\n";
}

}  // namespace onggi::http
