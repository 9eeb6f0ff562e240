#include "cli/command_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace onggi::cli {
namespace {

using testing::HasSubstr;

std::expected<CommandLine, Reply> parse(std::vector<const char*> arguments) {
  return read_command_line(arguments);
}

template <class T>
T command(std::vector<const char*> arguments) {
  return std::get<T>(parse(std::move(arguments)).value().command);
}

TEST(CommandLineTest, commands_carry_what_was_written) {
  const auto user =
      command<UserAdd>({"user", "add", "carol", "--role", "admin", "--timezone", "Asia/Seoul"});
  EXPECT_EQ(user.name, "carol");
  EXPECT_EQ(user.role, "admin");
  EXPECT_EQ(user.timezone, "Asia/Seoul");
  EXPECT_TRUE(command<UserRemove>({"user", "remove", "carol", "--erase"}).erase);
  EXPECT_EQ(command<KeyAdd>({"key", "add", "carol", "laptop"}).name, "laptop");
  EXPECT_EQ(command<KeyRevoke>({"key", "revoke", "an-id"}).key, "an-id");
  EXPECT_EQ(command<KeyRevoke>({"key", "revoke", "--user", "carol", "an-id"}).user, "carol");
  EXPECT_EQ(command<Backup>({"backup", "--data", "d", "to.db"}).file, "to.db");
  EXPECT_EQ(command<Demo>({"demo"}).size, "small");
  const auto demo = command<Demo>({"demo", "--size", "bench", "--executions", "10000"});
  EXPECT_EQ(demo.size, "bench");
  EXPECT_EQ(demo.executions, 10'000);
  command<PrintVersion>({"version"});
}

TEST(CommandLineTest, flags_are_handed_on_as_options) {
  const CommandLine line =
      parse({"serve", "--listen", "a:1", "--workers=3", "--listen", "b:2", "--log-requests"})
          .value();
  std::map<std::string, std::vector<std::string>> given;
  for (const config::Given& each : line.flags) given[each.origin] = each.written;
  EXPECT_THAT(given["--listen"], testing::ElementsAre("a:1", "b:2"));
  EXPECT_THAT(given["--workers"], testing::ElementsAre("3"));
  EXPECT_THAT(given["--log-requests"], testing::ElementsAre("true"));
  EXPECT_EQ(given.size(), 3u);
  EXPECT_THAT(parse({"serve", "--log-requests=false"})->flags[0].written,
              testing::ElementsAre("false"));
}

TEST(CommandLineTest, the_server_takes_every_option_that_is_a_flag) {
  const std::string help = parse({"serve", "--help"}).error().text;
  for (const config::Option& option : config::all_options())
    EXPECT_THAT(help, HasSubstr(option.has_flag ? flag_of(option) : variable_of(option)));
}

TEST(CommandLineTest, mistakes_are_named_and_help_is_pointed_to) {
  for (const auto& [arguments, word] :
       std::vector<std::pair<std::vector<const char*>, std::string>>{
           {{"nonsense"}, "nonsense"},
           {{"serve", "--nonsense=1"}, "--nonsense=1"},
           {{"check", "extra"}, "extra"},
           {{"user", "nonsense"}, "nonsense"},
           {{"user", "list", "--listen", "a:1"}, "--listen"},
           {{"serve", "--listen"}, "--listen"},
           {{"backup"}, "FILE"},
           {{"demo", "--size", "huge"}, "huge"},
           {{"demo", "--executions", "0"}, "0"},
       }) {
    const auto line = parse(arguments);
    ASSERT_FALSE(line);
    EXPECT_TRUE(line.error().is_mistake);
    EXPECT_THAT(line.error().text, HasSubstr(word));
    EXPECT_THAT(line.error().text, HasSubstr("--help"));
  }
}

TEST(CommandLineTest, help_is_no_mistake) {
  for (const std::vector<const char*>& arguments : std::vector<std::vector<const char*>>{
           {}, {"--help"}, {"help"}, {"user", "--help"}, {"user", "add", "--help"}}) {
    const auto line = parse(arguments);
    ASSERT_FALSE(line);
    EXPECT_FALSE(line.error().is_mistake);
    EXPECT_THAT(line.error().text, HasSubstr("Usage: onggi"));
  }
  EXPECT_TRUE(parse({"user"}).error().is_mistake);
}

}  // namespace
}  // namespace onggi::cli
