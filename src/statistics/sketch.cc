#include "statistics/sketch.h"

#include <algorithm>
#include <bit>
#include <stdexcept>

namespace onggi::statistics {
namespace {

constexpr int parts_bits = 6;  // 64 parts a power of two
constexpr std::uint32_t parts = 1u << parts_bits;

void append_varint(std::uint64_t value, std::string& out) {
  for (; value >= 0x80; value >>= 7) out += static_cast<char>(value | 0x80);
  out += static_cast<char>(value);
}

std::uint64_t take_varint(std::string_view& bytes) {
  std::uint64_t value = 0;
  for (int shift = 0; shift < 64 && !bytes.empty(); shift += 7) {
    const auto byte = static_cast<std::uint8_t>(bytes.front());
    bytes.remove_prefix(1);
    value |= static_cast<std::uint64_t>(byte & 0x7F) << shift;
    if ((byte & 0x80) == 0) return value;
  }
  throw std::runtime_error("a sketch is damaged");
}

// Counts may be negative for a moment: small ones of either sign are short.
std::uint64_t folded(std::int64_t value) {
  return static_cast<std::uint64_t>(value) << 1 ^ static_cast<std::uint64_t>(value >> 63);
}
std::int64_t unfolded(std::uint64_t value) {
  return static_cast<std::int64_t>(value >> 1) ^ -static_cast<std::int64_t>(value & 1);
}

}  // namespace

std::uint32_t Sketch::bucket_of(std::int64_t value) {
  const auto bits = static_cast<std::uint64_t>(std::max<std::int64_t>(value, 0));
  if (bits < exact_below) return static_cast<std::uint32_t>(bits);
  const int power = static_cast<int>(std::bit_width(bits)) - 1;  // 7 or more
  const auto part = static_cast<std::uint32_t>(bits >> (power - parts_bits)) - parts;
  return static_cast<std::uint32_t>(power - parts_bits + 1) * parts + part;
}

std::int64_t Sketch::middle_of(std::uint32_t bucket) {
  if (bucket < exact_below) return bucket;
  const int shift = static_cast<int>(bucket / parts) - 1;
  const std::int64_t begin = static_cast<std::int64_t>(parts + bucket % parts) << shift;
  return begin + ((std::int64_t{1} << shift) - 1) / 2;
}

void Sketch::add_bucket(std::uint32_t bucket, std::int64_t weight) {
  if (weight == 0) return;
  auto at = buckets_.end();
  if (!buckets_.empty() && buckets_.back().first >= bucket)
    at = std::ranges::lower_bound(buckets_, bucket, {}, &Bucket::first);
  if (at == buckets_.end() || at->first != bucket) {
    buckets_.insert(at, {bucket, weight});
    return;
  }
  at->second += weight;
  if (at->second == 0) buckets_.erase(at);
}

void Sketch::add(std::int64_t value, std::int64_t weight) {
  add_bucket(bucket_of(value), weight);
}

void Sketch::add(const Sketch& other) {
  // In place where all buckets are there already, which is the rule once a few were added.
  auto at = buckets_.begin();
  const bool is_in_place = std::ranges::all_of(other.buckets_, [&](const Bucket& bucket) {
    while (at != buckets_.end() && at->first < bucket.first) ++at;
    return at != buckets_.end() && at->first == bucket.first && at->second + bucket.second != 0;
  });
  if (is_in_place) {
    at = buckets_.begin();
    for (const Bucket& bucket : other.buckets_) {
      while (at->first < bucket.first) ++at;
      at->second += bucket.second;
    }
    return;
  }
  std::vector<Bucket> sum;
  sum.reserve(buckets_.size() + other.buckets_.size());
  auto left = buckets_.begin();
  auto right = other.buckets_.begin();
  while (left != buckets_.end() || right != other.buckets_.end()) {
    if (right == other.buckets_.end() || (left != buckets_.end() && left->first < right->first)) {
      sum.push_back(*left++);
    } else if (left == buckets_.end() || right->first < left->first) {
      sum.push_back(*right++);
    } else {
      const std::int64_t both = left->second + right->second;
      if (both != 0) sum.emplace_back(left->first, both);
      ++left;
      ++right;
    }
  }
  buckets_ = std::move(sum);
}

std::int64_t Sketch::count() const {
  std::int64_t count = 0;
  for (const Bucket& bucket : buckets_) count += bucket.second;
  return count;
}

std::int64_t Sketch::count_near(std::int64_t value) const {
  const std::uint32_t bucket = bucket_of(value);
  const auto at = std::ranges::lower_bound(buckets_, bucket, {}, &Bucket::first);
  return at != buckets_.end() && at->first == bucket ? at->second : 0;
}

std::int64_t Sketch::quantile(int percent) const {
  const std::int64_t all = count();
  const std::int64_t rank = all / 100 * percent + (all % 100 * percent + 99) / 100;
  std::int64_t below = 0;
  for (const Bucket& bucket : buckets_) {
    below += bucket.second;
    if (below >= rank) return middle_of(bucket.first);
  }
  return buckets_.empty() ? 0 : middle_of(buckets_.back().first);
}

std::string Sketch::write() const {
  std::string out;
  out.reserve(buckets_.size() * 3);
  std::uint32_t before = 0;
  for (const Bucket& bucket : buckets_) {
    append_varint(bucket.first - before, out);
    append_varint(folded(bucket.second), out);
    before = bucket.first;
  }
  return out;
}

Sketch Sketch::read(std::string_view bytes) {
  Sketch sketch;
  sketch.buckets_.reserve(bytes.size() / 2);
  std::uint64_t at = 0;
  while (!bytes.empty()) {
    const std::uint64_t distance = take_varint(bytes);
    const std::int64_t count = unfolded(take_varint(bytes));
    at += distance;
    const bool ascends = sketch.buckets_.empty() || distance != 0;
    if (!ascends || at > 64 * parts || count == 0) throw std::runtime_error("a sketch is damaged");
    sketch.buckets_.emplace_back(static_cast<std::uint32_t>(at), count);
  }
  return sketch;
}

std::int64_t Seconds::count(int from, int to) const {
  std::int64_t count = 0;
  for (const Sketch::Bucket& bucket : counts_.buckets_)
    if (static_cast<int>(bucket.first) >= from && static_cast<int>(bucket.first) < to)
      count += bucket.second;
  return count;
}

Seconds Seconds::read(std::string_view bytes) {
  Seconds seconds;
  seconds.counts_ = Sketch::read(bytes);
  return seconds;
}

}  // namespace onggi::statistics
