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

  // In the row of its agent or workflow and in that of the day.
  void add(Date date, bool is_frozen, const store::Contribution& what) {
    auto& [of_subject, of_day] = places_[{date, is_frozen, what.subject_id}];
    if (of_subject == nullptr) {
      const RowKey key{what.user_id, date, is_frozen, what.subject_id};
      of_subject = &rows_[key];
      of_day = &rows_[key.day()];
    }
    of_subject->add(what);
    of_day->add(what);
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
  std::unordered_map<Place, std::pair<Figures*, Figures*>, Hash> places_;
};

}  // namespace onggi::statistics
