#include "api/observations.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/log_lines.h"

namespace onggi::api {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const std::array<Endpoint, 1> table{Endpoint{.method = http::Method::get,
                                             .path = "/things/{id}",
                                             .operation = "get_thing",
                                             .summary = "A thing",
                                             .budget = 2,
                                             .handle = nullptr}};

class ObservationsTest : public testing::Test {
 protected:
  ObservationsTest() {
    request_.method = http::Method::get;
    request_.target = "/api/agent-builder/things/secret-of-the-path";
    request_.body = "secret-of-the-body";
    request_.id = "r-1";
  }

  Registry registry_;
  Observations observations_{registry_, table};
  http::Request request_;
  LogLines log_;
};

TEST_F(ObservationsTest, a_request_that_runs_more_than_its_budget_is_counted_and_told) {
  const std::string series =
      "onggi_http_budget_overruns_total{method=\"GET\",route=\"/api/agent-builder/things/{id}\"} ";
  EXPECT_THAT(registry_.text(), HasSubstr(series + "0\n"));
  observations_.answered(observations_.of(0), 200, 1ms, {.statements = 2, .request = "r-1"});
  EXPECT_THAT(log_.take(), IsEmpty());
  observations_.answered(observations_.of(0), 200, 1ms, {.statements = 3, .request = "r-1"});
  EXPECT_THAT(log_.take(),
              ElementsAre("warning budget_overrun request=r-1 method=GET "
                          "route=/api/agent-builder/things/{id} statements=3 budget=2"));
  EXPECT_THAT(registry_.text(), HasSubstr(series + "1\n"));
}

TEST_F(ObservationsTest, a_bug_is_told_each_time_without_what_was_sent) {
  for (int i = 0; i < 2; ++i) {
    observations_.failed(std::runtime_error("a \"bug\""), request_, &observations_.of(0));
    EXPECT_THAT(log_.take(), ElementsAre("error request_failed request=r-1 method=GET "
                                         "route=/api/agent-builder/things/{id} error=\"a 'bug'\""));
  }
  EXPECT_THAT(registry_.text(), HasSubstr("onggi_http_server_errors_total{kind=\"internal\"} 2\n"));
}

TEST_F(ObservationsTest, a_trouble_is_told_once_for_all_whom_it_befalls) {
  const Unavailable busy("Later.", "no connection came free", Cause::connection_timeout);
  observations_.refused(busy, request_);
  observations_.refused(busy, request_);
  observations_.answered(observations_.of(0), 200, 1ms, {.statements = 1});  // it goes on
  observations_.refused(busy, request_);
  EXPECT_THAT(log_.take(),
              ElementsAre("warning requests_refused request=r-1 "
                          "cause=connection_timeout error=\"no connection came free\""));
  observations_.refused(Unavailable("Later.", "full", Cause::disk_full), request_);
  EXPECT_THAT(log_.take(),
              ElementsAre("warning requests_refused request=r-1 cause=disk_full error=full"));
  EXPECT_THAT(registry_.text(),
              HasSubstr("onggi_http_server_errors_total{kind=\"connection_timeout\"} 3\n"));
}

TEST_F(ObservationsTest, what_the_driver_has_told_is_counted_and_not_told_again) {
  Unavailable away("Later.", "cannot be reached", Cause::away);
  away.set_told();
  observations_.refused(away, request_);
  EXPECT_THAT(log_.take(), IsEmpty());
  EXPECT_THAT(registry_.text(), HasSubstr("onggi_http_server_errors_total{kind=\"away\"} 1\n"));
}

}  // namespace
}  // namespace onggi::api
