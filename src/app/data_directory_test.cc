#include "app/data_directory.h"

#include <fstream>
#include <memory>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

namespace onggi::app {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class DataDirectoryTest : public testing::Test {
 protected:
  DataDirectoryTest() { fs::create_directories(root); }
  ~DataDirectoryTest() override { fs::remove_all(root); }

  static std::string refusal(const fs::path& directory) {
    try {
      const DataDirectory opened(directory);
    } catch (const std::runtime_error& error) {
      return error.what();
    }
    return "";
  }

  static mode_t mode(const fs::path& path) {
    struct stat status{};
    return ::stat(path.c_str(), &status) == 0 ? status.st_mode & 0777 : 0;
  }

  fs::path root = fs::path(testing::TempDir()) / fmt::format("onggi-data-{}", ::getpid());
};

TEST_F(DataDirectoryTest, a_new_one_is_its_owners_alone) {
  const DataDirectory directory(root / "a" / "data");
  EXPECT_EQ(mode(root / "a" / "data"), 0700u);
  EXPECT_EQ(mode(directory.places.lock()), 0600u);
}

TEST_F(DataDirectoryTest, a_second_process_is_refused_and_told_who_is_there) {
  auto first = std::make_unique<DataDirectory>(root);
  EXPECT_THAT(refusal(root), HasSubstr(root.string()));
  EXPECT_THAT(refusal(root), HasSubstr(fmt::format("process {}", ::getpid())));
  fs::create_directory_symlink(root, root / "link");
  EXPECT_THAT(refusal(root / "link"), HasSubstr("in use"));
  first.reset();
  EXPECT_EQ(refusal(root), "");
}

TEST_F(DataDirectoryTest, what_cannot_be_one_is_named) {
  std::ofstream(root / "file") << "mine";
  fs::create_symlink(root / "loop", root / "loop");
  for (const fs::path& path :
       {root / "file", root / "file" / "data", root / "loop", fs::path("/proc/onggi-data")})
    EXPECT_THAT(refusal(path), HasSubstr(path.string()));
}

TEST_F(DataDirectoryTest, the_control_socket_has_a_short_address_however_long_the_path_is) {
  const DataDirectory near(root / "near");
  EXPECT_EQ(near.control_address(), near.places.control_socket());
  const DataDirectory far(root / std::string(120, 'x'));
  EXPECT_LT(far.control_address().size(), 108u);
  std::ofstream(far.control_address()) << "here";
  EXPECT_TRUE(fs::exists(far.places.control_socket()));
}

TEST_F(DataDirectoryTest, a_private_file_is_replaced_in_one_step) {
  write_private_file(root / "admin.key", "one\n");
  write_private_file(root / "admin.key", "two\n");
  std::string content;
  std::getline(std::ifstream(root / "admin.key"), content);
  EXPECT_EQ(content, "two");
  EXPECT_EQ(mode(root / "admin.key"), 0600u);
  EXPECT_FALSE(fs::exists(root / "admin.key.new"));
}

}  // namespace
}  // namespace onggi::app
