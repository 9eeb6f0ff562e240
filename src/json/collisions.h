// Guards against objects whose names were chosen to fall into one bucket. Boost.JSON looks members
// up by FNV-1a, salted with an address: for names of one length it shows only in the lowest byte of
// the salt whether they collide, so a client can know, and make 300 KB take seconds. Private to
// json/.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace onggi::json {

// The names of one large object, one in 32 or fewer, at random.
class NameSample {
 public:
  // Smaller objects cost little whatever their names are.
  static constexpr std::size_t small_object = 512;

  void add(std::string_view name);
  // Whether looking names up in an object of `members` such members would be slow. Chance does not
  // bring that about.
  bool collide(std::size_t members) const;

 private:
  void thin_out();

  unsigned stride_ = 32;
  std::vector<std::string> names_;
};

}  // namespace onggi::json
