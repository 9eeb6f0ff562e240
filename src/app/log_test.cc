#include "app/log.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "json/json.h"

namespace onggi::app {
namespace {

std::string line(std::string_view message) {
  const std::string whole = json_line(Time{0}, "info", message);
  EXPECT_TRUE(json::parse(whole)) << whole;
  constexpr std::string_view head = R"({"ts":"1970-01-01T00:00:00.000Z","level":"info",)";
  EXPECT_EQ(whole.substr(0, head.size()), head);
  return whole.substr(head.size());
}

TEST(LogTest, an_event_with_fields_becomes_members) {
  EXPECT_EQ(
      line(R"(request status=200 path=/a?b=c duration_ms=1.250 error="not found" id=007)"),
      R"("message":"request","status":200,"path":"/a?b=c","duration_ms":1.250,"error":"not found","id":"007"})");
}

TEST(LogTest, what_stands_in_quotes_is_text) {
  EXPECT_EQ(line(R"(slow_statement ms=12 request="12")"),
            R"("message":"slow_statement","ms":12,"request":"12"})");
}

TEST(LogTest, any_other_message_stays_whole) {
  EXPECT_EQ(line("db.write_failed: disk full"), R"("message":"db.write_failed: disk full"})");
  EXPECT_EQ(line("db.recovered"), R"("message":"db.recovered"})");
  EXPECT_EQ(line(R"(failed error="a "b" c")"), R"("message":"failed error=\"a \"b\" c\""})");
  EXPECT_EQ(line("forged level=error"), R"("message":"forged level=error"})");
  EXPECT_EQ(line(""), R"("message":""})");
}

TEST(LogTest, what_looks_almost_like_a_number_is_text) {
  for (const std::string_view text : {"1e5", "-1", "1.", ".5", "0x10", "nan", "inf", "1.2.3", "00"})
    EXPECT_EQ(line(fmt::format("event a={}", text)),
              fmt::format(R"("message":"event","a":"{}"}})", text));
}

TEST(LogTest, a_line_is_utf8_whatever_is_logged) {
  EXPECT_EQ(line("path=\xff\n"), "\"message\":\"path=\uFFFD\\n\"}");
}

}  // namespace
}  // namespace onggi::app
