#include "cli/demo/history.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "cli/demo/rhythm.h"

namespace onggi::cli::demo {
namespace {

constexpr std::int64_t minute_ms = 60'000;
constexpr std::int64_t duration_max_ms = 15 * minute_ms;

// Executions that follow one another: a conversation, or a single one.
std::vector<Course> draw_session(const Subject& subject, const Rhythm& rhythm, std::int64_t at_most,
                                 Time now, Random& random) {
  const std::int64_t length = random.chance(0.45) ? random.between(2, 5) : 1;
  const std::string name = fmt::format("chat-{:08x}", random.next() >> 32);
  Time start = rhythm.draw(random);
  std::vector<Course> courses;
  for (std::int64_t i = 0; i < std::min(length, at_most); ++i) {
    Course course{
        start, std::min(random.around(subject.median_ms), duration_max_ms), draw_end(random), {}};
    if (length > 1) course.session = name;
    start.ms += course.duration_ms + random.around(minute_ms);
    courses.push_back(std::move(course));
  }
  // None may end after now.
  const std::int64_t late = start.ms - now.ms;
  if (late > 0) {
    for (Course& course : courses) course.started_at.ms -= late;
  }
  return courses;
}

Happening happen(const Subject& subject, const Course& course, Tell tell, Random& random) {
  const bool is_over = course.status != "running";
  return {course.started_at, Time{course.started_at.ms + (is_over ? course.duration_ms : 0)},
          subject.owner, tell(subject, course, random)};
}

}  // namespace

std::string_view draw_end(Random& random) {
  const std::int64_t drawn = random.between(1, 1'000);
  if (drawn <= 912) return "completed";
  if (drawn <= 967) return "failed";
  if (drawn <= 986) return "timeout";
  return "cancelled";
}

std::vector<Happening> history(const std::vector<Subject>& subjects, Extent extent, Tell tell,
                               Time now, std::uint64_t seed) {
  Random random(seed);
  std::vector<double> shares;
  std::map<std::int64_t, Rhythm> rhythms;  // by offset from UTC
  for (const Subject& subject : subjects) {
    shares.push_back((shares.empty() ? 0 : shares.back()) + subject.share);
    rhythms.try_emplace(subject.utc_offset_minutes, now, extent.days, subject.utc_offset_minutes);
  }
  const auto draw_subject = [&]() -> const Subject& { return subjects[random.weighted(shares)]; };

  std::vector<Happening> happenings;
  const auto finished = static_cast<std::size_t>(extent.executions - extent.running);
  while (happenings.size() < finished) {
    const Subject& subject = draw_subject();
    const Rhythm& rhythm = rhythms.at(subject.utc_offset_minutes);
    const auto missing = static_cast<std::int64_t>(finished - happenings.size());
    for (const Course& course : draw_session(subject, rhythm, missing, now, random))
      happenings.push_back(happen(subject, course, tell, random));
  }
  for (std::int64_t i = 0; i < extent.running; ++i) {
    const Subject& subject = draw_subject();
    const Course course{Time{now.ms - random.between(5'000, 4 * minute_ms)}, 0, "running", {}};
    happenings.push_back(happen(subject, course, tell, random));
  }
  std::ranges::stable_sort(happenings, {}, &Happening::started_at);
  return happenings;
}

}  // namespace onggi::cli::demo
