# One static library for each folder of src, one test executable beside it.
#
# Sources are found by name, so a new file needs no line here. A folder that holds none yet is an
# INTERFACE library that only passes on what it uses.

set(onggi_includes ${PROJECT_SOURCE_DIR}/src ${PROJECT_BINARY_DIR}/generated)

# Precompiled headers, as targets of their own: whoever reuses one depends on nothing else.
# Measured: 2.5 s less for each file that includes boost/json.hpp. ccache needs the flag, and
# CCACHE_SLOPPINESS in the presets.
add_library(onggi_precompiled OBJECT cmake/precompiled.cc)
target_precompile_headers(onggi_precompiled PRIVATE cmake/precompiled.h)
target_link_libraries(onggi_precompiled PRIVATE Boost::json fmt::fmt)

add_library(onggi_precompiled_tests OBJECT EXCLUDE_FROM_ALL cmake/precompiled.cc)
target_precompile_headers(onggi_precompiled_tests PRIVATE cmake/precompiled_tests.h)
target_link_libraries(onggi_precompiled_tests
  PRIVATE Boost::json fmt::fmt GTest::gmock rapidcheck_gtest)

foreach(target IN ITEMS onggi_precompiled onggi_precompiled_tests)
  target_compile_options(${target} PRIVATE "SHELL:-Xclang -fno-pch-timestamp")
endforeach()

# onggi_library(<folder> USES <targets...> [GENERATED <sources...>]) -> onggi_<folder>
function(onggi_library folder)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "USES;GENERATED")
  set(target onggi_${folder})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/${folder}/*.cc)
  list(FILTER sources EXCLUDE REGEX "_test\\.cc$")
  list(APPEND sources ${arg_GENERATED})

  if(sources)
    set(scope PUBLIC)
    add_library(${target} STATIC ${sources})
    if(NOT folder STREQUAL base)  # base stands below json
      target_precompile_headers(${target} REUSE_FROM onggi_precompiled)
    endif()
  else()
    set(scope INTERFACE)
    add_library(${target} INTERFACE)
  endif()
  target_include_directories(${target} ${scope} ${onggi_includes})
  target_link_libraries(${target} ${scope} ${arg_USES} Threads::Threads)
endfunction()

# onggi_executable(<name> <source> USES <targets...>) -> <build>/<name>, once the source exists
function(onggi_executable name source)
  cmake_parse_arguments(PARSE_ARGV 2 arg "" "" "USES")
  file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/${source})
  if(sources)
    add_executable(${name} ${sources})
    target_link_libraries(${name} PRIVATE ${arg_USES})
  endif()
endfunction()

add_custom_target(onggi_tests COMMENT "Every test executable")

# onggi_tests(<name> <folder> USES <targets...> [SHARDS <n>]) -> <build>/tests/<name>, once *_test.cc exist
# One CTest entry for each executable: asking every binary for its cases would slow the build. One that
# takes long has several, each with a part of its cases.
function(onggi_tests name folder)
  cmake_parse_arguments(PARSE_ARGV 2 arg "" "SHARDS" "USES")
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/${folder}/*.cc)
  if(NOT folder MATCHES "^tests/")
    list(FILTER sources INCLUDE REGEX "_test\\.cc$")
  endif()
  if(NOT sources)
    return()
  endif()
  add_executable(${name} ${sources})
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests UNITY_BUILD_BATCH_SIZE 4)
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR})  # #include "tests/..."
  target_precompile_headers(${name} REUSE_FROM onggi_precompiled_tests)
  target_link_libraries(${name} PRIVATE
    ${arg_USES} GTest::gmock_main rapidcheck_gtest rapidcheck_gmock Boost::json fmt::fmt)
  # A third of the time goes into making tests quick, which run for a moment.
  target_compile_options(${name} PRIVATE $<$<CONFIG:RelWithDebInfo>:-O1> $<$<CONFIG:RelWithDebInfo>:-g1>)
  if(NOT arg_SHARDS)
    set(arg_SHARDS 1)
  endif()
  foreach(shard RANGE 1 ${arg_SHARDS})
    set(case ${name})
    if(arg_SHARDS GREATER 1)
      string(APPEND case " ${shard}")
    endif()
    math(EXPR index "${shard} - 1")
    add_test(NAME "${case}" COMMAND ${name} WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
    set_tests_properties("${case}" PROPERTIES
      ENVIRONMENT "GTEST_TOTAL_SHARDS=${arg_SHARDS};GTEST_SHARD_INDEX=${index}")
  endforeach()
  add_dependencies(onggi_tests ${name})
endfunction()

# onggi_fuzz_targets(<folder> USES <targets...>) -> <build>/<name>_fuzz for each <name>_fuzz.cc of
# the folder, in the `address` preset alone; target onggi_fuzz_targets is all of them.
function(onggi_fuzz_targets folder)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "USES")
  if(NOT ONGGI_SANITIZE STREQUAL "address")
    return()
  endif()
  add_custom_target(onggi_fuzz_targets COMMENT "Every fuzz target")
  file(GLOB shared CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/${folder}/*.cc)
  file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/${folder}/*_fuzz.cc)
  list(REMOVE_ITEM shared ${sources})
  add_library(onggi_fuzz STATIC EXCLUDE_FROM_ALL ${shared})
  target_precompile_headers(onggi_fuzz REUSE_FROM onggi_precompiled)
  target_include_directories(onggi_fuzz PUBLIC ${PROJECT_SOURCE_DIR})  # #include "tests/..."
  target_link_libraries(onggi_fuzz PUBLIC ${arg_USES})
  foreach(source IN LISTS sources)
    cmake_path(GET source STEM name)
    add_executable(${name} EXCLUDE_FROM_ALL ${source})
    target_precompile_headers(${name} REUSE_FROM onggi_precompiled)
    target_link_libraries(${name} PRIVATE onggi_fuzz -fsanitize=fuzzer)
    add_dependencies(onggi_fuzz_targets ${name})
  endforeach()
endfunction()
