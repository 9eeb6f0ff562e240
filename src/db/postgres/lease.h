// A connection of one user for a while.
#pragma once

#include <memory>
#include <utility>

#include "db/postgres/wire.h"

namespace onggi::db::postgres {

// Whose connections they are: an event loop's, or those that all other threads share.
class Owner {
 public:
  virtual ~Owner() = default;
  // Throws Unavailable: the database cannot be reached, too many wait, none came free in time.
  virtual Task<std::unique_ptr<Wire>> take() = 0;
  // Null or broken: its place is free for a new one.
  virtual void give_back(std::unique_ptr<Wire> wire) = 0;
  // The idle ones are of a server that is gone.
  virtual void drop_idle() = 0;
};

class Lease {
 public:
  Lease(Owner& owner, std::unique_ptr<Wire> wire) : owner_(&owner), wire_(std::move(wire)) {}
  Lease(Lease&& other) noexcept
      : owner_(std::exchange(other.owner_, nullptr)), wire_(std::move(other.wire_)) {}
  Lease& operator=(Lease&&) = delete;
  ~Lease() {
    if (owner_ != nullptr) owner_->give_back(std::move(wire_));
  }
  Wire& operator*() const { return *wire_; }
  Wire* operator->() const { return wire_.get(); }

 private:
  Owner* owner_;
  std::unique_ptr<Wire> wire_;
};

}  // namespace onggi::db::postgres
