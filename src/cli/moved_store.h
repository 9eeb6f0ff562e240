// A store that is moved from or to, as it is named on the command line.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "app/data_directory.h"
#include "app/storage.h"
#include "base/metrics.h"
#include "config/options.h"

namespace onggi::cli {

class MovedStore {
 public:
  enum class Use {
    read_beside_servers,  // changes nothing
    move_from,            // a data directory is locked: it must not be served
    move_to,              // the same, and made where there is none; so is a database's schema
  };
  // `name` is a data directory or a URL of PostgreSQL. Throws std::runtime_error for the user.
  MovedStore(const std::string& name, Use use, const config::Options& options);

  db::Database& database() { return storage_->database(); }

 private:
  Registry registry_;
  std::optional<app::DataDirectory> directory_;
  std::unique_ptr<app::Storage> storage_;
};

}  // namespace onggi::cli
