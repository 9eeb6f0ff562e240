// What stores give: JSON ready to be sent, and the place of a list to go on after.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/uuid.h"
#include "db/params.h"
#include "db/rows.h"

namespace onggi::store {

// The id of an object: a UUID, or the slug of a tool.
class Key {
 public:
  explicit Key(const Uuid& id) : bytes_(id.view()) {}
  static Key slug(std::string_view text) {
    Key key;
    key.bytes_ = text;
    key.is_text_ = true;
    return key;
  }
  void add_to(db::Params& params) const {
    if (is_text_)
      params.add(std::string_view(bytes_));
    else
      params.add_blob(bytes_);
  }
  const std::string& bytes() const { return bytes_; }
  bool is_text() const { return is_text_; }
  // As it is written in a URL.
  std::string text() const { return is_text_ ? bytes_ : to_string(Uuid::from_bytes(bytes_)); }

 private:
  Key() = default;
  std::string bytes_;
  bool is_text_ = false;
};

// One object as a single GET shows it.
struct Page {
  std::string body;
  std::int64_t version = 0;
  bool is_owned = true;  // by the reader; else it is public
};

// A place between two rows of a list that is ordered newest first by (time, key).
struct Place {
  Time time;
  std::string key;  // bytes of the id, or text

  // Before everything that is older than `time` exclusively: the beginning of a list whose `to` is
  // `time`.
  static Place before(Time time) { return {time, {}}; }
};
inline constexpr Time after_all_times{latest_time.ms + 1};

struct Range {
  Place after = Place::before(after_all_times);
  std::int64_t limit = 50;
};

// A page of a list: its items as JSON, "," between them, and where the next one begins (nullopt at
// the end).
struct Items {
  std::string json;
  std::optional<Place> next;
};

// A page ends early, still with a place to go on after, when its documents reach this.
inline constexpr std::size_t page_max_bytes = 8u << 20;

// From rows of (time, key, document), one more than `limit` where there is a next page.
Items items_of(const db::Rows& rows, std::int64_t limit);

inline constexpr std::int64_t count_max = 10'000;

// How far a list has been found to go.
struct Total {
  std::int64_t count = 0;
  bool is_capped = false;  // there may be more

  // Of a count that stops one beyond `most`.
  static Total up_to(std::int64_t most, std::int64_t count) {
    return {std::min(count, most), count > most};
  }
};

}  // namespace onggi::store
