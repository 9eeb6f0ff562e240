// The parts that read what clients send, without a server.
#include <algorithm>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "http/address.h"
#include "http/buffer.h"
#include "http/field.h"
#include "http/gzip.h"
#include "http/head.h"
#include "http/negotiate.h"
#include "http/request_parser.h"
#include "http/response_head.h"
#include "http/toy_server.h"

namespace onggi::http {
namespace {

TEST(Field, lists_are_taken_apart_at_commas_outside_quotes) {
  std::string_view list = " a ,, \"b,c\\\"\" , d";
  EXPECT_EQ(next_element(list), "a");
  EXPECT_EQ(next_element(list), "\"b,c\\\"\"");
  EXPECT_EQ(next_element(list), "d");
  EXPECT_EQ(next_element(list), std::nullopt);
}

TEST(Negotiate, gzip_is_taken_by_who_asks_for_it) {
  for (const char* yes : {"gzip", "GZIP", "x-gzip", "deflate, gzip", "gzip;q=0.5", "gzip; q=1.000",
                          "*", "br;q=1.0, gzip;q=0.8, *;q=0.1", "identity;q=0.5, gzip;q=1.0"}) {
    EXPECT_TRUE(accepts_gzip(yes)) << yes;
  }
  for (const char* no : {"", "identity", "br", "gzip;q=0", "gzip;q=0.000", "*;q=0", "*, gzip;q=0",
                         "gzip;q=0.5, identity", "gzip;q=2", "gzip;q=x", "gzip;q=", "gzipped"}) {
    EXPECT_FALSE(accepts_gzip(no)) << no;
  }
}

TEST(Negotiate, an_entity_tag_is_found_in_a_list_whether_weak_or_strong) {
  EXPECT_TRUE(names_etag("\"a\"", "\"a\""));
  EXPECT_TRUE(names_etag("W/\"a\"", "\"a\""));
  EXPECT_TRUE(names_etag("\"a\"", "W/\"a\""));
  EXPECT_TRUE(names_etag("\"b\", W/\"a\" ", "\"a\""));
  EXPECT_TRUE(names_etag("\"x,y\", \"a\"", "\"a\""));
  EXPECT_TRUE(names_etag(" * ", "\"a\""));
  EXPECT_FALSE(names_etag("\"b\"", "\"a\""));
  EXPECT_FALSE(names_etag("a", "\"a\""));
  EXPECT_FALSE(names_etag("", "\"a\""));
  EXPECT_FALSE(names_etag("\"aa\"", "\"a\""));
}

TEST(Address, is_read_as_operators_write_it) {
  EXPECT_EQ(parse_address("127.0.0.1:8420")->host, "127.0.0.1");
  EXPECT_EQ(parse_address("127.0.0.1:8420")->port, "8420");
  EXPECT_EQ(parse_address("[::1]:0")->host, "::1");
  EXPECT_EQ(parse_address(":80")->host, "0.0.0.0");
  EXPECT_EQ(parse_address("localhost:80")->host, "localhost");
  EXPECT_EQ(parse_address("unix:/run/onggi.sock")->path, "/run/onggi.sock");
  for (const std::string& bad :
       {std::string("127.0.0.1"), std::string("h:"), std::string("h:65536"), std::string("h:-1"),
        std::string("h:8x"), std::string("::1:80"), std::string("[]:80"), std::string("unix:"),
        "unix:/" + std::string(200, 'a')}) {
    EXPECT_FALSE(parse_address(bad).has_value()) << bad;
  }
}

TEST(Buffer, views_outlive_a_detachment_and_the_bytes_go_on) {
  Buffer buffer;
  std::string text = "head" + std::string(5'000, 'r');
  std::ranges::copy(text, buffer.space(text.size()).data());
  buffer.commit(text.size());
  std::string_view head = buffer.bytes().substr(0, 4);
  buffer.consume(4);
  Buffer kept = buffer.detach();
  buffer.consume(1'000);
  EXPECT_EQ(head, "head");
  EXPECT_EQ(buffer.bytes(), std::string(4'000, 'r'));
}

using BodyState = RequestParser::BodyState;

// What is read of a body that arrives in steps, "|", and what is left behind it.
std::string body_of(const std::string& framing, std::string_view wire, std::size_t step,
                    BodyState expected) {
  Head head;
  Request request;
  RequestParser parser(head, request);
  EXPECT_FALSE(parser.read_head("POST / HTTP/1.1\r\nHost: a\r\n" + framing + "\r\n\r\n"));
  std::string body;
  std::size_t arrived = 0;
  std::size_t used = 0;
  while (arrived < wire.size() && parser.body_state() == BodyState::more) {
    arrived = std::min(arrived + step, wire.size());
    std::string memory(wire.substr(used, arrived - used));  // elsewhere each time
    std::string_view input = memory;
    for (std::string_view piece = parser.take_body(input); !piece.empty();
         piece = parser.take_body(input))
      body += piece;
    used = arrived - input.size();
  }
  EXPECT_EQ(parser.body_state(), expected) << wire;
  EXPECT_EQ(request.headers.size(), 2u) << wire;
  return body + "|" + std::string(wire.substr(used));
}

std::string chunks_of(std::string_view wire, std::size_t step, BodyState expected) {
  return body_of("Transfer-Encoding: chunked", wire, step, expected);
}

TEST(Body, ends_where_it_says_however_it_arrives) {
  using enum BodyState;
  for (std::size_t step : {1u, 2u, 3u, 4u, 7u, 1000u}) {
    EXPECT_EQ(body_of("Content-Length: 5", "hello next", step, done), "hello| next");
    EXPECT_EQ(body_of("Content-Length: 4", "0\r\n\rnext", step, done), "0\r\n\r|next");
    EXPECT_EQ(body_of("Content-Length: 0", "next", step, done), "|next");
    EXPECT_EQ(chunks_of("0\r\n\r\nnext", step, done), "|next");
    EXPECT_EQ(chunks_of("5\r\nhello\r\n0\r\n\r\nnext", step, done), "hello|next");
    EXPECT_EQ(chunks_of("3\r\n0\r\n\r\n0\r\n\r\nnext", step, done), "0\r\n|next");
    EXPECT_EQ(
        chunks_of("3;a=\"b\"\r\nhel\r\n02\r\nlo\r\n000;c\r\nA: b\r\nC: d\r\n\r\nGET", step, done),
        "hello|GET");
    EXPECT_EQ(chunks_of("A\r\n0123456789\r\n0\r\n\r\n", step, done), "0123456789|");
    EXPECT_EQ(chunks_of("5\r\nhel", step, more), "hel|");
  }
}

TEST(Body, what_two_readers_could_read_differently_is_malformed) {
  for (std::string_view bad : {"5\nhello\r\n0\r\n\r\n",
                               "5\r\nhelloX\r\n0\r\n\r\n",
                               "5 \r\nhello\r\n",
                               "5\t;a\r\nhello\r\n",
                               " 5\r\nhello",
                               "0x5\r\nhello\r\n0\r\n\r\n",
                               "-1\r\n",
                               "\r\n",
                               "g\r\n",
                               ";\r\n",
                               "5\rhello",
                               "5\r\nhello\n0\r\n",
                               "0\r\n\n\r\n\r\n",
                               "0\r\nA: b\n\r\n\r\n",
                               "ffffffffffffffff\r\n",
                               "1000000000000000000\r\n",
                               "5;\x01\r\n",
                               "5;a=\"\x01\"\r\n",
                               "5;a=\"\n\"\r\n",
                               "5;a=\"\r\nhello\r\n0\r\n\r\n\"\r\n",
                               "0\r\nA: b\r\n c\r\n\r\n",
                               "0\r\nA:\r\n c\r\n\r\n",
                               "0\r\nno colon\r\n\r\n",
                               "0\r\nContent-Length: 1\r\n\r\n"}) {
    chunks_of(bad, 1000, BodyState::malformed);
  }
}

TEST(Body, overhead_is_bounded) {
  std::string extension = "5;" + std::string(10'000, 'a');
  std::string trailers = "0\r\n";
  for (int i = 0; i < 1'000; ++i) trailers += "A: b\r\n";
  for (std::size_t step : {100u, 100'000u}) {
    chunks_of(extension, step, BodyState::malformed);
    chunks_of(extension + "\r\nhello\r\n0\r\n\r\n", step, BodyState::malformed);
    chunks_of(std::string(10'000, '0') + "5\r\nhello\r\n", step, BodyState::malformed);
    chunks_of(trailers, step, BodyState::malformed);
    chunks_of(trailers + "\r\n", step, BodyState::malformed);
  }
}

TEST(Head, is_looked_for_byte_by_byte) {
  std::string text = "GET / HTTP/1.1\r\nHost: a\r\n\r\nrest";
  std::size_t scanned = 0;
  for (std::size_t size = 0; size < text.size() - 4; ++size) {
    EXPECT_EQ(scan_head(std::string_view(text).substr(0, size), scanned), HeadState::incomplete)
        << size;
  }
  EXPECT_EQ(scan_head(text, scanned), HeadState::complete);
  EXPECT_EQ(scanned, text.size() - 4);
  for (const char* bad : {"\x16\x03\x01", " GET", "\r\n\r\n", "GET / HTTP/1.1\nHost: a\r\n\r\n",
                          "GET / HTTP/1.1\r\nHost: a\n\r\n", "GET / HTTP/1.1\r\n\n"}) {
    scanned = 0;
    EXPECT_EQ(scan_head(bad, scanned), HeadState::malformed) << bad;
  }
}

int refusal_of(const std::string& text, Head& head, Request& request) {
  std::optional<Refusal> refusal = RequestParser(head, request).read_head(text);
  return refusal ? refusal->status : 0;
}

int refusal_of(const std::string& text) {
  Head head;
  Request request;
  return refusal_of(text, head, request);
}

TEST(Head, is_read_into_a_request) {
  Head head;
  Request request;
  std::string text =
      "PATCH http://example.org/a?b=c HTTP/1.1\r\nhost: example.org\r\nContent-Length:  12 "
      "\r\nX-Empty:\r\nConnection: keep-alive, CLOSE\r\nExpect: 100-Continue\r\n\r\n";
  ASSERT_EQ(refusal_of(text, head, request), 0);
  EXPECT_EQ(request.method, Method::patch);
  EXPECT_EQ(request.target, "/a?b=c");
  EXPECT_EQ(request.header("HOST"), "example.org");
  EXPECT_EQ(request.header("x-empty"), "");
  EXPECT_EQ(request.header("x-none"), std::nullopt);
  EXPECT_EQ(head.content_length, 12u);
  EXPECT_FALSE(head.keep_alive);
  EXPECT_TRUE(head.expects_continue);
}

TEST(Head, ambiguity_is_refused) {
  auto with = [](const std::string& fields) {
    return refusal_of("POST / HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n");
  };
  EXPECT_EQ(with(""), 0);
  EXPECT_EQ(with("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"), 400);
  EXPECT_EQ(with("Content-Length: 5\r\nContent-Length: 5\r\n"), 400);
  EXPECT_EQ(with("Content-Length: 5, 5\r\n"), 400);
  EXPECT_EQ(with("Content-Length: 5,\r\n"), 400);
  EXPECT_EQ(with("Content-Length: +5\r\n"), 400);
  EXPECT_EQ(with("Content-Length: -5\r\n"), 400);
  EXPECT_EQ(with("Content-Length: 0x5\r\n"), 400);
  EXPECT_EQ(with("Content-Length:\r\n"), 400);
  EXPECT_EQ(with("Content-Length: 99999999999999999999\r\n"), 400);
  EXPECT_EQ(with("Transfer-Encoding: gzip, chunked\r\n"), 501);
  EXPECT_EQ(with("Transfer-Encoding: xchunked\r\n"), 501);
  EXPECT_EQ(with("Transfer-Encoding: chunked, chunked\r\n"), 501);
  EXPECT_EQ(with("Transfer-Encoding: chunked;a=b\r\n"), 501);
  EXPECT_EQ(with("Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n"), 501);
  EXPECT_EQ(with("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n"), 400);
  EXPECT_EQ(with("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n"), 400);
  EXPECT_EQ(with("Transfer-Encoding : chunked\r\n"), 400);
  EXPECT_EQ(with("A: b\r\n c\r\n"), 400);
  EXPECT_EQ(with("A: b\r\n\tc\r\n"), 400);
  EXPECT_EQ(with("A:\r\n b\r\n"), 400);
  EXPECT_EQ(with("A: b\r\n \r\n"), 400);
  EXPECT_EQ(with("A:\r\n \r\n"), 400);
  EXPECT_EQ(with("A: b\r\n " + std::string(5'000, 'c') + "\r\n"), 400);
  EXPECT_EQ(with("A: b\rc\r\n"), 400);
  EXPECT_EQ(with(std::string("A: b\0c\r\n", 8)), 400);
  EXPECT_EQ(with(": b\r\n"), 400);
  EXPECT_EQ(with("A\r\n"), 400);
  EXPECT_EQ(with("A b: c\r\n"), 400);
  EXPECT_EQ(with("Host: b\r\n"), 400);
  EXPECT_EQ(with("Expect: tea\r\n"), 417);
  EXPECT_EQ(refusal_of("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"), 400);
  EXPECT_EQ(refusal_of("GET / HTTP/1.0\r\n\r\n"), 0);
  EXPECT_EQ(refusal_of("GET / HTTP/1.1\r\n\r\n"), 400);
  EXPECT_EQ(refusal_of("GET / HTTP/1.1\r\nHost: a b\r\n\r\n"), 400);
  EXPECT_EQ(refusal_of("GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"), 400);
}

TEST(Head, request_lines_are_strict) {
  auto line = [](const std::string& text) { return refusal_of(text + "\r\nHost: a\r\n\r\n"); };
  EXPECT_EQ(line("GET / HTTP/1.1"), 0);
  EXPECT_EQ(line("BREW /pot HTTP/1.1"), 0);
  EXPECT_EQ(line("OPTIONS * HTTP/1.1"), 0);
  EXPECT_EQ(line("GET /\xEB\xA9\x94 HTTP/1.1"), 0);
  EXPECT_EQ(line("GET * HTTP/1.1"), 400);
  EXPECT_EQ(line("GET  / HTTP/1.1"), 400);
  EXPECT_EQ(line("GET / a HTTP/1.1"), 400);
  EXPECT_EQ(line("GET /"), 400);
  EXPECT_EQ(line("G@T / HTTP/1.1"), 400);
  EXPECT_EQ(line("GET /#a HTTP/1.1"), 400);
  EXPECT_EQ(line("GET a HTTP/1.1"), 400);
  EXPECT_EQ(line("CONNECT a:80 HTTP/1.1"), 400);
  EXPECT_EQ(line("GET http:///a HTTP/1.1"), 400);
  EXPECT_EQ(line("GET ftp://a/b HTTP/1.1"), 400);
  EXPECT_EQ(line("GET / HTTP/1.12"), 400);
  EXPECT_EQ(line("GET / http/1.1"), 400);
  EXPECT_EQ(line("GET / HTTP/1.x"), 400);
  EXPECT_EQ(line("GET / HTTP/1.2"), 505);
  EXPECT_EQ(line("GET / HTTP/2.0"), 505);
  EXPECT_EQ(line("GET / HTTP/1.1 "), 400);
}

TEST(Head, says_whether_the_connection_lives_on) {
  auto lives = [](const std::string& version, const std::string& field) {
    Head head;
    Request request;
    EXPECT_EQ(
        refusal_of("GET / HTTP/" + version + "\r\nHost: a\r\n" + field + "\r\n", head, request), 0);
    return head.keep_alive;
  };
  EXPECT_TRUE(lives("1.1", ""));
  EXPECT_TRUE(lives("1.1", "Connection:\r\n"));
  EXPECT_TRUE(lives("1.1", "Connection: Upgrade, HTTP2-Settings\r\n"));
  EXPECT_FALSE(lives("1.1", "Connection: ,te, Close\r\n"));
  EXPECT_FALSE(lives("1.0", ""));
  EXPECT_TRUE(lives("1.0", "Connection: Keep-Alive\r\n"));
}

TEST(Head, the_number_of_fields_is_bounded) {
  std::string text = "GET / HTTP/1.1\r\nHost: a\r\n";
  for (int i = 0; i < 300; ++i) text += "A: b\r\n";
  EXPECT_EQ(refusal_of(text + "\r\n"), 431);
}

TEST(Gzip, what_goes_in_comes_out) {
  std::string text;
  for (int i = 0; i < 50'000; ++i) text += std::to_string(i * 7919);
  std::string compressed;
  Deflater deflater;
  deflater.add(std::string_view(text).substr(0, 100'000), false, compressed);
  deflater.add(std::string_view(text).substr(100'000), true, compressed);
  EXPECT_LT(compressed.size(), text.size());
  EXPECT_EQ(gunzipped(compressed), text);
  EXPECT_EQ(gunzipped(gzipped("again, with the spare tables")), "again, with the spare tables");
  EXPECT_EQ(gunzipped(gzipped("")), "");
  EXPECT_EQ(gunzipped(gzipped("one ") + gzipped("two")), "one two");
}

TEST(Gzip, is_inflated_in_bounded_steps_and_damage_is_seen) {
  std::string bomb = gzipped(std::string(1 << 20, '\0'));
  std::string_view input = bomb;
  std::string out;
  Inflater inflater;
  EXPECT_EQ(inflater.feed(input, out, 1000), Inflater::State::full);
  EXPECT_EQ(out.size(), 1000u);
  EXPECT_FALSE(inflater.at_end());

  std::string damaged = gzipped("hello, hello, hello");
  damaged[damaged.size() - 6] ^= 1;
  input = damaged;
  EXPECT_EQ(Inflater().feed(input, out, 1000), Inflater::State::malformed);
  input = "not gzip at all";
  EXPECT_EQ(Inflater().feed(input, out, 1000), Inflater::State::malformed);
  std::string trailing = gzipped("hello") + "garbage";
  input = trailing;
  EXPECT_EQ(Inflater().feed(input, out, 1000), Inflater::State::malformed);
}

TEST(ResponseHead, dates_are_written_as_http_wants_them) {
  std::string lines;
  append_standing_lines(784111777, lines);
  EXPECT_EQ(lines, "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\nServer: onggi\r\n");
}

}  // namespace
}  // namespace onggi::http
