#include "cache/pages.h"

#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace onggi::cache {
namespace {

std::shared_ptr<const Page> page(std::string body) {
  return std::make_shared<const Page>(std::move(body), "\"1\"");
}

class PagesTest : public testing::Test {
 protected:
  Registry registry_;
  Pages pages_{1 << 20, registry_};
};

TEST_F(PagesTest, what_was_put_is_got_until_something_changes) {
  EXPECT_EQ(pages_.get("a", pages_.stamp()), nullptr);
  pages_.put("a", page("one"), pages_.stamp());
  ASSERT_NE(pages_.get("a", pages_.stamp()), nullptr);
  EXPECT_EQ(pages_.get("a", pages_.stamp())->body, "one");
  EXPECT_EQ(pages_.get("b", pages_.stamp()), nullptr);
  pages_.forget_all();
  EXPECT_EQ(pages_.get("a", pages_.stamp()), nullptr);
  pages_.put("a", page("two"), pages_.stamp());
  EXPECT_EQ(pages_.get("a", pages_.stamp())->body, "two");
}

// It was read from before the change, or from after it: nobody knows.
TEST_F(PagesTest, a_page_that_something_changed_under_is_not_kept) {
  const Pages::Stamp before = pages_.stamp();
  pages_.forget_all();
  pages_.put("a", page("stale"), before);
  EXPECT_EQ(pages_.get("a", pages_.stamp()), nullptr);
}

TEST_F(PagesTest, what_was_not_used_for_longest_goes_first) {
  const std::string body(20'000, 'x');
  for (int i = 0; i < 200; ++i) {
    pages_.put(std::to_string(i), page(body), pages_.stamp());
    ASSERT_NE(pages_.get("0", pages_.stamp()), nullptr) << i;
  }
  int kept = 0;
  for (int i = 0; i < 200; ++i)
    kept += pages_.get(std::to_string(i), pages_.stamp()) != nullptr ? 1 : 0;
  EXPECT_GT(kept, 20);
  EXPECT_LT(kept, 60);
  EXPECT_NE(registry_.text().find("onggi_page_cache_bytes"), std::string::npos);
}

TEST_F(PagesTest, a_page_too_large_for_its_place_is_not_kept) {
  pages_.put("a", page(std::string(100'000, 'x')), pages_.stamp());
  EXPECT_EQ(pages_.get("a", pages_.stamp()), nullptr);
  Pages none(0, registry_);
  none.put("a", page("x"), none.stamp());
  EXPECT_EQ(none.get("a", none.stamp()), nullptr);
}

TEST_F(PagesTest, the_compressed_form_is_made_once) {
  static int made = 0;
  const auto compress = [](std::string_view body) {
    ++made;
    return std::string(body.substr(0, 1));
  };
  const auto one = page("abc");
  EXPECT_EQ(*one->compressed(compress), "a");
  EXPECT_EQ(*one->compressed(compress), "a");
  EXPECT_EQ(made, 1);
}

TEST_F(PagesTest, threads_may_share_it) {
  std::vector<std::jthread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([this, t] {
      for (int i = 0; i < 5'000; ++i) {
        const std::string key = std::to_string(i % 50);
        const Pages::Stamp before = pages_.stamp();
        if (const auto kept = pages_.get(key, pages_.stamp())) EXPECT_EQ(kept->body, key);
        pages_.put(key, page(key), before);
        if (t == 0 && i % 100 == 0) pages_.forget_all();
      }
    });
}

}  // namespace
}  // namespace onggi::cache
