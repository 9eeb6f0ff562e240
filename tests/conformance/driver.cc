#include "tests/conformance/driver.h"

#include "db/sqlite/sqlite.h"
#include "tests/temporary_directory.h"

namespace onggi::conformance {
namespace {

class SqliteDriver final : public Driver {
 public:
  std::string_view name() const override { return "sqlite"; }
  std::string_view bytes_type() const override { return "blob"; }

  Store make(const db::Schema& schema, Bounds bounds, Registry& registry) const override {
    db::SqliteOptions options;
    options.waiting_writes = bounds.waiting_writes;
    options.long_reads = bounds.long_reads;
    auto directory = std::make_shared<TemporaryDirectory>();
    auto database =
        std::make_unique<db::Sqlite>(directory->path() / "onggi.db", schema, options, registry);
    return {directory, std::move(database)};
  }
};

}  // namespace

std::vector<const Driver*> drivers() {
  static const SqliteDriver sqlite;
  return {&sqlite};
}

}  // namespace onggi::conformance
