#include "move/import.h"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <system_error>

#include <fmt/format.h>

#include "cli/commands.h"
#include "cli/move_progress.h"
#include "cli/moved_store.h"

namespace onggi::cli {
namespace {

// Far more than a row can be: what is longer is no export.
constexpr std::size_t line_max = std::size_t{1} << 30;

struct Closer {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

class Input {
 public:
  explicit Input(std::string file) : name_(std::move(file)) {
    if (name_ == "-") return;
    file_.reset(std::fopen(name_.c_str(), "re"));
    if (!file_) refuse();
  }

  bool next(std::string& line) {
    std::FILE* const file = file_ ? file_.get() : stdin;
    line.clear();
    while (std::fgets(piece_.data(), static_cast<int>(piece_.size()), file) != nullptr) {
      line += piece_.data();
      if (line.ends_with('\n')) {
        line.pop_back();
        return true;
      }
      if (line.size() > line_max)
        throw std::runtime_error(fmt::format("{} has a line that is too long", name_));
    }
    if (std::ferror(file) != 0) refuse();
    return !line.empty();
  }

 private:
  [[noreturn]] void refuse() const {
    throw std::runtime_error(
        fmt::format("cannot read {}: {}", name_, std::generic_category().message(errno)));
  }

  const std::string name_;
  std::unique_ptr<std::FILE, Closer> file_;
  std::string piece_ = std::string(std::size_t{1} << 16, '\0');
};

}  // namespace

int run(const Import& command, const config::Settings& settings) {
  Input input(command.file);
  MovedStore target(command.to, MovedStore::Use::move_to, settings.options);
  MoveProgress progress;
  move::import_all([&input](std::string& line) { return input.next(line); }, target.database(),
                   progress.report());
  fmt::print(stderr, "imported and checked\n");
  return 0;
}

}  // namespace onggi::cli
