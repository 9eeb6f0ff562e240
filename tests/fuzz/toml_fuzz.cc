// The options' TOML file, as --config reads it.
#include <stdexcept>

#include <sys/mman.h>
#include <unistd.h>

#include "config/settings.h"
#include "tests/fuzz/fuzz.h"

namespace onggi::fuzz {
namespace {

// A file in memory.
class File {
 public:
  explicit File(std::string_view content) : descriptor_(memfd_create("onggi.toml", MFD_CLOEXEC)) {
    if (descriptor_ < 0 ||
        write(descriptor_, content.data(), content.size()) != static_cast<ssize_t>(content.size()))
      throw std::runtime_error("there is no room for a file in memory");
  }
  ~File() { close(descriptor_); }
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  std::string path() const { return "/proc/self/fd/" + std::to_string(descriptor_); }

 private:
  int descriptor_;
};

void check_line(const std::string& error) {
  hold(!error.empty() && !error.contains('\n'), "an error is one line");
}

std::string without_origins(const config::Settings& settings) {
  return config::to_toml(config::Settings{settings.options, {}});
}

}  // namespace

void try_input(std::string_view input) {
  const File file(input);
  const auto given = config::read_file(file.path());
  if (!given) return check_line(given.error());
  for (const config::Given& one : *given)
    hold(one.option->is_in_file && !one.option->is_secret, "a file sets what files may set");
  const auto settings = config::resolve({}, {{"ONGGI_CONFIG", file.path()}});
  if (!settings) return check_line(settings.error());
  const File shown(config::to_toml(*settings));
  const auto again = config::resolve({}, {{"ONGGI_CONFIG", shown.path()}});
  hold(again.has_value(), "what is shown can be read");
  config::Settings read = *again;
  read.options.config = settings->options.config;
  hold(without_origins(read) == without_origins(*settings), "and is the same");
}

}  // namespace onggi::fuzz
