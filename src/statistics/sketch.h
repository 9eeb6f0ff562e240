// How many values lie where: a histogram of integers whose quantiles are within 0.8 % of the
// nearest rank, which can be added to others, and from which values can be taken away again.
//
// The buckets are those of HdrHistogram (Gil Tene, https://hdrhistogram.org; log-linear, as also in
// "DDSketch: a fast and fully-mergeable quantile sketch with relative-error guarantees", Masson,
// Rim and Lee, PVLDB 12 (2019), as its linearly interpolated mapping): values below 128 have a
// bucket each, and every power of two above is cut into 64 of the same width. A bucket that begins
// at b is at most b/64 wide, so its middle is at most 1/128 of b away from any of its values. Only
// integers are computed with, so every server and both stores put a value into the same bucket.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace onggi::statistics {

class Sketch {
 public:
  // Not negative values; a negative weight takes them away.
  void add(std::int64_t value, std::int64_t weight = 1);
  void add(const Sketch& other);
  // Empties the buckets of which `is_gone` is true.
  template <class IsGone>
  void remove_if(IsGone is_gone) {
    std::erase_if(buckets_, [&](const Bucket& bucket) { return is_gone(bucket.first); });
  }

  // How many values it holds.
  std::int64_t count() const;
  // How many lie in the bucket of a value, and whether that holds one value alone.
  std::int64_t count_near(std::int64_t value) const;
  static bool is_exact(std::int64_t value) { return value < exact_below; }
  // The ceil(percent/100 * count())-th smallest value, about. Precondition: count() > 0.
  std::int64_t quantile(int percent) const;

  // A few bytes for each bucket that is not empty: its distance from the one before and its count,
  // each as a varint (LEB128). read() throws std::runtime_error for what write() does not give.
  std::string write() const;
  static Sketch read(std::string_view bytes);

  bool operator==(const Sketch&) const = default;
  std::size_t bytes() const { return buckets_.capacity() * sizeof(Bucket); }

 private:
  friend class Seconds;
  static constexpr std::int64_t exact_below = 128;
  using Bucket = std::pair<std::uint32_t, std::int64_t>;  // its number, its count

  void add_bucket(std::uint32_t bucket, std::int64_t weight);
  static std::uint32_t bucket_of(std::int64_t value);
  static std::int64_t middle_of(std::uint32_t bucket);

  std::vector<Bucket> buckets_;  // by number, none of them empty
};

// How many executions started in each second of an hour.
class Seconds {
 public:
  void add(int second, std::int64_t weight) {
    counts_.add_bucket(static_cast<std::uint32_t>(second), weight);
  }
  void add(const Seconds& other) { counts_.add(other.counts_); }
  std::int64_t count(int from, int to) const;  // `to` not included
  std::int64_t count() const { return counts_.count(); }
  template <class IsGone>
  void remove_if(IsGone is_gone) {
    counts_.remove_if([&](std::uint32_t second) { return is_gone(static_cast<int>(second)); });
  }
  bool operator==(const Seconds&) const = default;
  std::size_t bytes() const { return counts_.bytes(); }
  std::string write() const { return counts_.write(); }
  static Seconds read(std::string_view bytes);

 private:
  Sketch counts_;
};

}  // namespace onggi::statistics
