// The server under clients that are slow, greedy, many, or silent.
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "http/toy_server.h"

namespace onggi::http {
namespace {

using namespace std::chrono_literals;

const std::string page = "GET /page?1 HTTP/1.1\r\nHost: a\r\n\r\n";
const std::string slow_page = "GET /wait HTTP/1.1\r\nHost: a\r\n\r\n";

ServerOptions short_times() {
  ServerOptions options = ToyServer::default_options();
  options.limits.request_time = 150ms;
  options.limits.idle_time = 150ms;
  options.limits.write_time = 150ms;
  return options;
}

std::string announce(std::size_t size, const std::string& fields = "") {
  return "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(size) + "\r\n" +
         fields + "\r\n";
}

TEST(ServerLimits, a_head_that_is_too_long_is_431) {
  ToyServer toy_server;
  for (const std::string& request :
       {"GET /" + std::string(40'000, 'a') + " HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nCookie: " + std::string(40'000, 'a') + "\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nCookie: " + std::string(1'000'000, 'a')}) {
    Client client(toy_server.url());
    Answer answer = client.ask(request);
    EXPECT_EQ(answer.status, 431);
    EXPECT_TRUE(client.is_closed());
  }
  Client client(toy_server.url());
  EXPECT_EQ(client
                .ask("GET /page?1 HTTP/1.1\r\nHost: a\r\nCookie: " + std::string(32'000, 'a') +
                     "\r\n\r\n")
                .status,
            200);
}

TEST(ServerLimits, a_body_that_is_announced_too_large_is_refused_unread) {
  ToyServer toy_server;
  Client client(toy_server.url());
  Answer answer = client.ask(announce(100'001));
  EXPECT_EQ(answer.status, 413);
  EXPECT_EQ(answer.headers["connection"], "close");
  EXPECT_EQ(toy_server.toy.handled, 0);
  Client fits(toy_server.url());
  EXPECT_EQ(fits.ask(announce(100'000) + std::string(100'000, 'b')).status, 200);
}

TEST(ServerLimits, a_client_that_goes_on_sending_still_sees_why_it_is_refused) {
  ToyServer toy_server;
  Client client(toy_server.url());
  client.send(announce(20u << 20));
  EXPECT_TRUE(client.send(std::string(20u << 20, 'b')));
  EXPECT_EQ(client.receive().status, 413);
}

TEST(ServerLimits, a_chunked_body_that_grows_too_large_is_413) {
  ToyServer toy_server;
  Client client(toy_server.url());
  client.send("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
  client.send("186A0\r\n" + std::string(100'000, 'c') + "\r\n");
  client.send("1\r\nc\r\n");
  EXPECT_EQ(client.receive().status, 413);
}

TEST(ServerLimits, a_client_is_told_to_continue_once_its_request_is_acceptable) {
  ToyServer toy_server;
  Client client(toy_server.url());
  EXPECT_EQ(client.ask(announce(5, "Expect: 100-continue\r\n")).status, 100);
  EXPECT_EQ(client.ask("hello").body, "5:hello");
  EXPECT_EQ(client.ask(announce(5, "Expect: 100-continue\r\n") + "hello").status, 200);
  EXPECT_EQ(client.ask(announce(1'000'000, "Expect: 100-continue\r\n")).status, 413);
}

TEST(ServerLimits, all_bodies_together_are_bounded) {
  ServerOptions options = ToyServer::default_options();
  options.limits.body_bytes_in_flight = 150'000;
  ToyServer toy_server(options);
  Client first(toy_server.url());
  Client second(toy_server.url());
  first.send(announce(100'000) + std::string(90'000, 'a'));
  ASSERT_TRUE(
      eventually([&] { return toy_server.metric("onggi_http_received_bytes_total") > 90'000; }));
  Answer refused = second.ask(announce(90'000) + std::string(90'000, 'b'));
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(refused.headers["retry-after"], "1");
  EXPECT_EQ(first.ask(std::string(10'000, 'a')).status, 200);
  Client third(toy_server.url());
  EXPECT_EQ(third.ask(announce(90'000) + std::string(90'000, 'b')).status, 200);
  EXPECT_EQ(toy_server.metric("onggi_http_shed_total{reason=\"body_bytes\"}"), 1);
}

TEST(ServerLimits, what_a_bomb_becomes_counts_against_all_bodies) {
  ServerOptions options = ToyServer::default_options();
  options.limits.body_bytes_in_flight = 1'000'000;
  ToyServer toy_server(options);
  toy_server.toy.limit = 10u << 20;
  std::string bomb = gzipped(std::string(5u << 20, '\0'));
  Client client(toy_server.url());
  EXPECT_EQ(client.ask(announce(bomb.size(), "Content-Encoding: gzip\r\n") + bomb).status, 503);
}

TEST(ServerLimits, requests_beyond_the_bound_are_turned_away_at_once) {
  ServerOptions options = ToyServer::default_options();
  options.limits.requests_in_flight = 3;
  ToyServer toy_server(options);
  std::vector<std::unique_ptr<Client>> clients;
  for (int i = 0; i < 3; ++i) {
    clients.push_back(std::make_unique<Client>(toy_server.url()));
    clients.back()->send(slow_page);
  }
  ASSERT_TRUE(eventually([&] { return toy_server.toy.waiting() == 3; }));
  EXPECT_EQ(toy_server.metric("onggi_http_requests_in_flight"), 3);
  Client late(toy_server.url());
  Answer shed = late.ask(page);
  EXPECT_EQ(shed.status, 503);
  EXPECT_EQ(shed.headers["retry-after"], "1");
  EXPECT_EQ(toy_server.toy.handled, 3);
  EXPECT_EQ(toy_server.metric("onggi_http_shed_total{reason=\"requests\"}"), 1);
  toy_server.toy.release();
  for (const auto& client : clients) EXPECT_EQ(client->receive().body, "waited");
  ASSERT_TRUE(eventually([&] { return toy_server.metric("onggi_http_requests_in_flight") == 0; }));
  EXPECT_EQ(late.ask(page).status, 200);
}

TEST(ServerLimits, connections_beyond_the_bound_are_told_so_and_closed) {
  ServerOptions options = ToyServer::default_options();
  options.limits.connections = 2;
  ToyServer toy_server(options);
  auto first = std::make_unique<Client>(toy_server.url());
  Client second(toy_server.url());
  EXPECT_EQ(first->ask(page).status, 200);
  EXPECT_EQ(second.ask(page).status, 200);
  Client third(toy_server.url());
  Answer refused = third.ask(page);
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(refused.headers["retry-after"], "1");
  EXPECT_TRUE(third.is_closed());
  EXPECT_EQ(toy_server.metric("onggi_http_shed_total{reason=\"connections\"}"), 1);
  first.reset();
  EXPECT_TRUE(eventually([&] { return Client(toy_server.url()).ask(page).status == 200; }));
}

TEST(ServerLimits, a_flood_of_connections_leaves_the_others_alone) {
  ServerOptions options = ToyServer::default_options();
  options.limits.connections = 10;
  ToyServer toy_server(options);
  Client first(toy_server.url());
  ASSERT_EQ(first.ask(page).status, 200);
  std::vector<std::unique_ptr<Client>> flood(400);
  for (auto& client : flood) client = std::make_unique<Client>(toy_server.url());
  EXPECT_EQ(first.ask(page).status, 200);
  EXPECT_TRUE(eventually([&] { return toy_server.metric("onggi_http_connections_total") == 401; }));
  EXPECT_LE(toy_server.metric("onggi_http_connections"), 10 + 128);
  flood.clear();
  EXPECT_TRUE(eventually([&] { return toy_server.metric("onggi_http_connections") == 1; }));
}

TEST(ServerLimits, a_request_that_drips_in_is_408) {
  ToyServer toy_server(short_times());
  Client client(toy_server.url());
  client.send("GET /page?1 HTTP/1.1\r\nX: ");
  auto started = std::chrono::steady_clock::now();
  while (!client.has_bytes(10ms)) client.send("x");
  EXPECT_EQ(client.receive().status, 408);
  EXPECT_LT(std::chrono::steady_clock::now() - started, 2s);
  EXPECT_EQ(toy_server.metric("onggi_http_protocol_errors_total{reason=\"timeout\"}"), 1);
  Client body(toy_server.url());
  EXPECT_EQ(body.ask(announce(100) + "some").status, 408);
  EXPECT_TRUE(body.is_closed());
}

TEST(ServerLimits, an_idle_connection_is_closed_without_a_word) {
  ToyServer toy_server(short_times());
  Client silent(toy_server.url());
  EXPECT_EQ(silent.receive_all(), "");
  Client kept(toy_server.url());
  EXPECT_EQ(kept.ask(page).status, 200);
  EXPECT_EQ(kept.receive_all(), "");
  EXPECT_TRUE(eventually([&] { return toy_server.metric("onggi_http_connections") == 0; }));
}

TEST(ServerLimits, a_handler_may_take_longer_than_a_client) {
  ToyServer toy_server(short_times());
  Client client(toy_server.url());
  client.send(slow_page);
  std::this_thread::sleep_for(400ms);
  toy_server.toy.release();
  EXPECT_EQ(client.receive().body, "waited");
  EXPECT_EQ(client.ask(page).status, 200);
}

TEST(ServerLimits, a_client_that_does_not_read_is_dropped_and_its_stream_destroyed) {
  ToyServer toy_server(short_times());
  Client client(toy_server.url(), 4096);
  client.send("GET /stream?100000 HTTP/1.1\r\nHost: a\r\n\r\n");
  ASSERT_TRUE(eventually([&] { return toy_server.toy.pieces > 0; }));
  ASSERT_TRUE(eventually([&] { return toy_server.toy.streams == 0; }));
  EXPECT_LT(toy_server.toy.pieces, 1000);  // what the kernel buffers, not what there is
  EXPECT_TRUE(eventually([&] { return toy_server.metric("onggi_http_connections") == 0; }));
}

TEST(ServerLimits, a_stream_waits_for_its_client) {
  ToyServer toy_server;
  Client client(toy_server.url(), 4096);
  client.send("GET /stream?400 HTTP/1.1\r\nHost: a\r\n\r\n");
  int before = -1;
  ASSERT_TRUE(eventually([&] {
    std::this_thread::sleep_for(20ms);
    return std::exchange(before, toy_server.toy.pieces) == toy_server.toy.pieces;
  }));
  EXPECT_LT(toy_server.toy.pieces, 300);
  EXPECT_EQ(client.receive().body.size(), 400u * 65536);
}

TEST(ServerLimits, a_slow_reader_that_reads_is_not_dropped) {
  ToyServer toy_server(short_times());
  Client client(toy_server.url(), 4096);
  client.send("GET /stream?20 HTTP/1.1\r\nHost: a\r\n\r\n");
  std::this_thread::sleep_for(100ms);
  EXPECT_EQ(client.receive().body.size(), 20u * 65536);
}

// --- more to do than can be done ---

ServerOptions one_loop() {
  ServerOptions options = ToyServer::default_options();
  options.loops = 1;
  options.limits.turn_time = 10ms;
  return options;
}

// The answers to one request of each client, all sent before the first is read.
std::vector<Answer> ask_at_once(std::vector<std::unique_ptr<Client>>& clients,
                                const std::string& request) {
  for (const auto& client : clients) client->send(request);
  std::vector<Answer> answers;
  for (const auto& client : clients) answers.push_back(client->receive());
  return answers;
}

TEST(ServerLimits, who_would_wait_too_long_is_told_so_and_may_ask_again) {
  ToyServer toy_server(one_loop());
  std::vector<std::unique_ptr<Client>> clients;
  for (int i = 0; i < 80; ++i) clients.push_back(std::make_unique<Client>(toy_server.url()));
  int refused = 0;
  for (int round = 0; round < 5; ++round) {
    for (Answer& answer : ask_at_once(clients, "GET /spin?2 HTTP/1.1\r\nHost: a\r\n\r\n")) {
      if (answer.status == 200) continue;
      ASSERT_EQ(answer.status, 503);
      EXPECT_EQ(answer.headers["retry-after"], "1");
      EXPECT_EQ(answer.headers["connection"], "");
      ++refused;
    }
  }
  EXPECT_GT(refused, 0);
  EXPECT_EQ(toy_server.metric("onggi_http_shed_total{reason=\"congestion\"}"), refused);
  EXPECT_EQ(toy_server.toy.handled + refused, 400);
  EXPECT_TRUE(eventually([&] { return clients.front()->ask(page).status == 200; }));
}

TEST(ServerLimits, what_is_vital_is_answered_however_much_there_is_to_do) {
  ToyServer toy_server(one_loop());
  std::vector<std::unique_ptr<Client>> clients;
  for (int i = 0; i < 80; ++i) clients.push_back(std::make_unique<Client>(toy_server.url()));
  for (Answer& answer : ask_at_once(clients, "GET /vital?2 HTTP/1.1\r\nHost: a\r\n\r\n"))
    EXPECT_EQ(answer.status, 200);
}

TEST(ServerLimits, few_clients_are_never_too_much) {
  ToyServer toy_server(one_loop());
  std::vector<std::unique_ptr<Client>> clients;
  for (int i = 0; i < 8; ++i) clients.push_back(std::make_unique<Client>(toy_server.url()));
  for (int round = 0; round < 10; ++round)
    for (Answer& answer : ask_at_once(clients, "GET /spin?5 HTTP/1.1\r\nHost: a\r\n\r\n"))
      EXPECT_EQ(answer.status, 200);
}

// --- live streams ---

constexpr auto client_gone = static_cast<int>(BodyStream::End::client_gone);
constexpr auto client_stalled = static_cast<int>(BodyStream::End::client_stalled);
constexpr auto stopping = static_cast<int>(BodyStream::End::stopping);
const std::string live = "GET /live?0 HTTP/1.1\r\nHost: a\r\n\r\n";

TEST(ServerLimits, a_live_stream_is_no_request_in_flight_and_knows_no_deadline) {
  ServerOptions options = short_times();
  options.limits.requests_in_flight = 1;
  ToyServer toy_server(options);
  Client first(toy_server.url());
  Client second(toy_server.url());
  first.send(live);
  ASSERT_TRUE(eventually([&] { return toy_server.toy.streams == 1; }));
  second.send(live);
  ASSERT_TRUE(eventually([&] { return toy_server.toy.streams == 2; }));
  Client third(toy_server.url());
  EXPECT_EQ(third.ask(page).status, 200);
  EXPECT_FALSE(first.is_closed(500ms));
  EXPECT_EQ(toy_server.toy.streams, 2);
}

TEST(ServerLimits, a_live_stream_ends_when_its_client_goes) {
  ToyServer toy_server;
  auto closes = std::make_unique<Client>(toy_server.url());
  Client half(toy_server.url());
  auto pipelines = std::make_unique<Client>(toy_server.url());
  closes->send(live);
  half.send(live);
  pipelines->send(live + page);
  ASSERT_TRUE(eventually([&] { return toy_server.toy.streams == 3; }));
  closes.reset();
  half.finish_sending();
  pipelines.reset();
  EXPECT_EQ(half.receive().body, "begun");
  EXPECT_TRUE(eventually([&] { return toy_server.toy.streams == 0; }));
  EXPECT_EQ(toy_server.toy.ends[client_gone], 3);
  EXPECT_TRUE(eventually([&] { return toy_server.metric("onggi_http_connections") == 0; }));
}

TEST(ServerLimits, a_live_stream_knows_of_a_client_that_stalls) {
  ToyServer toy_server(short_times());
  Client client(toy_server.url(), 4096);
  client.send("GET /live?30000000 HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_TRUE(eventually([&] { return toy_server.toy.ends[client_stalled] == 1; }));
  EXPECT_TRUE(eventually([&] { return toy_server.toy.streams == 0; }));
}

TEST(ServerLimits, live_streams_end_with_the_server) {
  ToyServer toy_server;
  Client client(toy_server.url());
  Client stalled(toy_server.url(), 4096);
  client.send(live);
  stalled.send("GET /live?30000000 HTTP/1.1\r\nHost: a\r\n\r\n");
  ASSERT_TRUE(eventually([&] { return toy_server.toy.streams == 2; }));
  ASSERT_TRUE(client.has_bytes(5s));
  EXPECT_TRUE(toy_server.server.stop(20s));
  EXPECT_EQ(toy_server.toy.ends[stopping], 2);
  Answer answer = client.receive();
  EXPECT_EQ(answer.body, "begun");
  EXPECT_TRUE(answer.complete);
}

TEST(ServerLimits, connections_are_dealt_out_evenly) {
  ToyServer toy_server;
  std::vector<std::unique_ptr<Client>> clients;
  for (int i = 0; i < 16; ++i) {
    clients.push_back(std::make_unique<Client>(toy_server.url()));
    clients.back()->send("GET /loop HTTP/1.1\r\nHost: a\r\n\r\n");
  }
  int first = 0;
  for (const auto& client : clients) {
    Answer answer = client->receive();
    first += answer.body == "0";
  }
  EXPECT_EQ(first, 8);
}

}  // namespace
}  // namespace onggi::http
