#include "cli/hints.h"

#include <filesystem>
#include <fstream>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "cli/client.h"

namespace onggi::cli {
namespace {

using testing::HasSubstr;

class HintsTest : public testing::Test {
 protected:
  HintsTest() { std::filesystem::create_directories(places.directory); }
  ~HintsTest() override { std::filesystem::remove_all(places.directory); }
  app::Places places{std::filesystem::path(testing::TempDir()) /
                     fmt::format("onggi hints-{}", ::getpid())};
};

TEST_F(HintsTest, a_demo_is_shown_with_three_requests) {
  const std::string id = "01a140ba-f83f-72a6-8782-da96108b8888";
  write_marker(places, id);
  EXPECT_TRUE(wants_hints(places));
  app::write_private_file(places.admin_key(), "onggi_x\n");
  const std::string text = hints("http://0.0.0.0:8420", places);
  EXPECT_THAT(text, HasSubstr("'http://127.0.0.1:8420/api/agent-builder/workflows/" + id + "'"));
  EXPECT_THAT(text, HasSubstr(fmt::format("$(cat '{}')", places.admin_key().string())));
  EXPECT_EQ(std::ranges::count(text, '$'), 3);
}

TEST_F(HintsTest, requests_fit_the_address_and_the_key) {
  const std::string text = hints("unix:/run/onggi.sock", places);
  EXPECT_THAT(text, HasSubstr("--unix-socket /run/onggi.sock"));
  EXPECT_THAT(text, HasSubstr("$ONGGI_ADMIN_KEY"));
  EXPECT_THAT(hints("https://127.0.0.1:443", places), HasSubstr("curl -s -k "));
}

TEST_F(HintsTest, a_marker_that_is_no_id_is_not_pasted_into_a_shell) {
  std::ofstream(places.demo_marker()) << "'; rm -rf / #\n";
  EXPECT_THAT(hints("http://127.0.0.1:1", places), testing::Not(HasSubstr("rm -rf")));
}

TEST(PercentEncodedTest, only_unreserved_characters_stay) {
  EXPECT_EQ(percent_encoded("a-b_c.~1"), "a-b_c.~1");
  EXPECT_EQ(percent_encoded("a b&옹"), "a%20b%26%EC%98%B9");
}

}  // namespace
}  // namespace onggi::cli
