// The server's side of TLS: 1.2 and later, one certificate, HTTP/1.1.
#pragma once

#include <memory>
#include <string>

#include <boost/asio/ssl/context.hpp>

namespace onggi::http {

// Reads a certificate chain and its key from PEM files. Throws std::runtime_error that names the
// file and what is wrong with it.
std::unique_ptr<boost::asio::ssl::context> make_tls_context(const std::string& certificate,
                                                            const std::string& key);

}  // namespace onggi::http
