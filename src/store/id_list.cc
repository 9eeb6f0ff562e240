#include "store/id_list.h"

#include <stdexcept>

namespace onggi::store {
namespace {

using Number = unsigned __int128;

Number number_of(const Uuid& id) {
  Number number = 0;
  for (const std::uint8_t byte : id.bytes) number = number << 8 | byte;
  return number;
}

Uuid uuid_of(Number number) {
  Uuid id;
  for (std::size_t i = id.bytes.size(); i-- > 0; number >>= 8)
    id.bytes[i] = static_cast<std::uint8_t>(number & 0xFF);
  return id;
}

}  // namespace

std::string write_ids(const std::vector<Uuid>& ids) {
  std::string bytes;
  if (ids.empty()) return bytes;
  bytes += ids.front().view();
  Number last = number_of(ids.front());
  for (std::size_t i = 1; i < ids.size(); ++i) {
    const Number next = number_of(ids[i]);
    Number difference = next - last;
    for (; difference >= 0x80; difference >>= 7)
      bytes += static_cast<char>(static_cast<std::uint8_t>(difference & 0x7F) | 0x80U);
    bytes += static_cast<char>(difference);
    last = next;
  }
  return bytes;
}

std::vector<Uuid> read_ids(std::string_view bytes) {
  std::vector<Uuid> ids;
  if (bytes.empty()) return ids;
  if (bytes.size() < sizeof(Uuid)) throw std::runtime_error("a list of ids is damaged");
  ids.push_back(Uuid::from_bytes(bytes.substr(0, sizeof(Uuid))));
  Number last = number_of(ids.front());
  Number difference = 0;
  int shift = 0;
  for (const char c : bytes.substr(sizeof(Uuid))) {
    const auto byte = static_cast<std::uint8_t>(c);
    if (shift > 126) throw std::runtime_error("a list of ids is damaged");
    difference |= static_cast<Number>(byte & 0x7F) << shift;
    shift += 7;
    if ((byte & 0x80) != 0) continue;
    last += difference;
    ids.push_back(uuid_of(last));
    difference = 0;
    shift = 0;
  }
  if (shift != 0) throw std::runtime_error("a list of ids is damaged");
  return ids;
}

}  // namespace onggi::store
