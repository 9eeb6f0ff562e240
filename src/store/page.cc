#include "store/page.h"

#include <algorithm>

namespace onggi::store {

Items items_of(const db::Rows& rows, std::int64_t limit) {
  Items items;
  const std::size_t shown = std::min(rows.size(), static_cast<std::size_t>(limit));
  for (std::size_t i = 0; i < shown; ++i) {
    if (i != 0) items.json += ',';
    items.json += rows[i].text(2);
  }
  if (rows.size() > shown || rows.is_cut())
    items.next = Place{rows[shown - 1].time(0), std::string(rows[shown - 1].text(1))};
  return items;
}

}  // namespace onggi::store
