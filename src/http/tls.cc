#include "http/tls.h"

#include <algorithm>
#include <stdexcept>
#include <string_view>

#include <fmt/format.h>
#include <openssl/ssl.h>

namespace onggi::http {
namespace {

constexpr unsigned char only_http_1_1[] = "\x08http/1.1";

// Agrees on HTTP/1.1 with who offers it, and lets others go on without an agreement.
int choose_protocol(SSL*, const unsigned char** chosen, unsigned char* size,
                    const unsigned char* offered, unsigned offered_size, void*) {
  unsigned char* found = nullptr;
  int result = SSL_select_next_proto(&found, size, only_http_1_1, sizeof only_http_1_1 - 1, offered,
                                     offered_size);
  *chosen = found;
  return result == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_NOACK;
}

[[noreturn]] void fail(std::string_view what, const std::string& file,
                       const boost::system::error_code& error) {
  throw std::runtime_error(fmt::format("cannot use {} '{}': {}", what, file, error.message()));
}

}  // namespace

std::unique_ptr<boost::asio::ssl::context> make_tls_context(const std::string& certificate,
                                                            const std::string& key) {
  using boost::asio::ssl::context;
  auto tls = std::make_unique<context>(context::tls_server);
  SSL_CTX* native = tls->native_handle();
  SSL_CTX_set_min_proto_version(native, TLS1_2_VERSION);
  SSL_CTX_set_mode(native, SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_options(
      native, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_alpn_select_cb(native, choose_protocol, nullptr);

  boost::system::error_code error;
  tls->use_certificate_chain_file(certificate, error);
  if (error) fail("the TLS certificate", certificate, error);
  tls->use_private_key_file(key, context::pem, error);
  if (error) fail("the TLS key", key, error);
  if (SSL_CTX_check_private_key(native) != 1) {
    throw std::runtime_error(
        fmt::format("the TLS key '{}' does not belong to the certificate '{}'", key, certificate));
  }
  return tls;
}

}  // namespace onggi::http
