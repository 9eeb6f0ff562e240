// Where the server listens, TLS, and how it stops.
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <future>
#include <stdexcept>
#include <string>

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/write.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "http/toy_server.h"

namespace onggi::http {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

const std::string about = "GET /about HTTP/1.1\r\nHost: a\r\n\r\n";
const std::string wait_page = "GET /wait HTTP/1.1\r\nHost: a\r\n\r\n";

class Folder {
 public:
  Folder() {
    char name[] = "/tmp/onggi_http_XXXXXX";
    path_ = mkdtemp(name);
  }
  ~Folder() { fs::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

mode_t mode_of(const std::string& path) {
  struct stat file{};
  return ::stat(path.c_str(), &file) == 0 ? file.st_mode & 0777 : 0;
}

std::string trouble_of(const ServerOptions& options) {
  Toy toy;
  Registry registry;
  try {
    Server server(options, toy, registry);
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return "";
}

TEST(ServerSockets, a_unix_socket_is_served_and_removed) {
  Folder folder;
  ServerOptions options = ToyServer::default_options();
  options.listen = {"unix:" + (folder / "a.sock"), "127.0.0.1:0"};
  {
    ToyServer toy_server(options);
    EXPECT_EQ(toy_server.url(), "unix:" + (folder / "a.sock"));
    EXPECT_TRUE(Client(toy_server.url()).ask(about).body.ends_with("public unix"));
    EXPECT_NE(Client(toy_server.server.addresses().at(1)).ask(about).body.find("public 127.0.0.1:"),
              std::string::npos);
  }
  EXPECT_FALSE(fs::exists(folder / "a.sock"));
}

TEST(ServerSockets, the_control_socket_is_for_its_owner_alone) {
  Folder folder;
  ServerOptions options = ToyServer::default_options();
  options.control_socket = folder / "control.sock";
  mode_t mask = ::umask(0);
  ToyServer toy_server(options);
  ::umask(mask);
  EXPECT_EQ(mode_of(folder / "control.sock"), 0600u);
  EXPECT_EQ(toy_server.server.addresses().size(), 1u);
  EXPECT_TRUE(Client("unix:" + options.control_socket).ask(about).body.ends_with("control unix"));
  EXPECT_NE(Client(toy_server.url()).ask(about).body.find("public"), std::string::npos);
}

TEST(ServerSockets, a_stale_socket_is_replaced_and_nothing_else) {
  Folder folder;
  std::string path = folder / "a.sock";
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  int stale = ::socket(AF_UNIX, SOCK_STREAM, 0);
  ASSERT_EQ(::bind(stale, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  ::close(stale);
  ServerOptions options = ToyServer::default_options();
  options.listen = {"unix:" + path};
  ToyServer toy_server(options);
  EXPECT_EQ(Client(toy_server.url()).ask(about).status, 200);
  EXPECT_THAT(trouble_of(options), testing::HasSubstr("another process listens there"));

  std::ofstream(folder / "file") << "precious";
  options.listen = {"unix:" + (folder / "file")};
  EXPECT_THAT(trouble_of(options), testing::HasSubstr("another kind"));
  EXPECT_TRUE(fs::exists(folder / "file"));
}

TEST(ServerSockets, a_socket_file_that_is_somebody_elses_by_now_is_left) {
  Folder folder;
  ServerOptions options = ToyServer::default_options();
  options.listen = {"unix:" + (folder / "a.sock")};
  {
    ToyServer toy_server(options);
    fs::remove(folder / "a.sock");
    std::ofstream(folder / "a.sock") << "other";
  }
  EXPECT_TRUE(fs::exists(folder / "a.sock"));
}

TEST(ServerSockets, an_address_that_cannot_be_used_is_named) {
  ToyServer toy_server;
  std::string taken = toy_server.url().substr(7);
  ServerOptions options = ToyServer::default_options();
  options.listen = {taken};
  EXPECT_THAT(trouble_of(options),
              testing::AllOf(testing::HasSubstr(taken), testing::HasSubstr("in use")));
  options.listen = {"127.0.0.1"};
  EXPECT_THAT(trouble_of(options), testing::HasSubstr("'127.0.0.1' has no port"));
  options.listen = {"unix:/nonexistent/folder/a.sock"};
  EXPECT_THAT(trouble_of(options), testing::HasSubstr("/nonexistent/folder/a.sock"));
  options = ToyServer::default_options();
  options.tls_certificate = "/nonexistent.pem";
  EXPECT_THAT(trouble_of(options), testing::HasSubstr("both"));
  options.tls_key = "/nonexistent.key";
  EXPECT_THAT(trouble_of(options), testing::HasSubstr("/nonexistent.pem"));
}

TEST(ServerSockets, a_name_is_listened_on_wherever_it_leads) {
  ServerOptions options = ToyServer::default_options();
  options.listen = {"localhost:0"};
  ToyServer toy_server(options);
  for (const std::string& address : toy_server.server.addresses())
    EXPECT_TRUE(address.starts_with("http://"));
}

TEST(ServerSockets, accepting_goes_on_when_there_are_descriptors_again) {
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
  GTEST_SKIP() << "the sanitizers themselves need descriptors";
#endif
  ToyServer toy_server;
  rlimit before{};
  getrlimit(RLIMIT_NOFILE, &before);
  int next = ::dup(0);
  ::close(next);
  rlimit tight{static_cast<rlim_t>(next) + 1, before.rlim_max};
  setrlimit(RLIMIT_NOFILE, &tight);
  Client client(toy_server.url());  // takes the last one
  client.send(about);
  EXPECT_FALSE(client.has_bytes(150ms));
  setrlimit(RLIMIT_NOFILE, &before);
  EXPECT_EQ(client.receive().status, 200);
}

// A key and a certificate for it, signed by itself.
void make_certificate(const std::string& certificate_file, const std::string& key_file) {
  EVP_PKEY* key = EVP_EC_gen("P-256");
  X509* certificate = X509_new();
  X509_set_version(certificate, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate), 0);
  X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
  X509_set_pubkey(certificate, key);
  X509_NAME* name = X509_get_subject_name(certificate);
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>("localhost"), -1, -1, 0);
  X509_set_issuer_name(certificate, name);
  X509_sign(certificate, key, EVP_sha256());
  FILE* file = std::fopen(certificate_file.c_str(), "w");
  PEM_write_X509(file, certificate);
  std::fclose(file);
  file = std::fopen(key_file.c_str(), "w");
  PEM_write_PrivateKey(file, key, nullptr, nullptr, 0, nullptr, nullptr);
  std::fclose(file);
  X509_free(certificate);
  EVP_PKEY_free(key);
}

class ServerTls : public testing::Test {
 protected:
  ServerTls() {
    make_certificate(folder / "a.pem", folder / "a.key");
    options.tls_certificate = folder / "a.pem";
    options.tls_key = folder / "a.key";
  }

  // Sends what it is given and reads until the server closes.
  std::string ask(const std::string& url, const std::string& text, long newest = TLS1_3_VERSION) {
    namespace asio = boost::asio;
    asio::io_context context;
    asio::ssl::context tls(asio::ssl::context::tls_client);
    SSL_CTX_set_max_proto_version(tls.native_handle(), static_cast<int>(newest));
    asio::ssl::stream<asio::ip::tcp::socket> stream(context, tls);
    auto port = static_cast<std::uint16_t>(std::stoi(url.substr(url.rfind(':') + 1)));
    stream.next_layer().connect({asio::ip::address_v4::loopback(), port});
    boost::system::error_code error;
    stream.handshake(asio::ssl::stream_base::client, error);
    if (error) return "";
    asio::write(stream, asio::buffer(text), error);
    std::string answer;
    asio::read(stream, asio::dynamic_buffer(answer), error);
    if (error == asio::error::eof) answer += "<clean end>";
    stream.shutdown(error);
    return answer;
  }

  Folder folder;
  ServerOptions options = ToyServer::default_options();
};

TEST_F(ServerTls, is_spoken_with_1_2_and_later) {
  ToyServer toy_server(options);
  ASSERT_TRUE(toy_server.url().starts_with("https://127.0.0.1:"));
  std::string pages =
      "GET /page?300000 HTTP/1.1\r\nHost: a\r\n\r\nGET /page?3 HTTP/1.1\r\nHost: a\r\nConnection: "
      "close\r\n\r\n";
  for (long version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    std::string answer = ask(toy_server.url(), pages, version);
    EXPECT_GT(answer.size(), 300'000u);
    EXPECT_TRUE(answer.ends_with("\r\n\r\nxxx<clean end>"))
        << answer.substr(answer.size() - std::min<std::size_t>(answer.size(), 100));
  }
  EXPECT_EQ(ask(toy_server.url(), pages, TLS1_1_VERSION), "");
}

TEST_F(ServerTls, a_refusal_is_seen_by_a_client_that_is_still_sending) {
  ToyServer toy_server(options);
  std::string answer =
      ask(toy_server.url(), "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5000000\r\n\r\n" +
                                std::string(100'000, 'b'));
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 413 ")) << answer.substr(0, 100);
}

TEST_F(ServerTls, plain_text_is_not_answered) {
  ToyServer toy_server(options);
  Client client(toy_server.url());
  client.send(about);
  EXPECT_TRUE(client.is_closed());
  EXPECT_TRUE(eventually([&] {
    return toy_server.metric("onggi_http_protocol_errors_total{reason=\"tls_handshake\"}") == 1;
  }));
}

TEST_F(ServerTls, a_handshake_that_never_comes_is_given_up) {
  options.limits.request_time = 100ms;
  ToyServer toy_server(options);
  Client client(toy_server.url());
  EXPECT_TRUE(client.is_closed());
}

TEST_F(ServerTls, a_key_that_does_not_fit_is_named) {
  Folder other;
  make_certificate(other / "b.pem", other / "b.key");
  options.tls_key = other / "b.key";
  EXPECT_THAT(trouble_of(options), testing::HasSubstr("b.key"));
  std::ofstream(folder / "a.pem") << "nonsense";
  EXPECT_THAT(trouble_of(options), testing::HasSubstr("a.pem"));
}

TEST(ServerStop, answers_what_is_in_flight_and_closes_the_rest) {
  ToyServer toy_server;
  Client busy(toy_server.url());
  Client idle(toy_server.url());
  Client fresh(toy_server.url());
  ASSERT_EQ(idle.ask(about).status, 200);
  busy.send(wait_page);
  ASSERT_TRUE(eventually([&] { return toy_server.toy.waiting() == 1; }));
  std::future<bool> stopped =
      std::async(std::launch::async, [&] { return toy_server.server.stop(10s); });
  EXPECT_TRUE(idle.is_closed());
  EXPECT_TRUE(fresh.is_closed());
  EXPECT_THROW(Client{toy_server.url()}, std::runtime_error);
  EXPECT_EQ(stopped.wait_for(0s), std::future_status::timeout);
  toy_server.toy.release();
  Answer answer = busy.receive();
  EXPECT_EQ(answer.body, "waited");
  EXPECT_EQ(answer.headers["connection"], "close");
  EXPECT_TRUE(stopped.get());
}

TEST(ServerStop, cuts_what_outlasts_the_grace) {
  ToyServer toy_server;
  Client reading(toy_server.url());
  reading.send("GET /page");
  ASSERT_TRUE(
      eventually([&] { return toy_server.metric("onggi_http_received_bytes_total") == 9; }));
  EXPECT_FALSE(toy_server.server.stop(50ms));
  EXPECT_TRUE(reading.is_closed());
}

TEST(ServerStop, a_handler_that_comes_back_late_finds_nothing_broken) {
  auto toy_server = std::make_unique<ToyServer>();
  Client client(toy_server->url());
  client.send(wait_page);
  ASSERT_TRUE(eventually([&] { return toy_server->toy.waiting() == 1; }));
  EXPECT_FALSE(toy_server->server.stop(10ms));
  EXPECT_TRUE(client.is_closed());
  std::thread late([&] {
    std::this_thread::sleep_for(50ms);
    toy_server->toy.release();
  });
  late.join();
  toy_server.reset();
}

TEST(ServerStop, needs_no_start_and_no_stop) {
  Toy toy;
  Registry registry;
  Server unstarted(ToyServer::default_options(), toy, registry);
  EXPECT_EQ(unstarted.loops().size(), 2u);
  EXPECT_TRUE(Server(ToyServer::default_options(), toy, registry).stop(1s));
  ToyServer unstopped;
  Client client(unstopped.url());
  EXPECT_EQ(client.ask(about).status, 200);
}

TEST(ServerStop, loops_serve_others_until_the_end) {
  ToyServer toy_server;
  EXPECT_TRUE(toy_server.server.stop(1s));
  std::promise<Executor*> ran;
  toy_server.server.loops().at(1)->post([&] { ran.set_value(Executor::current()); });
  EXPECT_EQ(ran.get_future().get(), toy_server.server.loops().at(1));
}

}  // namespace
}  // namespace onggi::http
