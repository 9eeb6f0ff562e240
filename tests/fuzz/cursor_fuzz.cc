// Cursors, and the base64url that they are written in: a list's name, then a cursor, each a line;
// what follows is the key of a place.
#include "api/query.h"
#include "base/secret.h"
#include "tests/fuzz/fuzz.h"

namespace onggi::fuzz {
namespace {

void check_text(std::string_view text, std::string_view list) {
  std::string bytes;
  if (decode_base64url(text, bytes)) hold(base64url(bytes) == text, "bytes have one spelling");
  const std::optional<store::Place> place = api::read_cursor(text, list);
  if (place) hold(api::write_cursor(*place, list) == text, "a place has one cursor");
}

void check_place(const store::Place& place, std::string_view list) {
  std::string cursor = api::write_cursor(place, list);
  check_text(cursor, list);
  const std::optional<store::Place> read = api::read_cursor(cursor, list);
  hold(read.has_value() == (cursor.size() <= 1'000), "a cursor is taken, unless it is very long");
  if (!read) return;
  hold(read->time == place.time && read->key == place.key, "it leads to its place");
  hold(!api::read_cursor(cursor, std::string(list) + "2"), "another list refuses it");
  hold(!api::read_cursor(cursor + 'A', list), "one that was lengthened is refused");
  cursor[cursor.size() / 2] = cursor[cursor.size() / 2] == 'A' ? 'B' : 'A';
  hold(!api::read_cursor(cursor, list), "one that was changed is refused");
}

}  // namespace

void try_input(std::string_view input) {
  const std::string_view list = take_line(input);
  const std::string_view cursor = take_line(input);
  check_text(cursor, list);
  std::uint64_t time = 0;
  for (const char c : cursor.substr(0, 8)) time = time << 8 | static_cast<unsigned char>(c);
  check_place({Time{static_cast<std::int64_t>(time)}, std::string(input)}, list);
}

}  // namespace onggi::fuzz
