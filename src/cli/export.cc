#include "move/export.h"

#include <cerrno>
#include <cstdio>
#include <stdexcept>
#include <system_error>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/move_progress.h"
#include "cli/moved_store.h"
#include "http/descriptor.h"

namespace onggi::cli {
namespace {

// A new file, whole on the disk or not there, or standard output.
class Output {
 public:
  explicit Output(std::string file) : name_(std::move(file)) {
    if (name_ == "-") return;
    file_ = http::Descriptor(::open(name_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (file_.number() < 0) refuse();
  }
  ~Output() {
    if (file_.number() >= 0 && !is_whole_) ::unlink(name_.c_str());
  }
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;

  void write(std::string_view piece) {
    const int number = file_.number() >= 0 ? file_.number() : STDOUT_FILENO;
    while (!piece.empty()) {
      const ssize_t written = ::write(number, piece.data(), piece.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) refuse();
      piece.remove_prefix(static_cast<std::size_t>(written));
    }
  }
  void finish() {
    if (file_.number() >= 0 && ::fsync(file_.number()) != 0) refuse();
    is_whole_ = true;
  }

 private:
  [[noreturn]] void refuse() const {
    throw std::runtime_error(fmt::format("cannot write {}: {}",
                                         name_ == "-" ? "to standard output" : name_,
                                         std::generic_category().message(errno)));
  }

  const std::string name_;
  http::Descriptor file_;
  bool is_whole_ = false;
};

}  // namespace

int run(const Export& command, const config::Settings& settings) {
  MovedStore source(command.from, MovedStore::Use::read_beside_servers, settings.options);
  Output output(command.file);
  MoveProgress progress;
  move::export_all(
      source.database(), SystemClock().now(),
      [&output](std::string_view piece) { output.write(piece); }, progress.report());
  output.finish();
  return 0;
}

}  // namespace onggi::cli
