// Parsed once instead of in every file: what most files include and what takes long to parse. A
// file still includes all that it uses, as if this did not exist; `make lint` builds
// without it, so that a forgotten #include shows.
#pragma once

#include <algorithm>
#include <chrono>
#include <expected>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <boost/json.hpp>
#include <fmt/format.h>
