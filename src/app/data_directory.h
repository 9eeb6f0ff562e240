// The data directory: what lies where in it, and that one process at a time works on it.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "http/descriptor.h"

namespace onggi::app {

// Names alone; nothing needs to be there.
struct Places {
  explicit Places(std::filesystem::path path) : directory(std::move(path)) {}

  std::filesystem::path directory;
  std::filesystem::path database() const { return directory / "onggi.db"; }
  std::filesystem::path lock() const { return directory / "onggi.lock"; }
  std::filesystem::path control_socket() const { return directory / "onggi.sock"; }
  std::filesystem::path admin_key() const { return directory / "admin.key"; }
  std::filesystem::path demo_marker() const { return directory / "demo"; }
};

// The directory made (mode 0700) and locked for the life of the object; the kernel lets go of the
// lock with the process, however it ends. Throws std::runtime_error that names the directory: it
// cannot be made or written, or another process (named) works on it.
class DataDirectory {
 public:
  explicit DataDirectory(std::filesystem::path directory);

  const Places places;

  // A path to the control socket that is short enough for a socket's address however long the
  // directory's is; good as long as this object lives.
  std::string control_address() const;

 private:
  http::Descriptor directory_;
  http::Descriptor lock_;
};

// Where a client finds the control socket; `directory` must stay open while it connects.
std::string control_address(const Places& places, const http::Descriptor& directory);
// Opens the directory itself; a negative number if it is not there.
http::Descriptor open_directory(const std::filesystem::path& directory);

// Makes the file, or replaces it in one step, with mode 0600 and on the disk when this returns.
// Throws std::runtime_error.
void write_private_file(const std::filesystem::path& file, std::string_view content);

}  // namespace onggi::app
