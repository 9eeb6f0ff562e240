#include "store/id_list.h"

#include <algorithm>

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

namespace onggi::store {
namespace {

TEST(IdList, no_ids_are_no_bytes) {
  EXPECT_EQ(write_ids({}), "");
  EXPECT_TRUE(read_ids("").empty());
}

RC_GTEST_PROP(IdList, comes_back_as_it_was, ()) {
  const auto raw = *rc::gen::container<std::vector<std::vector<std::uint8_t>>>(
      rc::gen::container<std::vector<std::uint8_t>>(16, rc::gen::arbitrary<std::uint8_t>()));
  std::vector<Uuid> ids;
  for (const auto& bytes : raw) std::ranges::copy(bytes, ids.emplace_back().bytes.begin());
  std::ranges::sort(ids);
  RC_ASSERT(read_ids(write_ids(ids)) == ids);
}

TEST(IdList, neighbours_take_a_byte_each) {
  std::vector<Uuid> ids(100, Uuid::v7(Time{1'795'000'000'000}));
  for (std::size_t i = 0; i < ids.size(); ++i) {
    ids[i] = ids[0];
    ids[i].bytes[15] = static_cast<std::uint8_t>(i);
  }
  EXPECT_EQ(write_ids(ids).size(), 16 + 99);
  EXPECT_EQ(read_ids(write_ids(ids)), ids);
}

TEST(IdList, damage_is_told) {
  EXPECT_THROW(read_ids("short"), std::runtime_error);
  EXPECT_THROW(read_ids(std::string(16, 'a') + '\x80'), std::runtime_error);
  EXPECT_THROW(read_ids(std::string(16, 'a') + std::string(40, '\x80')), std::runtime_error);
}

}  // namespace
}  // namespace onggi::store
