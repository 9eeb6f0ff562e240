#include <stdexcept>

#include "cli/commands.h"

namespace onggi::cli {

int run(const Demo&, const config::Settings&) { throw std::runtime_error("not yet"); }

}  // namespace onggi::cli
