// A connection's bytes: the heads and bodies of pipelined requests. The same bytes must mean the
// same requests however they arrive, or two servers would read them in two ways.
#include <algorithm>

#include "base/metrics.h"
#include "http/field.h"
#include "http/request_body.h"
#include "http/request_parser.h"
#include "http/service.h"
#include "tests/fuzz/fuzz.h"

namespace onggi::fuzz {
namespace {

constexpr std::size_t body_limit = 3'000;
constexpr std::size_t head_limit = 8'000;

constexpr std::string_view malformed_body = "malformed body";

class Nobody final : public http::Handler {
  Task<http::Response> handle(http::Request&) override { co_return http::Response{}; }
  http::Response problem(int, std::string_view, std::string_view) override { return {}; }
  std::size_t body_limit(http::Method, std::string_view) const override { return 0; }
};

http::Service& service() {
  static Nobody nobody;
  static Registry registry;
  static http::Service the_service(http::ServerOptions{}, nobody, registry);
  return the_service;
}

// What holds for a head that was taken.
void check_head(std::string_view text, const http::Head& head, const http::Request& request) {
  hold(!request.target.empty(), "there is a target");
  hold(request.target.front() == '/' || request.target == "*", "it is a path");
  hold(request.target.find_first_of(" \r\n#") == std::string_view::npos, "without what ends it");
  hold(request.headers.size() <= 256, "there are at most 256 fields");
  const auto lines = static_cast<std::size_t>(std::ranges::count(text, '\n'));
  hold(lines == request.headers.size() + 2, "every line is one field");
  std::size_t hosts = 0;
  std::size_t lengths = 0;
  for (const auto& [name, value] : request.headers) {
    hold(!name.empty() && std::ranges::all_of(name, http::is_token_character), "names are tokens");
    hold(value.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos,
         "a value is of one line");
    hosts += http::same_name(name, "host");
    lengths +=
        http::same_name(name, "content-length") || http::same_name(name, "transfer-encoding");
  }
  hold(hosts == 1 || (hosts == 0 && head.http_1_0), "there is one host");
  hold(lengths <= 1, "the body has one length");
  hold(!head.has_body() || lengths == 1, "that was told");
}

// Reads like a connection: from bytes that come piece by piece into a log of what they meant.
class Reader {
 public:
  // The next bytes have come; all that came is in `bytes`.
  void read(std::string_view bytes) {
    while (!ended_ && (parser_ ? read_body(bytes) : read_head(bytes))) {
    }
  }
  const std::string& log() const { return log_; }

 private:
  bool read_head(std::string_view bytes) {
    while (scanned_ == 0 && bytes.substr(used_).starts_with("\r\n")) used_ += 2;
    const std::string_view rest = bytes.substr(used_);
    if (rest == "\r") return false;
    const http::HeadState state = http::scan_head(rest, scanned_);
    if (state == http::HeadState::malformed) return end("malformed head");
    if (scanned_ > head_limit) return end("long head");
    if (state == http::HeadState::incomplete) return false;
    const std::string_view text = rest.substr(0, scanned_);
    parser_.emplace(head_, request_);
    if (const auto refusal = parser_->read_head(text)) return end(refusal->detail);
    check_head(text, head_, request_);
    used_ += scanned_;
    log_ += text;
    log_ += request_.target;
    if (!head_.has_body()) return finish();
    if (const auto refusal = check_announced_body(head_, body_limit)) return end(refusal->detail);
    body_.clear();
    sink_.emplace(head_, body_limit, body_, charge_);
    return true;
  }

  bool read_body(std::string_view bytes) {
    std::string_view input = bytes.substr(used_);
    const std::size_t before = input.size();
    for (;;) {
      std::string_view piece = parser_->take_body(input);
      if (piece.empty()) break;
      while (!piece.empty() || sink_->has_more())
        if (const auto refusal = sink_->add(piece)) return end(refusal->detail);
      hold(body_.size() <= body_limit, "a body stays within its limit");
    }
    used_ += before - input.size();
    if (parser_->body_state() == http::RequestParser::BodyState::malformed)
      return end(malformed_body);
    if (parser_->body_state() == http::RequestParser::BodyState::more) return false;
    if (const auto refusal = sink_->finish()) return end(refusal->detail);
    if (!head_.chunked && head_.coding == http::Coding::identity)
      hold(body_.size() == head_.content_length, "a body is as long as announced");
    return finish();
  }

  bool finish() {
    log_ += body_;
    log_ += "\n-- done\n";
    body_.clear();
    sink_.reset();
    parser_.reset();
    charge_.release();
    scanned_ = 0;
    return true;
  }

  bool end(std::string_view why) {
    log_ += why;
    ended_ = true;
    return false;
  }

  std::size_t used_ = 0;
  std::size_t scanned_ = 0;
  http::Head head_;
  http::Request request_;
  std::optional<http::RequestParser> parser_;
  http::Service::Charge charge_{service()};
  std::string body_;
  std::optional<http::BodySink> sink_;
  std::string log_;
  bool ended_ = false;
};

std::string read_in_pieces(std::string_view bytes, std::size_t piece) {
  Reader reader;
  for (std::size_t come = 0; come < bytes.size(); come = std::min(come + piece, bytes.size()))
    reader.read(bytes.substr(0, std::min(come + piece, bytes.size())));
  return reader.log();
}

// In pieces, a malformed chunk may show only when a few more bytes have come.
bool mean_the_same(const std::string& pieces, const std::string& whole) {
  return pieces == whole || pieces + std::string(malformed_body) == whole;
}

}  // namespace

void try_input(std::string_view input) {
  const std::string whole = read_in_pieces(input, input.size() + 1);
  hold(mean_the_same(read_in_pieces(input, 1), whole), "byte by byte they mean the same");
  hold(mean_the_same(read_in_pieces(input, 7), whole), "and in pieces");
}

}  // namespace onggi::fuzz
