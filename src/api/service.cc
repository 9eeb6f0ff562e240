// What stands beside the API: health, readiness, metrics, the description.
#include <fmt/format.h>

#include "api/handlers.h"
#include "api/readiness.h"

namespace onggi::api {
namespace {

// `parts` is JSON.
Answer unready(std::string_view detail, std::string_view parts) {
  Answer answer{.status = 503, .body = R"({"status":"unavailable","detail":)"};
  json::append_quoted(detail, answer.body);
  answer.body += R"(,"parts":)";
  answer.body += parts;
  answer.body += '}';
  return answer;
}

}  // namespace

Task<Result<Answer>> get_health(Call&) {
  co_return Answer{.body = R"({"status":"ok"})"};
}

Task<Result<Answer>> get_readiness(Call& call) {
  if (call.readiness.is_stopping())
    co_return unready("The server is stopping.", R"({"server":"stopping"})");
  const std::optional<Trouble> trouble = co_await call.readiness.look();
  if (trouble)
    co_return unready(trouble->detail, fmt::format(R"({{"server":"ready","database":"{}"}})",
                                                   to_string(trouble->cause)));
  co_return Answer{.body = R"({"status":"ok","parts":{"server":"ready","database":"ready"}})"};
}

Task<Result<Answer>> get_metrics(Call& call) {
  Answer answer{.body = call.services.registry.text()};
  answer.content_type = "text/plain; version=0.0.4; charset=utf-8";
  co_return answer;
}

Task<Result<Answer>> get_openapi(Call&) {
  static const std::string document = openapi_document();
  co_return Answer{.body = document};
}

}  // namespace onggi::api
