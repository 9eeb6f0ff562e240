// What a new store begins with: user admin and a key.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "app/data_directory.h"
#include "base/clock.h"
#include "db/database.h"
#include "store/users.h"

namespace onggi::app {

// Where the store has no users yet, makes user admin and its key in one transaction. The key is
// `given_key`, or one of ours where that is empty: ours is written to admin.key before the
// transaction, so that it is never lost, and returned, to be shown once. nullopt: there was nothing
// to do, or nothing to show. Throws std::runtime_error if `given_key` is no key.
std::optional<std::string> first_start(db::Database& database, const store::Users& users,
                                       const Places& places, std::string_view given_key, Time now);

}  // namespace onggi::app
