#include "http/head.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "http/field.h"

namespace onggi::http {
namespace {

constexpr std::size_t max_headers = 256;

constexpr Refusal malformed(std::string_view detail) {
  return {400, detail, "malformed"};
}
constexpr Refusal smuggling(std::string_view detail) {
  return {400, detail, "ambiguous_length"};
}

bool is_value_character(char c) {
  unsigned char byte = static_cast<unsigned char>(c);
  return (byte >= 0x20 && byte != 0x7f) || byte == '\t';
}

// Bytes above ASCII pass: people type them, and the router checks that they are UTF-8.
bool is_target_character(char c) {
  unsigned char byte = static_cast<unsigned char>(c);
  return byte > 0x20 && byte != 0x7f && byte != '#';
}

bool is_host_character(char c) {
  unsigned char byte = static_cast<unsigned char>(c);
  return byte > 0x20 && byte < 0x7f && !std::string_view("/?#@\\,\"<>").contains(c);
}

Method method_of(std::string_view name) {
  using enum Method;
  static constexpr std::array<std::pair<std::string_view, Method>, 7> methods{
      {{"GET", get},
       {"HEAD", head},
       {"POST", post},
       {"PUT", put},
       {"PATCH", patch},
       {"DELETE", del},
       {"OPTIONS", options}}};
  for (const auto& [known, method] : methods) {
    if (known == name) return method;
  }
  return other;
}

std::string_view take_line(std::string_view& text) {
  std::size_t end = text.find("\r\n");
  std::string_view line = text.substr(0, end);
  text.remove_prefix(end + 2);
  return line;
}

// "http://host/path" becomes "/path"; false for what is not a target.
bool reduce_target(std::string_view& target, Method method) {
  if (target.empty() || !std::ranges::all_of(target, is_target_character)) return false;
  if (target.front() == '/') return true;
  if (target == "*") return method == Method::options;
  std::size_t scheme = target.find("://");
  if (scheme == std::string_view::npos) return false;
  std::string_view name = target.substr(0, scheme);
  if (!same_name(name, "http") && !same_name(name, "https")) return false;
  std::string_view rest = target.substr(scheme + 3);
  std::size_t path = rest.find_first_of("/?");
  if (path == 0) return false;
  if (path == std::string_view::npos) {
    target = "/";
    return true;
  }
  target = rest.substr(path);
  return target.front() == '/';
}

std::optional<Refusal> parse_request_line(std::string_view line, Head& head, Request& request) {
  std::size_t first = line.find(' ');
  std::size_t last = line.rfind(' ');
  if (first == std::string_view::npos || first == last)
    return malformed("The request line is not \"METHOD target HTTP/1.1\".");
  std::string_view method = line.substr(0, first);
  if (!is_token(method)) return malformed("The method has a character that methods cannot have.");
  request.method = method_of(method);
  std::string_view version = line.substr(last + 1);
  if (version.size() != 8 || !version.starts_with("HTTP/") || version[6] != '.')
    return malformed("The request line does not end with an HTTP version.");
  if (version[5] != '1')
    return Refusal{505, "Only HTTP/1.1 and HTTP/1.0 are spoken here.", "version"};
  if (version[7] < '0' || version[7] > '9')
    return malformed("The request line does not end with an HTTP version.");
  head.http_1_0 = version[7] == '0';
  request.target = line.substr(first + 1, last - first - 1);
  if (!reduce_target(request.target, request.method))
    return malformed("The request target is not a path.");
  return std::nullopt;
}

// The fields that decide about the connection, gathered before anything is concluded from them.
struct Seen {
  int hosts = 0;
  int lengths = 0;
  int transfer_encodings = 0;
  int content_encodings = 0;
  bool close = false;
  bool keep_alive = false;
};

std::optional<Refusal> note_length(std::string_view value, Head& head, Seen& seen) {
  ++seen.lengths;
  auto [end, error] =
      std::from_chars(value.data(), value.data() + value.size(), head.content_length);
  bool digits = !value.empty() && error == std::errc{} && end == value.data() + value.size();
  if (!digits) return smuggling("Content-Length is not a number of bytes.");
  if (seen.lengths > 1) return smuggling("There is more than one Content-Length.");
  return std::nullopt;
}

std::optional<Refusal> note_transfer_encoding(std::string_view value, Head& head, Seen& seen) {
  if (++seen.transfer_encodings > 1) return smuggling("There is more than one Transfer-Encoding.");
  if (!same_name(value, "chunked"))
    return Refusal{501, "The only Transfer-Encoding understood is chunked.", "transfer_encoding"};
  head.chunked = true;
  return std::nullopt;
}

std::optional<Refusal> note_expectation(std::string_view value, Head& head) {
  if (!same_name(value, "100-continue"))
    return Refusal{417, "The only expectation understood is 100-continue.", "expectation"};
  head.expects_continue = true;
  return std::nullopt;
}

void note_coding(std::string_view value, Head& head, Seen& seen) {
  bool gzip = same_name(value, "gzip") || same_name(value, "x-gzip");
  head.coding = gzip                           ? Coding::gzip
                : same_name(value, "identity") ? Coding::identity
                                               : Coding::other;
  if (++seen.content_encodings > 1) head.coding = Coding::other;
}

void note_first(std::string_view value, std::string_view& kept) {
  if (kept.empty()) kept = value;
}

std::optional<Refusal> note_field(std::string_view name, std::string_view value, Head& head,
                                  Seen& seen) {
  switch (name.size()) {  // tells most of them apart without a comparison
    case 4:
      if (!same_name(name, "host")) break;
      ++seen.hosts;
      if (!std::ranges::all_of(value, is_host_character))
        return malformed("Host is not the name of a host.");
      break;
    case 6:
      if (same_name(name, "expect")) return note_expectation(value, head);
      if (same_name(name, "origin")) note_first(value, head.origin);
      break;
    case 10:
      if (!same_name(name, "connection")) break;
      seen.close = seen.close || list_has(value, "close");
      seen.keep_alive = seen.keep_alive || list_has(value, "keep-alive");
      break;
    case 12:
      if (same_name(name, "x-request-id")) note_first(value, head.request_id);
      break;
    case 13:
      if (same_name(name, "if-none-match")) note_first(value, head.if_none_match);
      break;
    case 14:
      if (same_name(name, "content-length")) return note_length(value, head, seen);
      break;
    case 15:
      if (same_name(name, "accept-encoding")) note_first(value, head.accept_encoding);
      break;
    case 16:
      if (same_name(name, "content-encoding")) note_coding(value, head, seen);
      break;
    case 17:
      if (same_name(name, "transfer-encoding")) return note_transfer_encoding(value, head, seen);
      break;
    default:
      break;
  }
  return std::nullopt;
}

std::optional<Refusal> parse_field(std::string_view line, Head& head, Seen& seen,
                                   Request& request) {
  if (line.front() == ' ' || line.front() == '\t')
    return malformed("A header field is folded over two lines.");
  std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return malformed("A header field has no colon.");
  std::string_view name = line.substr(0, colon);
  if (!is_token(name))
    return malformed("The name of a header field has a character that names cannot have.");
  std::string_view value = trim(line.substr(colon + 1));
  if (!std::ranges::all_of(value, is_value_character))
    return malformed("A header field has a control character.");
  if (request.headers.size() == max_headers)
    return Refusal{431, "There are too many header fields.", "head_too_large"};
  request.headers.emplace_back(name, value);
  return note_field(name, value, head, seen);
}

std::optional<Refusal> conclude(const Seen& seen, Head& head) {
  if (seen.transfer_encodings > 0 && seen.lengths > 0)
    return smuggling("There is both a Content-Length and a Transfer-Encoding.");
  if (seen.transfer_encodings > 0 && head.http_1_0)
    return smuggling("HTTP/1.0 has no Transfer-Encoding.");
  if (seen.hosts > 1) return malformed("There is more than one Host.");
  if (seen.hosts == 0 && !head.http_1_0) return malformed("The Host field is missing.");
  head.keep_alive = !seen.close && (!head.http_1_0 || seen.keep_alive);
  if (head.http_1_0) head.expects_continue = false;
  return std::nullopt;
}

}  // namespace

HeadState scan_head(std::string_view bytes, std::size_t& scanned) {
  if (scanned == 0 && !bytes.empty() && !is_token_character(bytes.front()))
    return HeadState::malformed;
  for (;;) {
    std::size_t feed = bytes.find('\n', scanned);
    if (feed == std::string_view::npos) break;
    if (feed == 0 || bytes[feed - 1] != '\r') return HeadState::malformed;
    scanned = feed + 1;
    if (feed >= 2 && bytes[feed - 2] == '\n') return HeadState::complete;
  }
  scanned = bytes.size();
  return HeadState::incomplete;
}

std::optional<Refusal> parse_head(std::string_view text, Head& head, Request& request) {
  head = {};
  request.headers.clear();
  Seen seen;
  std::optional<Refusal> refusal = parse_request_line(take_line(text), head, request);
  for (std::string_view line = take_line(text); !refusal && !line.empty(); line = take_line(text)) {
    refusal = parse_field(line, head, seen, request);
  }
  if (!refusal) refusal = conclude(seen, head);
  return refusal;
}

}  // namespace onggi::http
