#include "api/pages.h"

#include <stdexcept>

#include "api/problem.h"
#include "console/assets.h"
#include "http/gzip.h"

namespace onggi::api {
namespace {

// Nothing is loaded from elsewhere; the viewer sets styles of its own.
constexpr std::string_view content_security_policy =
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:";
constexpr std::size_t page_max_bytes = 16u << 20;

}  // namespace

Pages::Pages() {
  for (const console::Asset& asset : console::assets()) {
    Page page{asset.content_type, asset.etag, nullptr,
              std::make_shared<const std::string>(asset.gzip_bytes)};
    std::string_view packed = asset.gzip_bytes;
    std::string plain;
    http::Inflater inflater;
    if (inflater.feed(packed, plain, page_max_bytes) != http::Inflater::State::more ||
        !inflater.at_end())
      throw std::logic_error("a built-in page is damaged");
    page.plain = std::make_shared<const std::string>(std::move(plain));
    pages_.emplace(asset.path, std::move(page));
  }
}

std::optional<http::Response> Pages::find(const http::Request& request,
                                          std::string_view path) const {
  const auto found =
      pages_.find(path.size() > 1 && path.ends_with('/') ? path.substr(0, path.size() - 1) : path);
  if (found == pages_.end()) return std::nullopt;
  if (request.method != http::Method::get && request.method != http::Method::head) {
    http::Response refused =
        problem_response(405, "This path does not know the method.", request.id);
    refused.headers.emplace_back("Allow", "GET, HEAD");
    return refused;
  }
  http::Response response;
  response.content_type = found->second.content_type;
  response.etag = found->second.etag;
  response.shared = found->second.plain;
  response.shared_gzip = found->second.gzip;
  response.headers.emplace_back("Content-Security-Policy", std::string(content_security_policy));
  response.headers.emplace_back("X-Content-Type-Options", "nosniff");
  return response;
}

}  // namespace onggi::api
