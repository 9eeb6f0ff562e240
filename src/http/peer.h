// How a socket's address is written.
#pragma once

#include <string>

#include <sys/socket.h>

namespace onggi::http {

// "127.0.0.1:51234", "[::1]:51234", "unix".
std::string peer_name(const sockaddr_storage& address);

}  // namespace onggi::http
