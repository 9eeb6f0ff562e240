// The server as clients see it: requests and answers.
#include <algorithm>
#include <string>

#include <gtest/gtest.h>

#include "http/toy_server.h"

namespace onggi::http {
namespace {

using namespace std::chrono_literals;

std::string get(const std::string& target, const std::string& fields = "") {
  return "GET " + target + " HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n";
}

std::string post(const std::string& body, const std::string& fields = "") {
  return "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\n" + fields + "\r\n" + body;
}

std::string chunked(const std::string& chunks, const std::string& fields = "") {
  return "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n" + fields + "\r\n" +
         chunks;
}

class ServerTest : public testing::Test {
 protected:
  ToyServer toy_server;
  Client client{toy_server.url()};
};

TEST_F(ServerTest, every_answer_carries_the_standard_headers) {
  Answer answer = client.ask(get("/page?5"));
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, "xxxxx");
  EXPECT_EQ(answer.headers["content-type"], "application/json");
  EXPECT_EQ(answer.headers["server"], "onggi");
  EXPECT_EQ(answer.headers["etag"], "\"one\"");
  EXPECT_EQ(answer.headers["onggi-queries"], "1");
  EXPECT_EQ(answer.headers["x-request-id"].size(), 36u);
  EXPECT_EQ(answer.headers["date"].size(), 29u);
  EXPECT_FALSE(answer.headers.contains("connection"));
}

TEST_F(ServerTest, a_clients_request_id_is_kept_if_it_is_decent) {
  EXPECT_EQ(client.ask(get("/page?1", "X-Request-Id: abc-1\r\n")).headers["x-request-id"], "abc-1");
  EXPECT_EQ(client.ask(get("/page?1", "X-Request-Id: a b\r\n")).headers["x-request-id"].size(),
            36u);
  EXPECT_EQ(client.ask(get("/page?1", "X-Request-Id: " + std::string(129, 'a') + "\r\n"))
                .headers["x-request-id"]
                .size(),
            36u);
}

TEST_F(ServerTest, pipelined_requests_are_answered_in_order) {
  std::string requests;
  for (int i = 0; i < 500; ++i)
    requests += i % 3 == 0 ? post("n" + std::to_string(i)) : get("/page?" + std::to_string(i));
  ASSERT_TRUE(client.send(requests));
  for (int i = 0; i < 500; ++i) {
    Answer answer = client.receive();
    std::string number = "n" + std::to_string(i);
    ASSERT_EQ(answer.body, i % 3 == 0 ? std::to_string(number.size()) + ":" + number
                                      : std::string(static_cast<std::size_t>(i), 'x'));
  }
}

TEST_F(ServerTest, pipelined_requests_keep_their_order_when_one_has_to_wait) {
  ASSERT_TRUE(client.send(get("/wait") + get("/page?3")));
  ASSERT_TRUE(eventually([&] { return toy_server.toy.waiting() == 1; }));
  EXPECT_FALSE(client.has_bytes(20ms));
  toy_server.toy.release();
  EXPECT_EQ(client.receive().body, "waited");
  EXPECT_EQ(client.receive().body, "xxx");
}

TEST_F(ServerTest, a_request_may_come_byte_by_byte) {
  for (char c : post("hello")) ASSERT_TRUE(client.send(std::string_view(&c, 1)));
  EXPECT_EQ(client.receive().body, "5:hello");
}

TEST_F(ServerTest, empty_lines_before_a_request_are_passed_over) {
  EXPECT_EQ(client.ask("\r\n\r\n" + get("/page?1")).status, 200);
}

TEST_F(ServerTest, head_has_the_headers_of_get_and_no_body) {
  client.send("HEAD /page?5000 HTTP/1.1\r\nHost: a\r\n\r\n");
  Answer head = client.receive(true);
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.headers["content-length"], "5000");
  EXPECT_EQ(head.headers["content-type"], "application/json");
  client.send("HEAD /stream?3 HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(client.receive(true).headers["transfer-encoding"], "chunked");
  EXPECT_EQ(client.ask(get("/page?2")).body, "xx");
}

TEST_F(ServerTest, http_1_0_closes_unless_told_otherwise) {
  Answer kept = client.ask("GET /page?1 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_EQ(kept.headers["connection"], "keep-alive");
  Answer closed = client.ask("GET /page?1 HTTP/1.0\r\n\r\n");
  EXPECT_EQ(closed.headers["connection"], "close");
  EXPECT_TRUE(client.is_closed());
}

TEST_F(ServerTest, connection_close_is_honoured) {
  EXPECT_EQ(client.ask(get("/page?1", "Connection: close\r\n")).headers["connection"], "close");
  EXPECT_TRUE(client.is_closed());
}

TEST_F(ServerTest, a_client_that_finishes_sending_is_still_answered) {
  client.send(get("/wait"));
  client.finish_sending();
  ASSERT_TRUE(eventually([&] { return toy_server.toy.waiting() == 1; }));
  toy_server.toy.release();
  EXPECT_EQ(client.receive().body, "waited");
}

TEST_F(ServerTest, chunked_bodies_are_put_together) {
  EXPECT_EQ(client.ask(chunked("3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nTrailer: t\r\n\r\n")).body,
            "5:abcde");
  EXPECT_EQ(client.ask(chunked("0\r\n\r\n")).body, "0:");
  EXPECT_EQ(client.ask(get("/page?1")).status, 200);
}

TEST_F(ServerTest, chunks_may_arrive_byte_by_byte) {
  std::string request =
      chunked("3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nTrailer: t\r\n\r\n", "X-Request-Id: mine\r\n");
  for (char c : request) client.send({&c, 1});
  Answer answer = client.receive();
  EXPECT_EQ(answer.body, "5:abcde");
  EXPECT_EQ(answer.headers["x-request-id"], "mine");
  EXPECT_EQ(client.ask(get("/page?1")).status, 200);
}

TEST_F(ServerTest, the_head_outlives_a_body_that_comes_later) {
  std::string body(90'000, 'b');
  client.send(
      "POST /about HTTP/1.1\r\nHost: a\r\nX-Request-Id: mine\r\nContent-Length: 90000\r\n\r\n");
  std::this_thread::sleep_for(5ms);
  client.send(body);
  EXPECT_TRUE(client.receive().body.starts_with("POST /about mine public 127.0.0.1:"));
}

TEST_F(ServerTest, compressed_bodies_are_taken_apart) {
  std::string text(50'000, 'a');
  EXPECT_TRUE(
      client.ask(post(gzipped(text), "Content-Encoding: gzip\r\n")).body.starts_with("50000:aaa"));
  std::string compressed = gzipped("hello");
  std::string first(1, compressed[0]);
  std::string rest = compressed.substr(1);
  EXPECT_EQ(client
                .ask(chunked("1\r\n" + first + "\r\n" +
                                 std::string(1, "0123456789abcdef"[rest.size() / 16]) +
                                 std::string(1, "0123456789abcdef"[rest.size() % 16]) + "\r\n" +
                                 rest + "\r\n0\r\n\r\n",
                             "Content-Encoding: gzip\r\n"))
                .body,
            "5:hello");
  EXPECT_EQ(client.ask(post("plain", "Content-Encoding: identity\r\n")).body, "5:plain");
}

TEST_F(ServerTest, a_compressed_body_that_is_none_is_refused) {
  EXPECT_EQ(client.ask(post("not gzip", "Content-Encoding: gzip\r\n")).status, 400);
  Client cut_short(toy_server.url());
  std::string compressed = gzipped("hello, hello");
  compressed.pop_back();
  EXPECT_EQ(cut_short.ask(post(compressed, "Content-Encoding: gzip\r\n")).status, 400);
  Client brotli(toy_server.url());
  EXPECT_EQ(brotli.ask(post("whatever", "Content-Encoding: br\r\n")).status, 415);
  EXPECT_EQ(toy_server.toy.handled, 0);
}

TEST_F(ServerTest, a_bomb_is_refused) {
  std::string bomb = gzipped(std::string(50u << 20, '\0'));
  ASSERT_LT(bomb.size(), 300'000u);
  toy_server.toy.limit = 10u << 20;
  EXPECT_EQ(client.ask(post(bomb, "Content-Encoding: gzip\r\n")).status, 413);
  EXPECT_EQ(toy_server.toy.handled, 0);
}

TEST_F(ServerTest, large_answers_are_compressed_for_who_asks) {
  Answer answer = client.ask(get("/page?600000", "Accept-Encoding: gzip, br\r\n"));
  EXPECT_EQ(answer.headers["content-encoding"], "gzip");
  EXPECT_EQ(answer.headers["vary"], "Accept-Encoding");
  EXPECT_EQ(answer.headers["etag"], "W/\"one\"");
  EXPECT_EQ(gunzipped(answer.body), std::string(600'000, 'x'));

  Answer plain = client.ask(get("/page?6000"));
  EXPECT_FALSE(plain.headers.contains("content-encoding"));
  EXPECT_EQ(plain.headers["vary"], "Accept-Encoding");
  EXPECT_EQ(plain.headers["etag"], "\"one\"");
  EXPECT_FALSE(client.ask(get("/page?60", "Accept-Encoding: gzip\r\n"))
                   .headers.contains("content-encoding"));

  client.send("HEAD /page?6000 HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip\r\n\r\n");
  Answer head = client.receive(true);
  EXPECT_EQ(head.headers["content-encoding"], "gzip");
  EXPECT_LT(std::stoi(head.headers["content-length"]), 600);
}

TEST_F(ServerTest, what_is_compressed_already_is_sent_as_it_is) {
  EXPECT_EQ(gunzipped(client.ask(get("/gzipped", "Accept-Encoding: gzip\r\n")).body),
            "compressed before");
  EXPECT_EQ(client.ask(get("/gzipped")).body, "plain");
}

TEST_F(ServerTest, what_the_client_has_is_not_sent_again) {
  Answer answer = client.ask(
      get("/page?5000", "If-None-Match: \"zero\", W/\"one\"\r\nAccept-Encoding: gzip\r\n"));
  EXPECT_EQ(answer.status, 304);
  EXPECT_EQ(answer.headers["etag"], "W/\"one\"");
  EXPECT_EQ(answer.headers["onggi-queries"], "1");
  EXPECT_FALSE(answer.headers.contains("content-length"));
  EXPECT_FALSE(answer.headers.contains("content-encoding"));
  EXPECT_EQ(client.ask(get("/page?5", "If-None-Match: *\r\n")).status, 304);
  EXPECT_EQ(client.ask(get("/page?5", "If-None-Match: \"two\"\r\n")).status, 200);
  client.send("HEAD /page?5 HTTP/1.1\r\nHost: a\r\nIf-None-Match: \"one\"\r\n\r\n");
  EXPECT_EQ(client.receive(true).status, 304);
  std::string posted =
      "POST /page?5 HTTP/1.1\r\nHost: a\r\nIf-None-Match: \"one\"\r\nContent-Length: 0\r\n\r\n";
  EXPECT_EQ(client.ask(posted).status, 200);
}

TEST_F(ServerTest, no_content_has_no_length) {
  Answer answer = client.ask(get("/empty"));
  EXPECT_EQ(answer.status, 204);
  EXPECT_FALSE(answer.headers.contains("content-length"));
  EXPECT_EQ(client.ask(get("/page?1")).status, 200);
}

TEST_F(ServerTest, a_header_cannot_be_split) {
  Answer answer = client.ask(get("/split"));
  EXPECT_EQ(answer.headers["location"], "/a  X-Evil: 1");
  EXPECT_FALSE(answer.headers.contains("x-evil"));
}

TEST_F(ServerTest, a_handler_that_throws_is_a_500_without_internals) {
  Answer answer = client.ask(get("/throw"));
  EXPECT_EQ(answer.status, 500);
  EXPECT_EQ(answer.headers["onggi-queries"], "0");
  EXPECT_TRUE(answer.headers["server-timing"].starts_with("db;dur=0.00, total;dur="));
  EXPECT_EQ(answer.body.find("secret"), std::string::npos);
  client.send(get("/throw-later"));
  ASSERT_TRUE(eventually([&] { return toy_server.toy.waiting() == 1; }));
  toy_server.toy.release();
  EXPECT_EQ(client.receive().status, 500);
  EXPECT_EQ(client.ask(get("/page?1")).status, 200);
}

TEST_F(ServerTest, streams_are_chunked_and_close_for_http_1_0) {
  Answer answer = client.ask(get("/stream?5"));
  EXPECT_TRUE(answer.complete);
  EXPECT_EQ(answer.body, std::string(std::size_t{5} * 65536, 's'));
  EXPECT_EQ(client.ask(get("/page?1")).status, 200);
  Answer old = client.ask("GET /stream?5 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_EQ(old.headers["connection"], "close");
  EXPECT_EQ(old.body, std::string(std::size_t{5} * 65536, 's'));
  EXPECT_TRUE(eventually([&] { return toy_server.toy.streams == 0; }));
}

TEST_F(ServerTest, a_stream_that_fails_is_seen_to_be_cut) {
  Answer answer = client.ask(get("/broken-stream"));
  EXPECT_FALSE(answer.complete);
  EXPECT_TRUE(client.is_closed());
  EXPECT_TRUE(eventually([&] { return toy_server.toy.streams == 0; }));
}

TEST_F(ServerTest, garbage_is_a_400_and_a_close) {
  for (const std::string& garbage : {std::string("\x16\x03\x01\x02"), std::string("hello\n"),
                                     get("/ab c"), "GET / HTTP/1.1\r\n\r\n" + get("/page?1")}) {
    Client other(toy_server.url());
    Answer answer = other.ask(garbage);
    EXPECT_EQ(answer.status, 400) << garbage;
    EXPECT_EQ(answer.headers["content-type"], "application/problem+json");
    EXPECT_EQ(answer.headers["connection"], "close");
    EXPECT_EQ(answer.headers["onggi-queries"], "0");
    EXPECT_EQ(answer.headers["x-request-id"].size(), 36u);
    EXPECT_TRUE(other.is_closed());
  }
  EXPECT_EQ(toy_server.toy.handled, 0);
  EXPECT_EQ(toy_server.metric("onggi_http_protocol_errors_total{reason=\"malformed\"}"), 4);
}

TEST_F(ServerTest, smuggled_requests_are_not_handled) {
  std::string hidden = "GET /hidden HTTP/1.1\r\nHost: a\r\n\r\n";
  for (const std::string& fields :
       {std::string("Content-Length: 4\r\nTransfer-Encoding: chunked\r\n"),
        std::string("Content-Length: 0\r\nContent-Length: 38\r\n"),
        std::string("Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n"),
        std::string("Transfer-Encoding:\r\n chunked\r\n"),
        std::string("Content-Length: 0\nX: y\r\n")}) {
    Client other(toy_server.url());
    std::string request = "POST /echo HTTP/1.1\r\nHost: a\r\n";
    request.append(fields).append("\r\n0\r\n\r\n").append(hidden);
    Answer answer = other.ask(request);
    EXPECT_TRUE(answer.status == 400 || answer.status == 501) << fields;
    EXPECT_TRUE(other.is_closed());
  }
  EXPECT_EQ(toy_server.toy.handled, 0);
}

TEST_F(ServerTest, unknown_methods_and_options_reach_the_handler) {
  EXPECT_TRUE(
      client.ask("BREW /about HTTP/1.1\r\nHost: a\r\n\r\n").body.starts_with("OTHER /about"));
  EXPECT_TRUE(client
                  .ask("OPTIONS /about HTTP/1.1\r\nHost: a\r\nOrigin: "
                       "http://b\r\nAccess-Control-Request-Method: PUT\r\n\r\n")
                  .body.starts_with("OPTIONS /about"));
  EXPECT_TRUE(
      client.ask("GET http://a/about HTTP/1.1\r\nHost: a\r\n\r\n").body.starts_with("GET /about"));
}

TEST_F(ServerTest, traffic_is_counted) {
  Answer answer = client.ask(get("/page?10000"));
  EXPECT_EQ(toy_server.metric("onggi_http_connections"), 1);
  EXPECT_EQ(toy_server.metric("onggi_http_connections_total"), 1);
  EXPECT_EQ(toy_server.metric("onggi_http_received_bytes_total"), get("/page?10000").size());
  EXPECT_TRUE(
      eventually([&] { return toy_server.metric("onggi_http_sent_bytes_total") > 10'000; }));
  EXPECT_TRUE(eventually([&] { return toy_server.metric("onggi_http_requests_in_flight") == 0; }));
}

TEST(ServerCors, pages_of_listed_origins_may_call) {
  ServerOptions options = ToyServer::default_options();
  options.cors_origins = {"http://app.example"};
  ToyServer toy_server(options);
  Client client(toy_server.url());
  std::string ask =
      "OPTIONS /page?1 HTTP/1.1\r\nHost: a\r\nAccess-Control-Request-Method: PUT\r\nOrigin: ";
  Answer preflight = client.ask(ask + "http://app.example\r\n\r\n");
  EXPECT_EQ(preflight.status, 204);
  EXPECT_EQ(preflight.headers["access-control-allow-origin"], "http://app.example");
  EXPECT_NE(preflight.headers["access-control-allow-methods"].find("PATCH"), std::string::npos);
  EXPECT_NE(preflight.headers["access-control-allow-headers"].find("Authorization"),
            std::string::npos);
  EXPECT_EQ(preflight.headers["vary"], "Origin");
  EXPECT_FALSE(client.ask(ask + "http://evil.example\r\n\r\n")
                   .headers.contains("access-control-allow-origin"));
  Answer page = client.ask(get("/page?1", "Origin: http://app.example\r\n"));
  EXPECT_EQ(page.headers["access-control-allow-origin"], "http://app.example");
  EXPECT_NE(page.headers["access-control-expose-headers"].find("ETag"), std::string::npos);
  EXPECT_FALSE(client.ask(get("/page?1", "Origin: null\r\n"))
                   .headers.contains("access-control-allow-origin"));
}

}  // namespace
}  // namespace onggi::http
