#include "app/engine.h"

#include <filesystem>
#include <fstream>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

namespace onggi::app {
namespace {

namespace fs = std::filesystem;

class EngineTest : public testing::Test {
 protected:
  ~EngineTest() override { fs::remove_all(options.data); }

  static std::optional<store::Principal> caller(Engine& engine, const std::string& key) {
    db::Cost cost;
    return run_now(engine.authenticator.by_key(cost, key));
  }

  SystemClock clock;
  config::Options options{
      .data = (fs::path(testing::TempDir()) / fmt::format("onggi-engine-{}", ::getpid())).string()};
  const std::string given = "onggi_" + std::string(43, 'k');
};

TEST_F(EngineTest, the_first_start_makes_admin_and_keeps_its_key_in_a_file) {
  std::string key;
  {
    Engine engine(options, clock);
    key = engine.new_admin_key.value();
    EXPECT_TRUE(caller(engine, key)->is_admin());
    std::string kept;
    std::getline(std::ifstream(engine.directory.places.admin_key()), kept);
    EXPECT_EQ(kept, key);
  }
  Engine again(options, clock);
  EXPECT_FALSE(again.new_admin_key);
  EXPECT_TRUE(caller(again, key)->is_admin());
}

TEST_F(EngineTest, a_given_key_is_used_on_the_first_start_and_not_written_down) {
  options.admin_key = given;
  {
    Engine engine(options, clock);
    EXPECT_FALSE(engine.new_admin_key);
    EXPECT_TRUE(caller(engine, given)->is_admin());
    EXPECT_FALSE(fs::exists(engine.directory.places.admin_key()));
  }
  const std::string other = "onggi_" + std::string(43, 'm');
  options.admin_key = other;
  Engine again(options, clock);
  EXPECT_FALSE(caller(again, other));
  EXPECT_TRUE(caller(again, given));
}

TEST_F(EngineTest, a_given_key_must_look_like_one) {
  for (const std::string& wrong :
       {std::string("secret"), given + "k", "onggi_" + std::string(42, 'k') + "!"}) {
    options.admin_key = wrong;
    try {
      const Engine engine(options, clock);
      FAIL() << wrong;
    } catch (const std::runtime_error& error) {
      EXPECT_THAT(error.what(), testing::HasSubstr("ONGGI_ADMIN_KEY"));
      EXPECT_THAT(error.what(), testing::Not(testing::HasSubstr(wrong)));
    }
  }
}

}  // namespace
}  // namespace onggi::app
