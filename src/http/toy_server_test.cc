#include "http/toy_server.h"

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <utility>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/executor.h"
#include "http/gzip.h"

namespace onggi::http {

struct Toy::Gate {
  Toy& toy;
  bool await_ready() const noexcept { return false; }
  bool await_suspend(std::coroutine_handle<> waiting) const {
    std::lock_guard lock(toy.mutex_);
    if (toy.open_) return false;
    toy.waiting_.push_back(waiting);
    return true;
  }
  void await_resume() const noexcept {}
};

namespace {

class Pieces final : public BodyStream {
 public:
  Pieces(Toy& toy, int count, bool broken) : toy_(toy), left_(count), broken_(broken) {
    ++toy_.streams;
  }
  ~Pieces() override { --toy_.streams; }
  Task<std::string> next() override {
    if (left_ == 0 && broken_) throw std::runtime_error("the store is gone");
    if (left_ == 0) co_return std::string();
    --left_;
    ++toy_.pieces;
    co_return std::string(64u << 10, 's');
  }

 private:
  Toy& toy_;
  int left_;
  bool broken_;
};

// Gives "begun", so many bytes more, and waits for its end.
class Live final : public BodyStream {
 public:
  Live(Toy& toy, int bytes) : toy_(toy), bytes_(bytes) { ++toy_.streams; }
  ~Live() override { --toy_.streams; }
  bool is_live() const override { return true; }
  void end(End reason) override {
    if (std::exchange(is_over_, true)) return;
    ++toy_.ends[static_cast<int>(reason)];
    if (!waiting_) return;
    home_->post([waiting = std::exchange(waiting_, {})] { waiting.resume(); });
  }
  Task<std::string> next() override {
    if (!std::exchange(begun_, true))
      co_return "begun" + std::string(static_cast<std::size_t>(bytes_), 'x');
    home_ = Executor::current();
    co_await Pause{*this};
    co_return std::string();
  }

 private:
  struct Pause {
    Live& live;
    bool await_ready() const noexcept { return live.is_over_; }
    void await_suspend(std::coroutine_handle<> waiting) const { live.waiting_ = waiting; }
    void await_resume() const noexcept {}
  };

  Toy& toy_;
  int bytes_;
  bool begun_ = false;
  bool is_over_ = false;
  Executor* home_ = nullptr;
  std::coroutine_handle<> waiting_;
};

int number_after(std::string_view target) {
  return std::atoi(std::string(target.substr(target.find('?') + 1)).c_str());
}

}  // namespace

Task<Response> Toy::handle(Request& request) {
  ++handled;
  Response response;
  std::string_view path = request.target.substr(0, request.target.find('?'));
  if (path == "/page") {
    response.body = std::string(static_cast<std::size_t>(number_after(request.target)), 'x');
    response.etag = "\"one\"";
  } else if (path == "/echo") {
    response.body = std::to_string(request.body.size()) + ":" + request.body.substr(0, 1000);
  } else if (path == "/wait") {
    co_await Gate{*this};
    response.body = "waited";
  } else if (path == "/throw-later") {
    co_await Gate{*this};
    throw std::runtime_error("secret internals");
  } else if (path == "/throw") {
    throw std::runtime_error("secret internals");
  } else if (path == "/stream") {
    response.stream = std::make_unique<Pieces>(*this, number_after(request.target), false);
  } else if (path == "/broken-stream") {
    response.stream = std::make_unique<Pieces>(*this, 1, true);
  } else if (path == "/spin" || path == "/vital") {
    auto until =
        std::chrono::steady_clock::now() + std::chrono::milliseconds(number_after(request.target));
    while (std::chrono::steady_clock::now() < until) {
    }
  } else if (path == "/live") {
    response.stream = std::make_unique<Live>(*this, number_after(request.target));
  } else if (path == "/gzipped") {
    response.shared = std::make_shared<const std::string>("plain");
    response.shared_gzip = std::make_shared<const std::string>(gzipped("compressed before"));
    response.etag = "\"two\"";
  } else if (path == "/about") {
    response.body = std::string(to_string(request.method)) + " " + std::string(request.target) +
                    " " + request.id + " " + (request.is_local_control ? "control" : "public") +
                    " " + std::string(request.peer);
  } else if (path == "/loop") {
    response.body = std::to_string(std::ranges::find(loops, Executor::current()) - loops.begin());
  } else if (path == "/empty") {
    response.status = 204;
  } else if (path == "/split") {
    response.headers.emplace_back("Location", "/a\r\nX-Evil: 1");
  }
  response.headers.emplace_back("Onggi-Queries", "1");
  co_return response;
}

Response Toy::problem(int status, std::string_view detail, std::string_view request_id) {
  Response response;
  response.status = status;
  response.content_type = "application/problem+json";
  response.body = std::string(detail) + " " + std::string(request_id);
  return response;
}

std::size_t Toy::body_limit(Method, std::string_view) const {
  return limit;
}

void Toy::release() {
  std::vector<std::coroutine_handle<>> ready;
  {
    std::lock_guard lock(mutex_);
    open_ = true;
    ready.swap(waiting_);
  }
  for (std::coroutine_handle<> waiting : ready) waiting.resume();  // on a thread that is no loop's
}

std::size_t Toy::waiting() {
  std::lock_guard lock(mutex_);
  return waiting_.size();
}

Client::Client(const std::string& url, int receive_buffer) {
  if (url.starts_with("unix:")) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, url.c_str() + 5, sizeof address.sun_path - 1);
    socket_ = ::socket(AF_UNIX, SOCK_STREAM, 0);
    if (::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
      throw std::runtime_error("cannot connect to " + url);
    return;
  }
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(std::stoi(url.substr(url.rfind(':') + 1))));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socket_ = ::socket(AF_INET, SOCK_STREAM, 0);
  if (receive_buffer > 0)
    setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
  if (::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
    throw std::runtime_error("cannot connect to " + url);
}

