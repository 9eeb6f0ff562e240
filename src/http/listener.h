// A socket that listens: on TCP, or on a path in the file system.
#pragma once

#include <string>
#include <vector>

#include <sys/types.h>

#include "http/address.h"
#include "http/descriptor.h"

namespace onggi::http {

class Listener {
 public:
  // Binds and listens on everything that the address names (a host name may have several numbers).
  // A Unix socket's file that nobody listens on any more is replaced. Throws std::runtime_error
  // that names the address.
  static std::vector<Listener> open(const Address& address, bool tls);
  // A Unix socket for the owner of the process alone: mode 0600 from the moment its file exists.
  static Listener open_control(const std::string& path);

  Listener(Listener&& other) noexcept = default;
  Listener& operator=(Listener&& other) = delete;
  ~Listener();  // removes the socket's file, unless somebody else's stands there by now

  // With the real port: "http://127.0.0.1:8420", "unix:/path".
  const std::string& url() const { return url_; }
  int descriptor() const { return socket_.number(); }
  bool is_tls() const { return tls_; }
  bool is_control() const { return is_control_; }

 private:
  Listener() = default;
  static Listener open_path(const std::string& path, bool is_control);

  Descriptor socket_;
  std::string url_;
  bool tls_ = false;
  bool is_control_ = false;
  std::string path_;
  dev_t device_ = 0;
  ino_t inode_ = 0;
};

}  // namespace onggi::http
