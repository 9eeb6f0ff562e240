// Adding many executions of one user to its rows.
#pragma once

#include <unordered_map>
#include <utility>

#include "statistics/rows.h"

namespace onggi::statistics {

class Tally {
 public:
  // The rows must outlive it, and nobody removes any of them meanwhile.
  explicit Tally(Rows& rows) : rows_(rows) {}

  // In the row of its agent or workflow.
  void add(Date date, bool is_frozen, const store::Contribution& what) {
    Figures*& of_subject = places_[{date, is_frozen, what.subject_id}];
    if (of_subject == nullptr)
      of_subject = &rows_[RowKey{what.user_id, date, is_frozen, what.subject_id}];
    of_subject->add(what);
  }
  // Once, when all are added: the rows of the days.
  void add_days() {
    std::map<RowKey, Figures> days;
    for (const auto& [key, figures] : rows_) days[key.day()].add(figures);
    rows_.merge(days);
  }

 private:
  struct Place {
    Date date;
    bool is_frozen;
    Uuid subject_id;
    bool operator==(const Place&) const = default;
  };
  struct Hash {
    std::size_t operator()(const Place& place) const {
      const auto date = static_cast<std::size_t>(place.date.days) * 2 + (place.is_frozen ? 1 : 0);
      return std::hash<Uuid>()(place.subject_id) ^ date * 0x9E3779B97F4A7C15u;
    }
  };
  Rows& rows_;
  std::unordered_map<Place, Figures*, Hash> places_;
};

}  // namespace onggi::statistics
