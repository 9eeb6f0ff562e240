// A world with statistics: folded, built and read as a server does.
#pragma once

#include <optional>
#include <utility>

#include <gtest/gtest.h>

#include "statistics/build.h"
#include "statistics/fold.h"
#include "statistics/kept.h"
#include "statistics/reading.h"
#include "statistics/verify.h"
#include "tests/conformance/world.h"

namespace onggi::conformance {

struct WorldClock final : Clock {
  explicit WorldClock(const World& of) : world(of) {}
  Time now() const override { return world.now; }
  const World& world;
};

class StatisticsWorld : public testing::TestWithParam<const Driver*> {
 protected:
  StatisticsWorld() : world(*GetParam()), clock(world), batches(world.database(), clock) {}

  void fold_all(statistics::Kind kind) {
    std::int64_t after = 0;
    for (;;) {
      const statistics::Folded folded = run_now(statistics::fold(batches, kind, after));
      for (const auto& [user, date] : folded.spoilt)
        EXPECT_TRUE(run_now(statistics::rebuild(batches, kind, user, date, date)));
      if (!folded.has_more) return;
      after = folded.last_id;
    }
  }

  void expect_nothing_differs() {
    for (const statistics::Difference& difference :
         run_now(statistics::verify_all(batches, {}, {})).differences)
      ADD_FAILURE() << statistics::to_string(difference);
  }

  statistics::Reading read(statistics::Question question) {
    db::Cost cost;
    question.now = world.now;
    return run_now(statistics::read(world.database(), cost, std::move(question)));
  }
  // As a server answers that has answered before.
  statistics::Reading read_kept(statistics::Question question, db::Cost* cost = nullptr) {
    db::Cost own;
    question.now = world.now;
    return run_now(readings.read(cost ? *cost : own, std::move(question)))->reading;
  }

  World world;
  WorldClock clock;
  store::Batches batches;
  statistics::Readings readings{world.database(), std::size_t{1} << 20,
                                [] { return std::optional<std::uint64_t>(); }};
};

}  // namespace onggi::conformance
