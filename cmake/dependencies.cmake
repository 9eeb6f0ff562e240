# Libraries from Debian 12 (tools/install-packages.sh). Their headers count as system headers,
# so that our warnings stay ours.

find_package(Threads REQUIRED)
find_package(Boost 1.81 REQUIRED COMPONENTS json url)
find_package(OpenSSL REQUIRED)
find_package(SQLite3 REQUIRED)
find_package(PostgreSQL REQUIRED)  # libpq
find_package(ZLIB REQUIRED)
find_package(ICU REQUIRED COMPONENTS uc)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(date REQUIRED)
find_package(tomlplusplus REQUIRED)
find_package(CLI11 REQUIRED)
find_package(GTest REQUIRED)
find_package(rapidcheck REQUIRED)

# xxHash and zstd come without a CMake package.
find_library(ZSTD_LIBRARY zstd REQUIRED)
add_library(zstd INTERFACE)
target_link_libraries(zstd INTERFACE ${ZSTD_LIBRARY})
find_library(XXHASH_LIBRARY xxhash REQUIRED)
add_library(xxhash INTERFACE)
target_link_libraries(xxhash INTERFACE ${XXHASH_LIBRARY})

# Asio and Beast are compiled once, in src/http/boost_impl.cc. Whoever includes their headers must
# see these definitions, or the two halves disagree.
add_library(asio INTERFACE)
target_compile_definitions(asio INTERFACE
  BOOST_ASIO_NO_DEPRECATED BOOST_ASIO_SEPARATE_COMPILATION BOOST_BEAST_SEPARATE_COMPILATION)
target_link_libraries(asio INTERFACE Boost::headers Threads::Threads)
