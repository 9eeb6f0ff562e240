#include "db/observations.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/log_lines.h"

namespace onggi::db {
namespace {

using namespace std::chrono_literals;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr Statement listing{"executions.list", "select 1"};

class SlowStatementsTest : public testing::Test {
 protected:
  Registry registry_;
  const StatementCounters counters_ = counters_of(registry_, listing);
  LogLines log_;
};

TEST_F(SlowStatementsTest, one_that_took_longer_is_logged_by_its_name_with_the_request) {
  SlowStatements slow(20ms);
  EXPECT_FALSE(slow.note(counters_, listing.name, 20ms, "r-1"));
  EXPECT_TRUE(slow.note(counters_, listing.name, 1'234ms, "r-1"));
  EXPECT_THAT(log_.take(),
              ElementsAre("warning slow_statement name=executions.list ms=1234 request=r-1"));
  EXPECT_EQ(counters_.slow->value(), 1U);
}

TEST_F(SlowStatementsTest, background_work_has_no_request) {
  SlowStatements slow(20ms);
  slow.note(counters_, "begin immediate", 21ms, {});
  EXPECT_THAT(log_.take(), ElementsAre("warning slow_statement name=\"begin immediate\" ms=21"));
}

TEST_F(SlowStatementsTest, zero_means_that_none_is_slow) {
  SlowStatements slow(0ms);
  EXPECT_FALSE(slow.note(counters_, listing.name, 1h, "r-1"));
  EXPECT_THAT(log_.take(), IsEmpty());
  EXPECT_EQ(counters_.slow->value(), 0U);
}

// Enough of them that some share a second wherever it begins.
TEST_F(SlowStatementsTest, what_is_left_out_is_counted_and_said) {
  constexpr std::uint64_t many = 1'000;
  {
    SlowStatements slow(20ms);
    for (std::uint64_t i = 0; i < many; ++i) slow.note(counters_, listing.name, 21ms, {});
  }
  EXPECT_EQ(counters_.slow->value(), many);
  std::uint64_t written = 0;
  std::uint64_t left_out = 0;
  for (const std::string& line : log_.take()) {
    const std::size_t at = line.find("slow_statements_left_out count=");
    if (at == std::string::npos)
      ++written;
    else
      left_out += std::stoull(line.substr(line.find('=') + 1));
  }
  EXPECT_EQ(written + left_out, many);
  EXPECT_GE(written, 10U);
  EXPECT_GT(left_out, 0U);
}

TEST(FailuresTest, are_there_with_zero_and_counted_by_kind) {
  Registry registry;
  Failures failures(registry);
  EXPECT_THAT(registry.text(), HasSubstr("onggi_db_timeouts_total{kind=\"connection\"} 0\n"));
  failures.count(Cause::connection_timeout);
  failures.count(Cause::lock_timeout);
  failures.count(Cause::long_reads);
  failures.count(Cause::away);
  const std::string text = registry.text();
  EXPECT_THAT(text, HasSubstr("onggi_db_timeouts_total{kind=\"connection\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("onggi_db_timeouts_total{kind=\"lock\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("onggi_db_timeouts_total{kind=\"answer\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("onggi_db_shed_total{reason=\"long_reads\"} 1\n"));
}

}  // namespace
}  // namespace onggi::db
