#include "base/pack.h"

#include <gtest/gtest.h>

namespace onggi {
namespace {

TEST(Pack, what_is_short_stays_as_it_is) {
  const std::string text(pack_min_bytes, 'a');
  EXPECT_EQ(pack(text), text);
  EXPECT_EQ(pack(""), "");
}

TEST(Pack, what_is_long_gets_smaller_and_comes_back) {
  for (const std::size_t size : {pack_min_bytes + 1, std::size_t{1} << 20}) {
    std::string text;
    while (text.size() < size) text += "기억 and what was said ";
    const std::string packed = pack(text);
    EXPECT_LT(packed.size(), text.size() / 2);
    EXPECT_TRUE(is_packed(packed));
    EXPECT_EQ(unpack(packed), text);
  }
}

TEST(Pack, what_would_not_get_smaller_stays_as_it_is) {
  std::string noise;
  std::uint64_t state = 1;
  while (noise.size() < 4'000) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    noise += static_cast<char>(state >> 57);
    noise += static_cast<char>(state >> 49 & 0x7F);
  }
  EXPECT_EQ(unpack(pack(noise)), noise);
}

TEST(Pack, a_damaged_frame_is_told) {
  std::string packed = pack(std::string(5'000, 'x'));
  packed.resize(packed.size() - 3);
  EXPECT_THROW(unpack(packed), std::runtime_error);
}

}  // namespace
}  // namespace onggi
