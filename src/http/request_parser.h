// Reads one request: Beast's parser, held to what two servers cannot read in two ways. Beast itself
// refuses bare line feeds, white space before a colon and a Content-Length beside
// Transfer-Encoding; repeated lengths, folded lines and a missing Host are refused here.
//
// Includes Beast: for the few files that parse requests.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include <boost/beast/http/basic_parser.hpp>

#include "http/head.h"
#include "http/message.h"
#include "http/refusal.h"

namespace onggi::http {

class RequestParser final : private boost::beast::http::basic_parser<true> {
 public:
  enum class BodyState : std::uint8_t { more, done, malformed };

  // Fills `head` and the method, target and headers of `request`.
  RequestParser(Head& head, Request& request);

  // Reads a complete head, as scan_head() found it. The request's views go into `text`. The target
  // of a request in absolute form ("GET http://host/path") is its path.
  std::optional<Refusal> read_head(std::string_view text);

  // Takes the next piece of the body, and the framing before it, off the front of `input`: a view
  // into `input`. Empty if there is none: at the end of the body, or until more has come behind
  // what is left of `input`. Chunk extensions and trailers are read over; longer than a few KB they
  // are malformed.
  std::string_view take_body(std::string_view& input);
  BodyState body_state() const;

 private:
  using Error = boost::beast::error_code;
  using View = boost::beast::string_view;
  using Verb = boost::beast::http::verb;
  using Field = boost::beast::http::field;

  void on_request_impl(Verb verb, View method, View target, int version, Error& error) override;
  void on_response_impl(int, View, int, Error&) override {}
  void on_field_impl(Field field, View name, View value, Error& error) override;
  void on_header_impl(Error& error) override;
  void on_body_init_impl(const boost::optional<std::uint64_t>&, Error&) override {}
  std::size_t on_body_impl(View body, Error& error) override;
  void on_chunk_header_impl(std::uint64_t size, View extensions, Error& error) override;
  std::size_t on_chunk_body_impl(std::uint64_t remaining, View body, Error& error) override;
  void on_finish_impl(Error&) override {}

  void refuse(std::optional<Refusal> refusal, Error& error);
  Refusal explain(const Error& error, std::string_view text) const;
  std::optional<Refusal> note_field(Field field, std::string_view name, std::string_view value);
  std::optional<Refusal> note_host(std::string_view value);
  std::optional<Refusal> note_length(std::string_view value);
  std::optional<Refusal> note_transfer_encoding(std::string_view value);
  std::optional<Refusal> note_expectation(std::string_view value);
  void note_coding(std::string_view value);
  std::optional<Refusal> conclude();

  Head& head_;
  Request& request_;
  std::optional<Refusal> refusal_;  // why a callback stopped the parser
  std::string_view piece_;          // of the body, from the last callback
  std::uint16_t hosts_ = 0;
  std::uint16_t lengths_ = 0;
  std::uint16_t transfer_encodings_ = 0;
  std::uint16_t content_encodings_ = 0;
  std::uint8_t least_input_ = 1;  // with less than this, Beast cannot go on
  bool malformed_ = false;        // the body
};

}  // namespace onggi::http
