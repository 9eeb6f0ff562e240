#include "cli/moved_store.h"

#include <filesystem>
#include <stdexcept>
#include <system_error>

#include <fmt/format.h>

namespace onggi::cli {
namespace {

constexpr std::int64_t patience_ms = 600'000;  // one statement, on a database that is busy

bool is_url(const std::string& name) {
  return name.starts_with("postgres://") || name.starts_with("postgresql://");
}

config::Options moving(config::Options options) {
  options.statement_timeout_ms = patience_ms;
  options.longest_wait_ms = 0;
  return options;
}

void require_store(const app::Places& places) {
  std::error_code error;
  if (!std::filesystem::exists(places.database(), error))
    throw std::runtime_error(
        fmt::format("there is no store in the data directory {}", places.directory.string()));
}

}  // namespace

MovedStore::MovedStore(const std::string& name, Use use, const config::Options& options) {
  config::Options chosen = moving(options);
  chosen.data = is_url(name) ? std::string() : name;
  chosen.database_url = is_url(name) ? name : std::string();
  const app::Places places(chosen.data);
  if (!is_url(name)) {
    if (use != Use::move_to) require_store(places);
    if (use != Use::read_beside_servers) directory_.emplace(chosen.data);
  }
  storage_ = app::make_storage(chosen, places, registry_);
  if (use == Use::move_to)
    storage_->prepare([] {});
  else
    storage_->prepare_as_it_is();
}

}  // namespace onggi::cli
