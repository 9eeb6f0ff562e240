// Where to listen, as an operator writes it.
#pragma once

#include <expected>
#include <string>
#include <string_view>

namespace onggi::http {

// Either a host and a port, or the path of a Unix socket.
struct Address {
  std::string host;  // a name or a number, without brackets
  std::string port;  // decimal, 0 to 65535
  std::string path;

  bool is_unix() const { return !path.empty(); }
};

// Reads "127.0.0.1:8420", "[::1]:0", "localhost:8420", ":8420" (any IPv4 address),
// "unix:/run/onggi.sock". The error is one sentence that names the text.
std::expected<Address, std::string> parse_address(std::string_view text);

}  // namespace onggi::http
