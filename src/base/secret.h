// Hashes, random secrets and their spelling.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace onggi {

using Sha256 = std::array<std::uint8_t, 32>;

Sha256 sha256(std::string_view bytes);
inline std::string_view view(const Sha256& hash) {
  return {reinterpret_cast<const char*>(hash.data()), hash.size()};
}

// A new API key: "onggi_" and 256 random bits in base64url (43 characters). Throws
// std::runtime_error if the system has no entropy.
std::string make_api_key();

// RFC 4648 base64url without padding.
std::string base64url(std::string_view bytes);
// False if `text` is not the one canonical base64url spelling of some bytes (a stray character,
// padding, non-zero spare bits).
bool decode_base64url(std::string_view text, std::string& out);

}  // namespace onggi
