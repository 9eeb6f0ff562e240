#include "base/time_zone.h"

#include <string>

#include <gtest/gtest.h>

namespace onggi {
namespace {

TEST(TimeZone, zones_and_links_are_known) {
  for (const char* name : {"UTC", "Etc/UTC", "Asia/Seoul", "Asia/Kathmandu", "Asia/Katmandu",
                           "Europe/Berlin", "America/Argentina/Buenos_Aires", "ROK"}) {
    EXPECT_TRUE(is_time_zone(name)) << name;
  }
}

TEST(TimeZone, anything_else_is_unknown) {
  for (const char* name :
       {"", "utc", "asia/seoul", "Seoul", "Asia", "Asia/", "/Asia/Seoul", "localtime", "posixrules",
        "Factory", "posix/Asia/Seoul", "right/Asia/Seoul", "../../etc/passwd", "/etc/passwd",
        "zone.tab", "+09:00", "Asia/Seoul\n", "%s%s%n"}) {
    EXPECT_FALSE(is_time_zone(name)) << name;
  }
  EXPECT_FALSE(is_time_zone(std::string_view("UTC\0", 4)));
  EXPECT_FALSE(is_time_zone(std::string(8'000'000, 'A')));
}

}  // namespace
}  // namespace onggi
