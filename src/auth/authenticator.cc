#include "auth/authenticator.h"

namespace onggi::auth {

Task<std::optional<store::Principal>> Authenticator::by_key(db::Cost& cost, std::string_view key) {
  return by_hash(cost, sha256(key));
}

Task<std::optional<store::Principal>> Authenticator::by_hash(db::Cost& cost, Sha256 hash) {
  std::uint64_t generation = 0;
  {
    const std::lock_guard lock(mutex_);
    const auto kept = keys_.find(hash);
    if (kept != keys_.end() && is_confirmed()) co_return kept->second;
    generation = generation_;
  }
  std::function<Task<std::optional<store::Principal>>(db::Connection&)> find =
      [this, hash](db::Connection& connection) { return users_.by_key(connection, hash); };
  const std::optional<store::Principal> principal =
      co_await database_.read_one<std::optional<store::Principal>>(cost, std::move(find));
  if (principal) {
    const std::lock_guard lock(mutex_);
    if (keys_.size() >= kept_max) keys_.clear();
    if (generation == generation_) keys_.insert_or_assign(hash, *principal);
  }
  co_return principal;
}

Task<std::optional<model::Role>> Authenticator::role(db::Cost& cost, Uuid user) {
  std::uint64_t generation = 0;
  {
    const std::lock_guard lock(mutex_);
    const auto kept = roles_.find(user);
    if (kept != roles_.end() && is_confirmed()) co_return kept->second;
    generation = generation_;
  }
  std::function<Task<std::optional<model::Role>>(db::Connection&)> find =
      [this, user](db::Connection& connection) { return users_.role(connection, user); };
  const std::optional<model::Role> role =
      co_await database_.read_one<std::optional<model::Role>>(cost, std::move(find));
  if (role) {
    const std::lock_guard lock(mutex_);
    if (roles_.size() >= kept_max) roles_.clear();
    if (generation == generation_) roles_.insert_or_assign(user, *role);
  }
  co_return role;
}

void Authenticator::forget() {
  {
    const std::lock_guard lock(mutex_);
    ++generation_;
    keys_.clear();
    roles_.clear();
  }
  if (forgotten_) forgotten_();
}

}  // namespace onggi::auth
