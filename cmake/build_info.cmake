# cmake -D SOURCE=<repository> -D OUTPUT=<header> -P build_info.cmake
# Writes which commit this is, and touches the header only when that has changed.

execute_process(
  COMMAND git -C ${SOURCE} describe --tags --always --dirty
  OUTPUT_VARIABLE build OUTPUT_STRIP_TRAILING_WHITESPACE
  RESULT_VARIABLE failed ERROR_QUIET)
if(failed OR build STREQUAL "")
  set(build "unknown")
endif()

file(CONFIGURE OUTPUT ${OUTPUT} @ONLY CONTENT [[
// Made by cmake/build_info.cmake.
#pragma once

#include <string_view>

namespace onggi {
inline constexpr std::string_view build = "@build@";
}  // namespace onggi
]])
