#include "http/request_parser.h"

#include <algorithm>
#include <limits>

#include "http/field.h"

namespace onggi::http {
namespace {

namespace beast = boost::beast::http;

constexpr std::size_t max_headers = 256;
constexpr std::size_t max_overhead = 4096;  // a chunk's line, or all trailers
constexpr std::uint64_t max_chunk = std::uint64_t{1} << 60;

constexpr Refusal malformed(std::string_view detail) {
  return {400, detail, "malformed"};
}
constexpr Refusal smuggling(std::string_view detail) {
  return {400, detail, "ambiguous_length"};
}
constexpr Refusal two_framings =
    smuggling("There is both a Content-Length and a Transfer-Encoding.");
constexpr Refusal two_lengths = smuggling("There is more than one Content-Length.");
constexpr Refusal no_length = smuggling("Content-Length is not a number of bytes.");
constexpr Refusal two_encodings = smuggling("There is more than one Transfer-Encoding.");
constexpr Refusal folded = malformed("A header field is folded over two lines.");

bool is_decimal(char c) {
  return c >= '0' && c <= '9';
}

bool is_text(char c) {
  unsigned char byte = static_cast<unsigned char>(c);
  return (byte >= 0x20 && byte != 0x7f) || byte == '\t';
}

bool is_host_character(char c) {
  unsigned char byte = static_cast<unsigned char>(c);
  return byte > 0x20 && byte < 0x7f && !std::string_view("/?#@\\,\"<>").contains(c);
}

Method method_of(beast::verb verb) {
  switch (verb) {
    case beast::verb::get:
      return Method::get;
    case beast::verb::head:
      return Method::head;
    case beast::verb::post:
      return Method::post;
    case beast::verb::put:
      return Method::put;
    case beast::verb::patch:
      return Method::patch;
    case beast::verb::delete_:
      return Method::del;
    case beast::verb::options:
      return Method::options;
    default:
      return Method::other;
  }
}

// "http://host/path" becomes "/path"; false for what is not a target. Bytes above ASCII pass:
// people type them, and the router checks that they are UTF-8.
bool reduce_target(std::string_view& target, Method method) {
  if (target.contains('#')) return false;
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

// Whether a request line that Beast refuses ends with a version, only not with ours.
bool ends_with_other_version(std::string_view text) {
  std::string_view line = text.substr(0, text.find('\r'));
  std::string_view version = line.substr(line.rfind(' ') + 1);
  return version.size() == 8 && version.starts_with("HTTP/") && is_decimal(version[5]) &&
         version[6] == '.' && is_decimal(version[7]) && version != "HTTP/1.1" &&
         version != "HTTP/1.0";
}

// Beast unfolds a value of several lines, into memory of its own or from the second line on.
bool is_folded(std::string_view name, std::string_view value) {
  const char* start = name.data() + name.size() + 1;
  while (*start == ' ' || *start == '\t') ++start;
  return value.data() != start;
}

void note_first(std::string_view value, std::string_view& kept) {
  if (kept.empty()) kept = value;
}

}  // namespace

RequestParser::RequestParser(Head& head, Request& request) : head_(head), request_(request) {
  header_limit(std::numeric_limits<std::uint32_t>::max());  // the connection's, and BodySink's
  body_limit(boost::none);
}

std::optional<Refusal> RequestParser::read_head(std::string_view text) {
  head_ = {};
  request_.headers.clear();
  Error error;
  put(boost::asio::const_buffer(text.data(), text.size()), error);
  if (error && !refusal_) refusal_ = explain(error, text);
  return refusal_;
}

std::string_view RequestParser::take_body(std::string_view& input) {
  piece_ = {};
  while (piece_.empty() && input.size() >= least_input_ && body_state() == BodyState::more) {
    Error error;
    std::size_t taken = put(boost::asio::const_buffer(input.data(), input.size()), error);
    input.remove_prefix(taken);
    if (error == beast::error::need_more) {
      least_input_ = 5;  // of an unfinished chunk: it asserts that "0\r\n\r\n" is there
      malformed_ = input.size() > max_overhead;
      break;
    }
    least_input_ = 1;
    malformed_ = error || (piece_.empty() && taken > max_overhead);
  }
  return piece_;
}

RequestParser::BodyState RequestParser::body_state() const {
  if (malformed_) return BodyState::malformed;
  return is_done() ? BodyState::done : BodyState::more;
}

void RequestParser::on_request_impl(Verb verb, View, View target, int version, Error& error) {
  head_.http_1_0 = version == 10;
  request_.method = method_of(verb);
  request_.target = target;
  if (!reduce_target(request_.target, request_.method))
    refuse(malformed("The request target is not a path."), error);
}

void RequestParser::on_field_impl(Field field, View name, View value, Error& error) {
  if (is_folded(name, value)) return refuse(folded, error);
  if (is_header_done()) return;  // a trailer
  if (request_.headers.size() == max_headers)
    return refuse(Refusal{431, "There are too many header fields.", "head_too_large"}, error);
  request_.headers.emplace_back(name, value);
  refuse(note_field(field, name, value), error);
}

void RequestParser::on_header_impl(Error& error) {
  refuse(conclude(), error);
}

std::size_t RequestParser::on_body_impl(View body, Error&) {
  piece_ = body;
  return body.size();
}

// Beast lets white space stand before the extensions, and anything in their quotes.
void RequestParser::on_chunk_header_impl(std::uint64_t size, View extensions, Error& error) {
  bool readable =
      extensions.empty() || (extensions.front() == ';' && std::ranges::all_of(extensions, is_text));
  if (size >= max_chunk || !readable) error = beast::error::bad_chunk;
}

std::size_t RequestParser::on_chunk_body_impl(std::uint64_t, View body, Error&) {
  piece_ = body;
  return body.size();
}

void RequestParser::refuse(std::optional<Refusal> refusal, Error& error) {
  if (!refusal) return;
  refusal_ = refusal;
  error = beast::error::bad_value;
}

Refusal RequestParser::explain(const Error& error, std::string_view text) const {
  switch (static_cast<beast::error>(error.value())) {
    case beast::error::bad_method:
      return malformed("The method has a character that methods cannot have.");
    case beast::error::bad_target:
      return malformed("The request target is not a path.");
    case beast::error::bad_version:
      if (ends_with_other_version(text))
        return {505, "Only HTTP/1.1 and HTTP/1.0 are spoken here.", "version"};
      return malformed("The request line does not end with an HTTP version.");
    case beast::error::bad_field:
      return malformed("The name of a header field has a character that names cannot have.");
    case beast::error::bad_value:
    case beast::error::bad_line_ending:
      return malformed("The value of a header field has a character that it cannot have.");
    case beast::error::header_limit:  // of the memory in which it unfolds
      return folded;
    case beast::error::bad_content_length:
      return transfer_encodings_ > 0 ? two_framings : no_length;
    case beast::error::multiple_content_length:
      return two_lengths;
    case beast::error::bad_transfer_encoding:
      return lengths_ > 0 ? two_framings : two_encodings;
    default:
      return malformed("This is not an HTTP/1.1 request.");
  }
}

std::optional<Refusal> RequestParser::note_field(Field field, std::string_view name,
                                                 std::string_view value) {
  switch (field) {
    case Field::host:
      return note_host(value);
    case Field::content_length:
      return note_length(value);
    case Field::transfer_encoding:
      return note_transfer_encoding(value);
    case Field::expect:
      return note_expectation(value);
    case Field::content_encoding:
      note_coding(value);
      break;
    case Field::accept_encoding:
      note_first(value, head_.accept_encoding);
      break;
    case Field::if_none_match:
      note_first(value, head_.if_none_match);
      break;
    case Field::origin:
      note_first(value, head_.origin);
      break;
    case Field::unknown:
      if (same_name(name, "x-request-id")) note_first(value, head_.request_id);
      break;
    default:
      break;
  }
  return std::nullopt;
}

std::optional<Refusal> RequestParser::note_host(std::string_view value) {
  ++hosts_;
  if (!std::ranges::all_of(value, is_host_character))
    return malformed("Host is not the name of a host.");
  return std::nullopt;
}

// Beast takes a list of equal lengths for one.
std::optional<Refusal> RequestParser::note_length(std::string_view value) {
  if (!std::ranges::all_of(value, is_decimal)) return no_length;
  if (++lengths_ > 1) return two_lengths;
  return std::nullopt;
}

std::optional<Refusal> RequestParser::note_transfer_encoding(std::string_view value) {
  ++transfer_encodings_;
  if (!same_name(value, "chunked"))
    return Refusal{501, "The only Transfer-Encoding understood is chunked.", "transfer_encoding"};
  return std::nullopt;
}

std::optional<Refusal> RequestParser::note_expectation(std::string_view value) {
  if (!same_name(value, "100-continue"))
    return Refusal{417, "The only expectation understood is 100-continue.", "expectation"};
  head_.expects_continue = !head_.http_1_0;
  return std::nullopt;
}

void RequestParser::note_coding(std::string_view value) {
  bool gzip = same_name(value, "gzip") || same_name(value, "x-gzip");
  head_.coding = gzip                           ? Coding::gzip
                 : same_name(value, "identity") ? Coding::identity
                                                : Coding::other;
  if (++content_encodings_ > 1) head_.coding = Coding::other;
}

std::optional<Refusal> RequestParser::conclude() {
  head_.chunked = chunked();
  head_.content_length = content_length().value_or(0);
  head_.keep_alive = keep_alive();
  if (head_.chunked && head_.http_1_0) return smuggling("HTTP/1.0 has no Transfer-Encoding.");
  if (hosts_ > 1) return malformed("There is more than one Host.");
  if (hosts_ == 0 && !head_.http_1_0) return malformed("The Host field is missing.");
  return std::nullopt;
}

}  // namespace onggi::http
