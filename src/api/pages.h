// The web pages that the server carries in itself: the start page and the viewer of the API's
// description.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "http/message.h"

namespace onggi::api {

class Pages {
 public:
  Pages();
  // The page at a path (405 for other methods than GET and HEAD); nullopt where there is none.
  std::optional<http::Response> find(const http::Request& request, std::string_view path) const;

 private:
  struct Page {
    std::string_view content_type;
    std::string_view etag;
    std::shared_ptr<const std::string> plain;
    std::shared_ptr<const std::string> gzip;
  };
  std::unordered_map<std::string_view, Page> pages_;
};

}  // namespace onggi::api
