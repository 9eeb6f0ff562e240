// What stands beside the API: health, readiness, metrics, the description.
#include <fmt/format.h>

#include "api/handlers.h"

namespace onggi::api {

Task<Result<Answer>> get_health(Call&) {
  co_return Answer{.body = R"({"status":"ok"})"};
}

Task<Result<Answer>> get_readiness(Call& call) {
  co_await move_to(call.services.workers);  // to find out may take a while
  const std::string trouble = call.services.trouble ? call.services.trouble() : std::string();
  if (trouble.empty()) co_return Answer{.body = R"({"status":"ok"})"};
  Answer answer{.status = 503, .body = R"({"status":"unavailable","detail":)"};
  json::append_quoted(trouble, answer.body);
  answer.body += '}';
  co_return answer;
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
