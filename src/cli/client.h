// The API as commands call it: as admin, through the control socket of the server on the data
// directory or, where none runs, in this process. So the rules exist once.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "config/options.h"
#include "http/message.h"
#include "json/json.h"

namespace onggi::cli {

struct Answer {
  int status = 0;
  std::string body;
};

class Client {
 public:
  virtual ~Client() = default;
  // `target` with its prefix; `body` is JSON, or empty. Throws std::runtime_error if there is no
  // answer.
  virtual Answer send(http::Method method, const std::string& target, const std::string& body) = 0;

  // `path` behind /api/agent-builder/. The answer's JSON (null where it has none). Throws
  // std::runtime_error with the API's words for anything but success.
  json::Value call(http::Method method, std::string_view path, const json::Value& body = nullptr);
  json::Value get(std::string_view path) { return call(http::Method::get, path); }
  // The same, but false where the answer is 404.
  bool remove(std::string_view path);
  // All items of a list, page by page. `path` has no limit and no cursor.
  std::vector<json::Value> items(std::string_view path);
};

// Throws std::runtime_error if there is no store in the data directory, or it cannot be reached.
std::unique_ptr<Client> open_client(const config::Options& options);

// The two ways. The first is null if nobody listens there.
std::unique_ptr<Client> connect_to_server(const config::Options& options);
std::unique_ptr<Client> open_in_process(const config::Options& options);

// For a path or a query: everything but unreserved characters as %XX.
std::string percent_encoded(std::string_view text);

}  // namespace onggi::cli
