# How every file of onggi is compiled. Clang only: GCC 12 miscompiles coroutines.

if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  message(FATAL_ERROR "onggi is built with clang++-19: use a preset, e.g. `cmake --preset release`")
endif()

set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_ARCHIVE_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/lib)

# The sanitizer builds keep assert() and want line numbers, not variables: half the build time.
set(CMAKE_CXX_FLAGS_DEBUG "-O1 -gline-tables-only")

add_compile_options(
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror
  -Wno-sign-conversion                      # indices: more casts than mistakes
  -Wno-missing-designated-field-initializers  # records have defaults; naming a few fields is the point
  -Wno-deprecated-declarations              # libstdc++ 12 deprecates what its own stable_sort uses; clang blames the caller
  -fno-omit-frame-pointer)                  # profiles and stack traces of the running server
add_link_options(-fuse-ld=lld)
if(CMAKE_UNITY_BUILD)
  # Several files are compiled as one: what is local to one may well shadow what is local to another.
  # The release build tells of what shadows within a file.
  add_compile_options(-Wno-shadow)
endif()

set(ONGGI_SANITIZE "" CACHE STRING "address (with undefined, and instrumented for libFuzzer), thread, or empty")
if(ONGGI_SANITIZE STREQUAL "address")
  set(sanitizers -fsanitize=address,undefined,fuzzer-no-link -fno-sanitize-recover=all)
elseif(ONGGI_SANITIZE STREQUAL "thread")
  set(sanitizers -fsanitize=thread)
elseif(NOT ONGGI_SANITIZE STREQUAL "")
  message(FATAL_ERROR "ONGGI_SANITIZE is address, thread or empty, not '${ONGGI_SANITIZE}'")
endif()
if(ONGGI_SANITIZE)
  add_compile_options(${sanitizers} -D_GLIBCXX_ASSERTIONS)
  add_link_options(${sanitizers})
endif()
