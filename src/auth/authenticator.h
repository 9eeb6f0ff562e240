// Who is calling: API keys to principals, kept in memory.
//
// On the embedded store this server is the only writer, so that what is kept is always right:
// whatever changes a key, a role or a user calls forget() in its after_commit. What was read before
// such a change is not kept after it (a generation counts them). Where other servers write to the
// same database, what is kept is used only while somebody confirms, again and again, that no key
// and no user has changed: a revoked key works nowhere after a second.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "base/secret.h"
#include "db/database.h"
#include "store/users.h"

namespace onggi::auth {

inline constexpr std::size_t kept_max = 10'000;  // beyond: the memory starts anew
inline constexpr std::chrono::milliseconds confirmed_for{900};

class Authenticator {
 public:
  Authenticator(db::Database& database, const store::Users& users)
      : database_(database), users_(users) {}

  // The principal of an API key; nullopt for a key that is unknown or revoked. At most one
  // statement; none where it is kept.
  Task<std::optional<store::Principal>> by_key(db::Cost& cost, std::string_view key);

  // The same by the key's hash, for who has to ask again later.
  Task<std::optional<store::Principal>> by_hash(db::Cost& cost, Sha256 hash);

  // The role of a user, for whom an admin acts; nullopt if there is none.
  Task<std::optional<model::Role>> role(db::Cost& cost, Uuid user);

  // Thread-safe and quick: call it from after_commit.
  void forget();
  // From now on what is kept is used for `confirmed_for` after a confirmation at most.
  void require_confirmation() { is_confirmed_until_ = Steady::time_point{}; }
  // Looks anew at everything that is kept. False: it was forgotten meanwhile; ask again. Blocks;
  // not for event loops.
  bool refresh();
  // Nothing that is kept had changed at `asked` (else refresh() came first).
  // Thread-safe.
  void confirm(std::chrono::steady_clock::time_point asked) {
    is_confirmed_until_ = asked + confirmed_for;
  }

  // Another number after every forget(): while it is the same, so are keys and roles.
  std::uint64_t generation() const { return generation_; }
  // Called at the end of every forget(). To be set before there are any.
  void on_forget(std::function<void()> forgotten) { forgotten_ = std::move(forgotten); }

 private:
  using Steady = std::chrono::steady_clock;

  bool is_confirmed() const {
    const Steady::time_point until = is_confirmed_until_;
    return until == Steady::time_point::max() || Steady::now() < until;
  }

  struct HashOfHash {
    std::size_t operator()(const Sha256& hash) const noexcept {
      std::size_t value;
      static_assert(sizeof(value) <= sizeof(hash));
      __builtin_memcpy(&value, hash.data(), sizeof(value));
      return value;
    }
  };

  db::Database& database_;
  const store::Users& users_;
  std::mutex mutex_;
  std::atomic<std::uint64_t> generation_ = 0;
  std::atomic<Steady::time_point> is_confirmed_until_ = Steady::time_point::max();
  std::unordered_map<Sha256, store::Principal, HashOfHash> keys_;
  std::unordered_map<Uuid, model::Role> roles_;
  std::function<void()> forgotten_;
};

}  // namespace onggi::auth
