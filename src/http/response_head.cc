#include "http/response_head.h"

#include <charconv>
#include <cstddef>

#include <fmt/format.h>

namespace onggi::http {
namespace {

std::string_view reason_of(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 202:
      return "Accepted";
    case 204:
      return "No Content";
    case 206:
      return "Partial Content";
    case 301:
      return "Moved Permanently";
    case 302:
      return "Found";
    case 303:
      return "See Other";
    case 304:
      return "Not Modified";
    case 307:
      return "Temporary Redirect";
    case 308:
      return "Permanent Redirect";
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
    case 406:
      return "Not Acceptable";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 410:
      return "Gone";
    case 412:
      return "Precondition Failed";
    case 413:
      return "Content Too Large";
    case 414:
      return "URI Too Long";
    case 415:
      return "Unsupported Media Type";
    case 417:
      return "Expectation Failed";
    case 422:
      return "Unprocessable Content";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    case 505:
      return "HTTP Version Not Supported";
    case 507:
      return "Insufficient Storage";
    default:
      return "";
  }
}

void append_number(std::uint64_t number, std::string& out) {
  char digits[20];
  auto [end, error] = std::to_chars(digits, digits + sizeof digits, number);
  out.append(digits, static_cast<std::size_t>(end - digits));
}

void append_value(std::string_view value, std::string& out) {
  std::size_t start = out.size();
  out += value;
  if (value.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos) return;
  for (std::size_t i = start; i < out.size(); ++i) {
    if (out[i] == '\r' || out[i] == '\n' || out[i] == '\0') out[i] = ' ';
  }
}

void append_field(std::string_view name, std::string_view value, std::string& out) {
  out += name;
  out += ": ";
  append_value(value, out);
  out += "\r\n";
}

void append_status_line(int status, std::string& out) {
  if (status == 200) {
    out += "HTTP/1.1 200 OK\r\n";
    return;
  }
  out += "HTTP/1.1 ";
  append_number(static_cast<std::uint64_t>(status), out);
  out += ' ';
  out += reason_of(status);
  out += "\r\n";
}

void append_length(const ResponseHead& head, std::string& out) {
  switch (head.length) {
    case ResponseHead::Length::known:
      out += "Content-Length: ";
      append_number(head.content_length, out);
      out += "\r\n";
      break;
    case ResponseHead::Length::chunked:
      out += "Transfer-Encoding: chunked\r\n";
      break;
    case ResponseHead::Length::until_close:
    case ResponseHead::Length::none:
      break;
  }
}

}  // namespace

void append_standing_lines(std::time_t now, std::string& out) {
  static constexpr std::string_view days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr std::string_view months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  std::tm utc{};
  gmtime_r(&now, &utc);
  fmt::format_to(std::back_inserter(out),
                 "Date: {}, {:02} {} {} {:02}:{:02}:{:02} GMT\r\nServer: onggi\r\n",
                 days[utc.tm_wday], utc.tm_mday, months[utc.tm_mon], utc.tm_year + 1900,
                 utc.tm_hour, utc.tm_min, utc.tm_sec);
}

void append_head(const ResponseHead& head, const Response& response, const Cors& cors,
                 std::string& out) {
  append_status_line(head.status, out);
  out += head.standing;
  append_field("X-Request-Id", head.request_id, out);
  if (has_body(head.status)) {
    if (head.length != ResponseHead::Length::known || head.content_length > 0)
      append_field("Content-Type", response.content_type, out);
    append_length(head, out);
    if (head.gzip) out += "Content-Encoding: gzip\r\n";
  }
  if (head.vary_encoding) out += "Vary: Accept-Encoding\r\n";
  if (!response.etag.empty()) {
    out += "ETag: ";
    if (head.gzip && !response.etag.starts_with("W/")) out += "W/";
    append_value(response.etag, out);
    out += "\r\n";
  }
  for (const auto& [name, value] : response.headers) append_field(name, value, out);
  cors.append_headers(head.origin, out);
  if (head.close)
    out += "Connection: close\r\n";
  else if (head.says_keep_alive)
    out += "Connection: keep-alive\r\n";
  out += "\r\n";
}

bool has_body(int status) {
  return status >= 200 && status != 204 && status != 304;
}

}  // namespace onggi::http