Client::~Client() {
  ::close(socket_);
}

bool Client::send(std::string_view bytes) {
  while (!bytes.empty()) {
    ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

void Client::finish_sending() {
  ::shutdown(socket_, SHUT_WR);
}

bool Client::has_bytes(std::chrono::milliseconds within) {
  if (!buffer_.empty()) return true;
  pollfd watched{socket_, POLLIN, 0};
  return ::poll(&watched, 1, static_cast<int>(within.count())) == 1;
}

bool Client::fill() {
  pollfd watched{socket_, POLLIN, 0};
  if (::poll(&watched, 1, 10'000) != 1) return false;
  char bytes[65536];
  ssize_t count = ::recv(socket_, bytes, sizeof bytes, 0);
  if (count <= 0) return false;
  buffer_.append(bytes, static_cast<std::size_t>(count));
  return true;
}

bool Client::is_closed(std::chrono::milliseconds within) {
  auto deadline = std::chrono::steady_clock::now() + within;
  for (;;) {
    auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        deadline - std::chrono::steady_clock::now());
    pollfd watched{socket_, POLLIN, 0};
    if (left.count() < 0 || ::poll(&watched, 1, static_cast<int>(left.count())) != 1) return false;
    char bytes[65536];
    if (::recv(socket_, bytes, sizeof bytes, 0) <= 0) return true;
  }
}

std::string Client::receive_all() {
  while (fill()) {
  }
  return std::exchange(buffer_, {});
}

Answer Client::receive(bool head) {
  Answer answer;
  std::size_t end;
  while ((end = buffer_.find("\r\n\r\n")) == std::string::npos) {
    if (!fill()) return answer;
  }
  std::string text = buffer_.substr(0, end + 2);
  buffer_.erase(0, end + 4);
  answer.status = std::atoi(text.c_str() + 9);
  for (std::size_t at = text.find("\r\n") + 2; at < text.size();) {
    std::size_t stop = text.find("\r\n", at);
    std::size_t colon = text.find(':', at);
    std::string name = text.substr(at, colon - at);
    for (char& c : name) c = static_cast<char>(std::tolower(c));
    std::string& value = answer.headers[name];
    if (!value.empty()) value += ", ";
    value += text.substr(colon + 2, stop - colon - 2);
    at = stop + 2;
  }
  answer.complete = true;
  if (head || answer.status == 204 || answer.status == 304 || answer.status < 200) return answer;
  if (answer.headers.contains("transfer-encoding")) {
    for (;;) {
      std::size_t line;
      while ((line = buffer_.find("\r\n")) == std::string::npos) {
        if (!fill()) return answer.complete = false, answer;
      }
      std::size_t size = std::stoul(buffer_.substr(0, line), nullptr, 16);
      while (buffer_.size() < line + 2 + size + 2) {
        if (!fill()) return answer.complete = false, answer;
      }
      answer.body += buffer_.substr(line + 2, size);
      buffer_.erase(0, line + 2 + size + 2);
      if (size == 0) return answer;
    }
  }
  if (!answer.headers.contains("content-length")) {
    answer.body = receive_all();
    return answer;
  }
  std::size_t size = std::stoul(answer.headers["content-length"]);
  while (buffer_.size() < size) {
    if (!fill()) return answer.complete = false, answer;
  }
  answer.body = buffer_.substr(0, size);
  buffer_.erase(0, size);
  return answer;
}

ServerOptions ToyServer::default_options() {
  ServerOptions options;
  options.listen = {"127.0.0.1:0"};
  options.loops = 2;
  return options;
}

ToyServer::ToyServer(ServerOptions options) : server(std::move(options), toy, registry) {
  toy.loops = server.loops();
  server.start();
}

ToyServer::~ToyServer() {
  toy.release();
}

double ToyServer::metric(std::string_view series) const {
  std::string text = registry.text();
  std::string line = "\n" + std::string(series) + " ";
  std::size_t at = text.find(line);
  return at == std::string::npos ? -1 : std::atof(text.c_str() + at + line.size());
}

std::string gzipped(std::string_view bytes) {
  std::string out;
  Deflater deflater;
  deflater.add(bytes, true, out);
  return out;
}

std::string gunzipped(std::string_view bytes) {
  std::string out;
  Inflater inflater;
  while (inflater.feed(bytes, out, 1u << 20) == Inflater::State::full) {
  }
  return out;
}

}  // namespace onggi::http
