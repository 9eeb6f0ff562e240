#include "json/collisions.h"

#include <algorithm>
#include <cstdint>
#include <random>

namespace onggi::json {
namespace {

constexpr std::size_t largest_sample = 8192;

std::minstd_rand& engine() {
  thread_local std::minstd_rand engine(std::random_device{}());
  return engine;
}

// boost::json::detail::digest.
std::uint64_t digest(std::string_view name, std::uint64_t salt) {
  std::uint64_t hash = 0xcbf29ce484222325u + salt;
  for (const char c : name) hash = (static_cast<std::uint64_t>(c) ^ hash) * 0x100000001B3u;
  return hash;
}

}  // namespace

void NameSample::add(std::string_view name) {
  if (engine()() % stride_ != 0) return;
  if (names_.size() == largest_sample) thin_out();
  names_.emplace_back(name);
}

void NameSample::thin_out() {
  std::erase_if(names_, [](const std::string&) { return engine()() % 2 == 0; });
  stride_ *= 2;
}

bool NameSample::collide(std::size_t members) const {
  // Chance would give half of size * size / members; beyond this, comparisons grow with the square.
  const std::size_t size = names_.size();
  const std::size_t bearable = 32 * size * size / members + 50;
  const std::uint64_t high = std::uint64_t{engine()()} << 12;
  std::vector<std::uint64_t> buckets(size);
  // Addresses of tables are multiples of 16.
  for (std::uint64_t low = 0; low < 256; low += 16) {
    std::ranges::transform(names_, buckets.begin(), [&](std::string_view name) {
      return digest(name, high | low) % members;
    });
    std::ranges::sort(buckets);
    std::size_t collisions = 0;
    std::size_t run = 0;
    for (std::size_t i = 1; i < buckets.size(); ++i) {
      run = buckets[i] == buckets[i - 1] ? run + 1 : 0;
      collisions += run;
    }
    if (collisions > bearable) return true;
  }
  return false;
}

}  // namespace onggi::json
