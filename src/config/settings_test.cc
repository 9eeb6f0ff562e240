#include "config/settings.h"

#include <filesystem>
#include <fstream>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

namespace onggi::config {
namespace {

using testing::HasSubstr;

// A value other than the default, as it is written outside and as `onggi config` shows it.
struct Sample {
  std::string written;
  std::string shown;
};

Sample sample_of(const Option& option) {
  switch (option.type) {
    case Type::integer:
      return {"7", "7"};
    case Type::boolean: {
      const std::string other = shown(option, Options{}) == "true" ? "false" : "true";
      return {other, other};
    }
    case Type::choice:
      return {std::string(option.names.back()), fmt::format("\"{}\"", option.names.back())};
    case Type::texts:
      return {"10.0.0.1:9", "[\"10.0.0.1:9\"]"};
    case Type::text:
      break;
  }
  if (option.name == "timezone") return {"Asia/Seoul", "\"Asia/Seoul\""};
  if (option.check != nullptr) return {"*/5 1-3 * * mon", "\"*/5 1-3 * * mon\""};
  return {"./other", option.is_secret ? "\"********\"" : "\"./other\""};
}

Given flag(std::string_view name, std::vector<std::string> written) {
  const Option* option = find_option(name);
  return {option, std::move(written), flag_of(*option)};
}

class SettingsTest : public testing::Test {
 protected:
  std::string file(std::string_view content) {
    const auto path = std::filesystem::path(testing::TempDir()) /
                      fmt::format("onggi-{}-{}.toml", getpid(),
                                  testing::UnitTest::GetInstance()->current_test_info()->name());
    std::ofstream(path) << content;
    return path.string();
  }
};

TEST_F(SettingsTest, every_option_has_a_default_that_can_be_shown) {
  const Settings settings = resolve({}, {}).value();
  for (const Option& option : all_options()) {
    EXPECT_NE(shown(option, settings.options), sample_of(option).shown) << option.name;
  }
  EXPECT_THAT(to_toml(settings), HasSubstr("listen = [\"127.0.0.1:8420\"]"));
  EXPECT_THAT(to_toml(settings), HasSubstr("# default"));
}

TEST_F(SettingsTest, every_option_comes_from_its_flag) {
  for (const Option& option : all_options()) {
    if (!option.has_flag || option.name == "config") continue;
    const std::vector<Given> flags{flag(option.name, {sample_of(option).written})};
    const Settings settings = resolve(flags, {}).value();
    EXPECT_EQ(shown(option, settings.options), sample_of(option).shown) << option.name;
    EXPECT_EQ(settings.origins.at(&option), flag_of(option));
  }
}

TEST_F(SettingsTest, every_option_comes_from_its_variable) {
  for (const Option& option : all_options()) {
    if (option.name == "config") continue;
    const Settings settings =
        resolve({}, {{variable_of(option), sample_of(option).written}}).value();
    EXPECT_EQ(shown(option, settings.options), sample_of(option).shown) << option.name;
    EXPECT_EQ(settings.origins.at(&option), variable_of(option));
  }
}

TEST_F(SettingsTest, every_option_but_secrets_comes_from_the_file) {
  for (const Option& option : all_options()) {
    const Sample sample = sample_of(option);
    const bool is_bare = option.type == Type::integer || option.type == Type::boolean;
    const std::string path = file(fmt::format(fmt::runtime(is_bare ? "\n{} = {}" : "\n{} = \"{}\""),
                                              option.name, sample.written));
    const auto settings = resolve({}, {{"ONGGI_CONFIG", path}});
    if (!option.is_in_file) {
      EXPECT_THAT(settings.error(), HasSubstr(option.name));
      continue;
    }
    ASSERT_TRUE(settings) << settings.error();
    EXPECT_EQ(shown(option, settings->options), sample.shown) << option.name;
    EXPECT_EQ(settings->origins.at(&option), path + ":2");
  }
}

TEST_F(SettingsTest, a_flag_wins_over_the_environment_and_that_over_the_file) {
  const std::string path = file("workers = 3\nloops = 3\nmax-connections = 3\n");
  const std::vector<Given> flags{flag("config", {path}), flag("workers", {"5"})};
  const Settings settings = resolve(flags, {{"ONGGI_WORKERS", "4"}, {"ONGGI_LOOPS", "4"}}).value();
  EXPECT_EQ(settings.options.workers, 5);
  EXPECT_EQ(settings.options.loops, 4);
  EXPECT_EQ(settings.options.max_connections, 3);
}

TEST_F(SettingsTest, what_is_printed_reads_back) {
  const std::vector<Given> flags{flag("listen", {"127.0.0.1:1", "unix:/a \"b\"\\c"}),
                                 flag("log-requests", {"true"}), flag("log-format", {"json"})};
  const Settings settings = resolve(flags, {{"ONGGI_ADMIN_KEY", "secret"}}).value();
  const std::string path = file(to_toml(settings));
  const Settings again = resolve({}, {{"ONGGI_CONFIG", path}}).value();
  EXPECT_EQ(again.options.listen, settings.options.listen);
  EXPECT_TRUE(again.options.log_requests);
  EXPECT_EQ(again.options.log_format, LogFormat::json);
  EXPECT_THAT(to_toml(settings), Not(HasSubstr("secret")));
}

TEST_F(SettingsTest, a_repeatable_option_is_a_list_everywhere) {
  const std::vector<std::string> two{"a:1", "b:2"};
  const std::vector<Given> flags{flag("listen", two)};
  EXPECT_EQ(resolve(flags, {}).value().options.listen, two);
  EXPECT_EQ(resolve({}, {{"ONGGI_LISTEN", "a:1,b:2"}}).value().options.listen, two);
  EXPECT_EQ(
      resolve({}, {{"ONGGI_CONFIG", file("listen = [\"a:1\", \"b:2\"]")}}).value().options.listen,
      two);
}

TEST_F(SettingsTest, an_empty_value_wins_over_the_file) {
  const std::string path = file("cors-origin = \"https://app.example\"\ntls-cert = \"c.pem\"\n");
  const Settings settings =
      resolve({}, {{"ONGGI_CONFIG", path}, {"ONGGI_CORS_ORIGIN", ""}, {"ONGGI_TLS_CERT", ""}})
          .value();
  EXPECT_TRUE(settings.options.cors_origin.empty());
  EXPECT_EQ(settings.options.tls_cert, "");
}

TEST_F(SettingsTest, mistakes_name_the_option_and_its_bounds) {
  struct Case {
    Environment environment;
    std::vector<std::string> words;
  };
  for (const Case& c : std::vector<Case>{
           {{{"ONGGI_WORKERS", "0"}}, {"ONGGI_WORKERS", "1 to 1024", "'0'"}},
           {{{"ONGGI_LOOPS", "1.5"}}, {"ONGGI_LOOPS", "whole number"}},
           {{{"ONGGI_WRITER_QUEUE", "99999999999999999999"}}, {"ONGGI_WRITER_QUEUE"}},
           {{{"ONGGI_LOG_LEVEL", "loud"}}, {"ONGGI_LOG_LEVEL", "debug, info, warning, error"}},
           {{{"ONGGI_LOG_REQUESTS", "yes"}}, {"ONGGI_LOG_REQUESTS", "true or false"}},
           {{{"ONGGI_LISTEN", ""}}, {"ONGGI_LISTEN", "empty"}},
           {{{"ONGGI_LISTN", "a:1"}}, {"ONGGI_LISTN"}},
           {{{"ONGGI_CONFIG", "/no/such/onggi.toml"}}, {"/no/such/onggi.toml"}},
           {{{"ONGGI_CONFIG", testing::TempDir()}}, {"cannot read"}},
           {{{"ONGGI_CONFIG", file("workers = 0")}}, {".toml:1: workers", "1 to 1024"}},
       }) {
    const auto settings = resolve({}, c.environment);
    ASSERT_FALSE(settings);
    for (const std::string& word : c.words) EXPECT_THAT(settings.error(), HasSubstr(word));
  }
}

TEST_F(SettingsTest, mistakes_in_a_file_name_the_place) {
  for (const auto& [content, word] : std::vector<std::pair<std::string, std::string>>{
           {"listn = 1", "listn"},
           {"[serve]\nworkers = 1", "serve"},
           {"workers = \"2\"", "workers must be a whole number"},
           {"log-requests = 1", "log-requests must be true or false"},
           {"listen = [1]", "listen must be an array of strings"},
           {"data = 5", "data must be a string"},
           {"admin-key = \"x\"", "secret"},
           {"workers = ", "not TOML"},
       }) {
    const std::string path = file(content);
    const auto settings = resolve({}, {{"ONGGI_CONFIG", path}});
    ASSERT_FALSE(settings) << content;
    EXPECT_THAT(settings.error(), HasSubstr(word));
    EXPECT_THAT(settings.error(), HasSubstr(path));
  }
}

TEST_F(SettingsTest, a_mistake_is_told_on_one_line) {
  for (const auto& [content, word] : std::vector<std::pair<std::string, std::string>>{
           {R"("da\nta" = 1)", R"(da\u000ata is no option)"},
           {R"("da\u007Fta" = 1)", R"(da\u007fta is no option)"},
           {R"(log-level = "lo\nud")", R"(not 'lo\u000aud')"},
           {"loops = i\n\n", "not TOML"},
       }) {
    const auto settings = resolve({}, {{"ONGGI_CONFIG", file(content)}});
    ASSERT_FALSE(settings) << content;
    EXPECT_THAT(settings.error(), HasSubstr(word));
    EXPECT_EQ(settings.error().find('\n'), std::string::npos);
  }
}

TEST_F(SettingsTest, an_empty_file_sets_nothing) {
  EXPECT_EQ(resolve({}, {{"ONGGI_CONFIG", file("")}}).value().origins.size(), 1u);
}

TEST_F(SettingsTest, variables_of_kubernetes_are_passed_over) {
  EXPECT_TRUE(resolve(
      {}, {{"ONGGI_SERVICE_HOST", "10.0.0.1"}, {"ONGGI_PORT_8420_TCP", "tcp://10.0.0.1:8420"}}));
}

}  // namespace
}  // namespace onggi::config
