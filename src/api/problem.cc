#include "api/problem.h"

#include <fmt/format.h>

#include "json/json.h"

namespace onggi::api {
namespace {

std::string_view title_of(int status) {
  switch (status) {
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 412:
      return "Precondition Failed";
    case 413:
      return "Content Too Large";
    case 414:
      return "URI Too Long";
    case 415:
      return "Unsupported Media Type";
    case 422:
      return "Unprocessable Content";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 501:
      return "Not Implemented";
    case 503:
      return "Service Unavailable";
    default:
      return "Internal Server Error";
  }
}

}  // namespace

int status_of(Code code) {
  switch (code) {
    case Code::malformed:
      return 400;
    case Code::unauthenticated:
      return 401;
    case Code::forbidden:
      return 403;
    case Code::not_found:
      return 404;
    case Code::method_not_allowed:
      return 405;
    case Code::conflict:
      return 409;
    case Code::precondition_failed:
      return 412;
    case Code::too_large:
      return 413;
    case Code::unsupported_media_type:
      return 415;
    case Code::invalid:
      return 422;
    case Code::too_many_requests:
      return 429;
    case Code::headers_too_large:
      return 431;
    case Code::unavailable:
      return 503;
  }
  return 500;
}

void append_problem(int status, std::string_view detail, std::string_view request_id,
                    const std::vector<FieldError>& errors, std::string& out) {
  fmt::format_to(std::back_inserter(out),
                 "{{\"type\":\"about:blank\",\"title\":\"{}\",\"status\":{},\"detail\":",
                 title_of(status), status);
  json::append_quoted(detail, out);
  if (!request_id.empty()) {
    out += ",\"request_id\":";
    json::append_quoted(request_id, out);
  }
  if (!errors.empty()) {
    out += ",\"errors\":[";
    for (const FieldError& error : errors) {
      if (&error != errors.data()) out += ',';
      out += "{\"field\":";
      json::append_quoted(error.field, out);
      out += ",\"message\":";
      json::append_quoted(error.message, out);
      out += '}';
    }
    out += ']';
  }
  out += '}';
}

http::Response problem_response(int status, std::string_view detail, std::string_view request_id,
                                const std::vector<FieldError>& errors) {
  http::Response response;
  response.status = status;
  response.content_type = "application/problem+json";
  append_problem(status, detail, request_id, errors, response.body);
  if (status == 401) response.headers.emplace_back("WWW-Authenticate", "Bearer");
  if (status == 503 || status == 429) response.headers.emplace_back("Retry-After", "1");
  return response;
}

http::Response problem_response(const Error& error, std::string_view request_id) {
  return problem_response(status_of(error.code), error.detail, request_id, error.errors);
}

}  // namespace onggi::api
