// Answers kept for repeated POSTs (Idempotency-Key), in the transaction of their effect.
#pragma once

#include "base/secret.h"
#include "db/database.h"

namespace onggi::store {

struct KeptAnswer {
  Sha256 request_hash{};
  std::int64_t status = 0;
  std::string location;  // empty: none
  std::string etag;      // empty: none
  std::string body;
};

inline constexpr std::int64_t idempotency_kept_ms = day_ms;

class Idempotency {
 public:
  // The answer that was kept for (user, path, key) less than 24 h before `now`.
  Task<std::optional<KeptAnswer>> find(db::Connection& connection, Uuid user, std::string path,
                                       std::string key, Time now) const;
  // In the transaction of the effect. Removes a few expired ones.
  Task<void> keep(db::Connection& connection, Uuid user, std::string path, std::string key,
                  KeptAnswer answer, Time now) const;
};

}  // namespace onggi::store
