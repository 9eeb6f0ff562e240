#include "statistics/compare.h"

#include <map>

namespace onggi::statistics {

std::set<RowKey> add_waiting(Rows& stored, const Snapshot& snapshot, Dates& dates, Date first,
                             Date last) {
  std::map<RowKey, Delta> more;
  for (const Waiting& waiting : snapshot.waiting) {
    if (snapshot.lifetime.is_frozen(waiting.what.started_at)) continue;
    const Date date = dates.date_of(waiting.what.started_at);
    if (date < first || date > last) continue;
    const RowKey key{waiting.what.user_id, date, false, waiting.what.subject_id};
    more[key].add(waiting.what, waiting.weight);
    more[key.day()].add(waiting.what, waiting.weight);
  }
  std::set<RowKey> unknown;
  for (const auto& [key, delta] : more)
    if (!delta.apply(stored[key])) unknown.insert(key);
  return unknown;
}

std::vector<RowKey> differing(const Rows& stored, const Rows& expected) {
  static const Figures nothing;
  std::vector<RowKey> keys;
  auto left = stored.begin();
  auto right = expected.begin();
  while (left != stored.end() || right != expected.end()) {
    const bool has_left =
        left != stored.end() && (right == expected.end() || left->first <= right->first);
    const bool has_right =
        right != expected.end() && (left == stored.end() || right->first <= left->first);
    const Figures& there = has_left ? left->second : nothing;
    const Figures& wanted = has_right ? right->second : nothing;
    if (!(there == wanted)) keys.push_back(has_left ? left->first : right->first);
    if (has_left) ++left;
    if (has_right) ++right;
  }
  return keys;
}

const Figures& figures_in(const Rows& rows, const RowKey& key) {
  static const Figures nothing;
  const auto there = rows.find(key);
  return there == rows.end() ? nothing : there->second;
}

}  // namespace onggi::statistics
