// Cron expressions: what was taken, written out in full, is the same.
#include "base/cron.h"
#include "tests/fuzz/fuzz.h"

namespace onggi::fuzz {
namespace {

template <std::size_t size>
std::string listed(const std::bitset<size>& values, bool any = false) {
  if (any) return "*";
  std::string text;
  for (std::size_t i = 0; i < size; ++i)
    if (values[i]) text += (text.empty() ? "" : ",") + std::to_string(i);
  return text;
}

}  // namespace

void try_input(std::string_view input) {
  std::string why;
  const std::optional<Cron> cron = Cron::parse(input, why);
  if (!cron) return hold(!why.empty(), "a refusal has words");
  hold(cron->minutes.any() && cron->hours.any() && cron->months.any(), "every field allows some");
  hold(cron->days_of_month.any() && !cron->days_of_month[0] && !cron->months[0], "from 1 on");
  hold(cron->days_of_week.any(), "and a day of the week");
  const std::string full = listed(cron->minutes) + ' ' + listed(cron->hours) + '\t' +
                           listed(cron->days_of_month, cron->any_day_of_month) + ' ' +
                           listed(cron->months) + ' ' +
                           listed(cron->days_of_week, cron->any_day_of_week);
  const std::optional<Cron> again = Cron::parse(full, why);
  hold(again.has_value(), "written out it is taken");
  hold(again->minutes == cron->minutes && again->hours == cron->hours &&
           again->days_of_month == cron->days_of_month && again->months == cron->months &&
           again->days_of_week == cron->days_of_week &&
           again->any_day_of_month == cron->any_day_of_month &&
           again->any_day_of_week == cron->any_day_of_week,
       "and is the same");
}

}  // namespace onggi::fuzz
