// Which Idempotency-Keys are being worked on right now.
#pragma once

#include <mutex>
#include <string>
#include <unordered_set>
#include <utility>

namespace onggi::api {

// Thread-safe.
class InFlight {
 public:
  // Held while a request with a key is worked on; false where another holds it.
  class Place {
   public:
    Place(InFlight* owner, std::string name) : owner_(owner), name_(std::move(name)) {}
    Place(Place&& other) noexcept
        : owner_(std::exchange(other.owner_, nullptr)), name_(std::move(other.name_)) {}
    Place& operator=(Place&&) = delete;
    ~Place() {
      if (owner_ != nullptr) owner_->leave(name_);
    }
    explicit operator bool() const { return owner_ != nullptr; }

   private:
    InFlight* owner_;
    std::string name_;
  };

  Place enter(std::string name) {
    const std::lock_guard lock(mutex_);
    const bool is_free = names_.insert(name).second;
    return {is_free ? this : nullptr, std::move(name)};
  }

 private:
  void leave(const std::string& name) {
    const std::lock_guard lock(mutex_);
    names_.erase(name);
  }

  std::mutex mutex_;
  std::unordered_set<std::string> names_;
};

}  // namespace onggi::api
