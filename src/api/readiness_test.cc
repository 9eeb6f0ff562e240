#include "api/readiness.h"

#include <semaphore>

#include <gtest/gtest.h>

namespace onggi::api {
namespace {

using namespace std::chrono_literals;

TEST(ReadinessTest, what_is_found_out_is_passed_on) {
  bool is_away = false;
  Readiness readiness(
      [&]() -> std::optional<Trouble> {
        if (!is_away) return std::nullopt;
        return Trouble{Cause::away, "Gone."};
      },
      1h);
  EXPECT_FALSE(run_now(readiness.look()));
  is_away = true;
  const std::optional<Trouble> found = run_now(readiness.look());
  ASSERT_TRUE(found);
  EXPECT_EQ(found->cause, Cause::away);
  EXPECT_EQ(found->detail, "Gone.");
}

TEST(ReadinessTest, a_database_that_does_not_answer_keeps_nobody) {
  std::binary_semaphore answers{0};
  bool is_asked_again = false;
  Readiness readiness(
      [&]() -> std::optional<Trouble> {
        if (!is_asked_again) answers.acquire();
        is_asked_again = true;
        return std::nullopt;
      },
      1ms);
  const std::optional<Trouble> found = run_now(readiness.look());
  ASSERT_TRUE(found);
  EXPECT_EQ(found->cause, Cause::no_answer);
  answers.release();
}

TEST(ReadinessTest, a_question_that_fails_is_an_answer) {
  Readiness readiness([]() -> std::optional<Trouble> { throw std::runtime_error("damaged"); }, 1h);
  const std::optional<Trouble> found = run_now(readiness.look());
  ASSERT_TRUE(found);
  EXPECT_EQ(found->cause, Cause::other);
  EXPECT_EQ(found->detail.find("damaged"), std::string::npos);
}

}  // namespace
}  // namespace onggi::api
