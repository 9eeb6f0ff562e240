#include "base/secret.h"

#include <thread>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace onggi {
namespace {

std::string hex(const Sha256& hash) {
  std::string out;
  for (const std::uint8_t byte : hash) {
    out += "0123456789abcdef"[byte >> 4];
    out += "0123456789abcdef"[byte & 15];
  }
  return out;
}

bool decodes(std::string_view text) {
  std::string out;
  return decode_base64url(text, out);
}

TEST(Secret, sha256_is_that_of_fips_180) {
  EXPECT_EQ(hex(sha256("")), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(hex(sha256("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(hex(sha256(std::string(1'000'000, 'a'))),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
  std::string elsewhere;
  std::thread([&] { elsewhere = hex(sha256("abc")); }).join();
  EXPECT_EQ(elsewhere, hex(sha256("abc")));
}

TEST(Secret, base64url_is_that_of_rfc_4648_without_padding) {
  EXPECT_EQ(base64url(""), "");
  EXPECT_EQ(base64url("f"), "Zg");
  EXPECT_EQ(base64url("fo"), "Zm8");
  EXPECT_EQ(base64url("foo"), "Zm9v");
  EXPECT_EQ(base64url("foobar"), "Zm9vYmFy");
  EXPECT_EQ(base64url("\xFB\xFF\xFE"), "-__-");
}

TEST(Secret, only_the_canonical_spelling_decodes) {
  EXPECT_TRUE(decodes(""));
  EXPECT_TRUE(decodes("Zg"));
  for (const char* text :
       {"Z", "Zh", "Zm9", "Zg==", "Zg=", "Zm9v\n", " Zm9v", "+//+", "Zm9vY", "Zm\xC3\xA9"})
    EXPECT_FALSE(decodes(text)) << text;
}

RC_GTEST_PROP(Secret, bytes_come_back_from_their_spelling, (const std::string& bytes)) {
  std::string back;
  RC_ASSERT(decode_base64url(base64url(bytes), back));
  RC_ASSERT(back == bytes);
}

RC_GTEST_PROP(Secret, what_decodes_is_spelled_that_way, ()) {
  const auto text = *rc::gen::container<std::string>(rc::gen::elementOf(std::string("AQZgw09-_=")));
  std::string bytes;
  if (decode_base64url(text, bytes)) RC_ASSERT(base64url(bytes) == text);
}

TEST(Secret, api_keys_are_256_random_bits_in_base64url) {
  const std::string key = make_api_key();
  EXPECT_TRUE(key.starts_with("onggi_"));
  std::string bytes;
  EXPECT_TRUE(decode_base64url(std::string_view(key).substr(6), bytes));
  EXPECT_EQ(bytes.size(), 32u);
  EXPECT_NE(key, make_api_key());
}

}  // namespace
}  // namespace onggi
