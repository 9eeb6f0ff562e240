// One request to another server, from a thread that may wait: for what onggi asks of others.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace onggi::http {

struct Fetched {
  int status = 0;
  std::string body;
};

using FetchHeaders = std::vector<std::pair<std::string, std::string>>;

// POSTs `body` to an http:// or https:// URL (certificates are verified by the system's
// authorities). Throws std::runtime_error where there is no answer within `patience`, or one of
// more than `most_bytes`. Neither redirects nor proxies are followed.
Fetched fetch(std::string_view url, std::string_view body, const FetchHeaders& headers,
              std::chrono::milliseconds patience, std::size_t most_bytes);

// Whether fetch() can be asked for it.
bool is_fetchable(std::string_view url);

}  // namespace onggi::http
