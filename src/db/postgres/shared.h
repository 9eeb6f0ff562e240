// The connections of threads that may block: workers, commands, tests.
#pragma once

#include <condition_variable>
#include <mutex>
#include <vector>

#include "db/postgres/connector.h"
#include "db/postgres/lease.h"

namespace onggi::db::postgres {

// Thread-safe.
class SharedConnections final : public Owner {
 public:
  // At most `most_idle` stay open when they are not used.
  SharedConnections(Connector& connector, std::size_t most, std::size_t most_idle,
                    std::size_t most_waiting)
      : connector_(connector), most_(most), most_idle_(most_idle), most_waiting_(most_waiting) {}

  // Is done when it returns.
  Task<std::unique_ptr<Wire>> take() override;
  void give_back(std::unique_ptr<Wire> wire) override;
  void drop_idle() override;

 private:
  Connector& connector_;
  const std::size_t most_;
  const std::size_t most_idle_;
  const std::size_t most_waiting_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::unique_ptr<Wire>> idle_;
  std::size_t open_ = 0;  // those in use and those being made included
  std::size_t waiting_ = 0;
};

}  // namespace onggi::db::postgres
