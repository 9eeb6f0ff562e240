#include "http/address.h"

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <system_error>

#include <fmt/format.h>
#include <sys/un.h>

namespace onggi::http {
namespace {

bool is_port(std::string_view text) {
  std::uint16_t port = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return !text.empty() && error == std::errc{} && end == text.data() + text.size();
}

std::expected<Address, std::string> parse_path(std::string_view text, std::string_view path) {
  if (path.empty()) return std::unexpected(fmt::format("'{}' has no path after unix:", text));
  if (path.size() >= sizeof(sockaddr_un::sun_path) || path.contains('\0')) {
    return std::unexpected(
        fmt::format("the path of '{}' is too long for a Unix socket (at most {} bytes)", text,
                    sizeof(sockaddr_un::sun_path) - 1));
  }
  return Address{.path = std::string(path)};
}

}  // namespace

std::expected<Address, std::string> parse_address(std::string_view text) {
  if (text.starts_with("unix:")) return parse_path(text, text.substr(5));
  std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos)
    return std::unexpected(fmt::format("'{}' has no port", text));
  std::string_view host = text.substr(0, colon);
  std::string_view port = text.substr(colon + 1);
  if (!is_port(port))
    return std::unexpected(fmt::format("the port of '{}' is not a number from 0 to 65535", text));
  bool bracketed = host.starts_with('[') && host.ends_with(']');
  if (bracketed)
    host = host.substr(1, host.size() - 2);
  else if (host.contains(':'))
    return std::unexpected(fmt::format("the IPv6 address of '{}' must stand in brackets", text));
  if (bracketed && host.empty())
    return std::unexpected(fmt::format("'{}' has no address in its brackets", text));
  if (host.empty()) host = "0.0.0.0";
  return Address{.host = std::string(host), .port = std::string(port)};
}

}  // namespace onggi::http
