// Which database the server works on: the one place that names the drivers.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "app/data_directory.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/metrics.h"
#include "config/options.h"
#include "db/database.h"

namespace onggi::app {

// For how long behind and ahead of now there is to be room for executions.
inline constexpr std::int64_t room_ahead_ms = 62 * day_ms;
inline constexpr std::int64_t room_behind_ms = 31 * day_ms;

class Storage {
 public:
  virtual ~Storage() = default;

  virtual db::Database& database() = 0;
  // Brings the schema up to date and then calls `first`; of several servers that start together on
  // one database one at a time. Throws Unavailable where the database cannot be reached yet, and
  // std::runtime_error with a message for the user where it cannot be used.
  virtual void prepare(const std::function<void()>& first) = 0;
  // As prepare() without changing anything: std::runtime_error where it is not up to date.
  virtual void prepare_as_it_is() = 0;
  // Whether it is still one that this server may work on: std::runtime_error with a message for the
  // user where it is not. Blocks. Throws Unavailable.
  virtual void look_again() {}
  // Ends what is under way, and what waits: the server stops, and has waited long enough.
  virtual void give_up() {}
  // Why it cannot serve right now; nullopt: it can. Blocks for as long as it takes to find out.
  virtual std::optional<Trouble> trouble() = 0;
  // What the database itself finds wrong, a line each; empty: nothing.
  virtual std::string damage() = 0;
  // Brings what was committed to where it belongs, so that room that was given up goes back to the
  // file system. Blocks, but nobody else for more than a moment.
  virtual void settle() {}
  // How often anything was written; nullopt: others may write as well, and nobody here knows.
  virtual std::optional<std::uint64_t> commits() const { return std::nullopt; }
  // The same of what is more than executions and what is made of them.
  virtual std::optional<std::uint64_t> changes() const { return std::nullopt; }
  // Room for what executions of these times need.
  virtual void make_room(Time, Time) {}
};

// The embedded store in the data directory, or what --database-url names. Throws std::runtime_error
// with a message for the user.
std::unique_ptr<Storage> make_storage(const config::Options& options, const Places& places,
                                      Registry& registry);

}  // namespace onggi::app
