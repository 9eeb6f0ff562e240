// A file descriptor that closes itself.
#pragma once

#include <string>
#include <utility>

#include <unistd.h>

namespace onggi::http {

class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(other.release()) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    if (this != &other) {
      close();
      number_ = other.release();
    }
    return *this;
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() { close(); }

  int number() const { return number_; }
  int release() { return std::exchange(number_, -1); }

 private:
  void close() {
    if (number_ >= 0) ::close(number_);
  }

  int number_ = -1;
};

// A connection that was accepted, on its way to its event loop.
struct Arrival {
  Descriptor socket;
  std::string peer;  // "127.0.0.1:51234", "unix"
  int family = 0;    // AF_INET, AF_INET6, AF_UNIX
  bool tls = false;
  bool is_control = false;
  bool is_surplus = false;  // one too many: to be told so and closed
};

}  // namespace onggi::http
