#include "auth/authenticator.h"

#include <vector>

namespace onggi::auth {
namespace {

// As it stands in `now`, or not at all.
template <class Map>
void replace(Map& kept, const Map& now, const typename Map::key_type& key) {
  const auto found = now.find(key);
  if (found == now.end())
    kept.erase(key);
  else
    kept.insert_or_assign(key, found->second);
}

}  // namespace

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

bool Authenticator::refresh() {
  std::vector<Sha256> keys;
  std::vector<Uuid> users;
  std::uint64_t generation = 0;
  {
    const std::lock_guard lock(mutex_);
    // Whoever is reading now may be reading what was before.
    generation = ++generation_;
    for (const auto& [hash, principal] : keys_) keys.push_back(hash);
    for (const auto& [user, role] : roles_) users.push_back(user);
  }
  std::unordered_map<Sha256, store::Principal, HashOfHash> keys_now;
  std::unordered_map<Uuid, model::Role> roles_now;
  std::function<Task<bool>(db::Connection&)> look = [&](db::Connection& connection) -> Task<bool> {
    keys_now.clear();
    roles_now.clear();
    for (const Sha256& hash : keys) {
      const std::optional<store::Principal> principal = co_await users_.by_key(connection, hash);
      if (principal) keys_now.emplace(hash, *principal);
    }
    for (const Uuid& user : users) {
      const std::optional<model::Role> role = co_await users_.role(connection, user);
      if (role) roles_now.emplace(user, *role);
    }
    co_return true;
  };
  db::Cost cost;
  run_now(database_.read<bool>(cost, std::move(look)));
  {
    const std::lock_guard lock(mutex_);
    if (generation != generation_) return false;
    // What came in meanwhile was read after the change.
    for (const Sha256& hash : keys) replace(keys_, keys_now, hash);
    for (const Uuid& user : users) replace(roles_, roles_now, user);
  }
  if (forgotten_) forgotten_();
  return true;
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
