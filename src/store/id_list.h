// Many ids in few bytes: the first as it is, then differences, ascending.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/uuid.h"

namespace onggi::store {

// `ids` ascend. Differences in groups of seven bits, the lowest first, the eighth bit says that
// more follow.
std::string write_ids(const std::vector<Uuid>& ids);
// Throws std::runtime_error for what write_ids() has not written.
std::vector<Uuid> read_ids(std::string_view bytes);

}  // namespace onggi::store
