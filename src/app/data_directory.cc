#include "app/data_directory.h"

#include <array>
#include <cerrno>
#include <stdexcept>
#include <system_error>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace onggi::app {
namespace {

namespace fs = std::filesystem;

std::string reason() {
  return std::generic_category().message(errno);
}

[[noreturn]] void refuse(const fs::path& directory, std::string_view why) {
  throw std::runtime_error(
      fmt::format("cannot use the data directory {}: {}", directory.string(), why));
}

void make(const fs::path& directory) {
  std::error_code error;
  if (fs::is_directory(directory, error)) return;
  error.clear();
  if (directory.has_parent_path()) fs::create_directories(directory.parent_path(), error);
  if (error) refuse(directory, error.message());
  if (::mkdir(directory.c_str(), 0700) != 0 && errno != EEXIST) refuse(directory, reason());
}

http::Descriptor open_made(const fs::path& directory) {
  http::Descriptor opened = open_directory(directory);
  if (opened.number() < 0) refuse(directory, reason());
  return opened;
}

std::string read_pid(const http::Descriptor& lock) {
  std::array<char, 32> text{};
  const ssize_t size = ::pread(lock.number(), text.data(), text.size(), 0);
  std::string pid(text.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
  while (pid.ends_with('\n')) pid.pop_back();
  return pid.empty() ? "unknown" : pid;
}

http::Descriptor take_lock(const Places& places) {
  http::Descriptor lock(::open(places.lock().c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (lock.number() < 0) refuse(places.directory, reason());
  if (::flock(lock.number(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) refuse(places.directory, reason());
    refuse(places.directory,
           fmt::format("it is in use by another onggi, process {}", read_pid(lock)));
  }
  const std::string pid = fmt::format("{}\n", ::getpid());
  const bool is_written =
      ::ftruncate(lock.number(), 0) == 0 &&
      ::pwrite(lock.number(), pid.data(), pid.size(), 0) == static_cast<ssize_t>(pid.size());
  if (!is_written) refuse(places.directory, reason());
  return lock;
}

void write_all(const http::Descriptor& file, std::string_view content, const fs::path& name) {
  while (!content.empty()) {
    const ssize_t written = ::write(file.number(), content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0)
      throw std::runtime_error(fmt::format("cannot write {}: {}", name.string(), reason()));
    content.remove_prefix(static_cast<std::size_t>(written));
  }
}

}  // namespace

DataDirectory::DataDirectory(fs::path directory)
    : places((make(directory), std::move(directory))),
      directory_(open_made(places.directory)),
      lock_(take_lock(places)) {}

std::string DataDirectory::control_address() const {
  return app::control_address(places, directory_);
}

std::string control_address(const Places& places, const http::Descriptor& directory) {
  std::string path = places.control_socket().string();
  if (path.size() < sizeof(sockaddr_un::sun_path)) return path;
  return fmt::format("/proc/self/fd/{}/{}", directory.number(),
                     places.control_socket().filename().string());
}

http::Descriptor open_directory(const fs::path& directory) {
  return http::Descriptor(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

void write_private_file(const fs::path& file, std::string_view content) {
  const fs::path fresh = file.string() + ".new";
  {
    const http::Descriptor opened(
        ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
    if (opened.number() < 0)
      throw std::runtime_error(fmt::format("cannot write {}: {}", fresh.string(), reason()));
    write_all(opened, content, fresh);
    if (::fsync(opened.number()) != 0 || ::rename(fresh.c_str(), file.c_str()) != 0)
      throw std::runtime_error(fmt::format("cannot write {}: {}", file.string(), reason()));
  }
  const http::Descriptor directory = open_directory(file.parent_path());
  if (directory.number() < 0 || ::fsync(directory.number()) != 0)
    throw std::runtime_error(fmt::format("cannot write {}: {}", file.string(), reason()));
}

}  // namespace onggi::app
