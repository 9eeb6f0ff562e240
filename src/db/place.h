// Where a row stands in a list ordered by (time, id), as bytes that compare like it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/uuid.h"

namespace onggi::db {

inline constexpr std::size_t place_time_bytes = 8;

// Big-endian, the sign turned over.
inline std::string place_of(Time time, std::string_view id) {
  const std::uint64_t bits = static_cast<std::uint64_t>(time.ms) ^ std::uint64_t{1} << 63;
  std::string place;
  place.reserve(place_time_bytes + id.size() + sizeof(std::uint32_t));
  for (int shift = 56; shift >= 0; shift -= 8) place += static_cast<char>(bits >> shift & 0xFF);
  place += id;
  return place;
}

// The time and what follows it; nullopt where the bytes are too few.
struct TimeAndRest {
  Time time;
  std::string_view rest;
};
inline std::optional<TimeAndRest> read_place(std::string_view place) {
  if (place.size() < place_time_bytes) return std::nullopt;
  std::uint64_t bits = 0;
  for (const char byte : place.substr(0, place_time_bytes))
    bits = bits << 8 | static_cast<std::uint8_t>(byte);
  return TimeAndRest{Time{static_cast<std::int64_t>(bits ^ std::uint64_t{1} << 63)},
                     place.substr(place_time_bytes)};
}

// As what a memory expires: a bound on created_at that is its own. What has none, or more than it,
// is last.
enum class MemoryLife : std::uint8_t { short_term, episodic, long_term, other };
inline MemoryLife memory_life(std::int64_t shelf) {
  if (shelf < 3) return MemoryLife::short_term;
  if (shelf == 9) return MemoryLife::episodic;
  return shelf == 15 ? MemoryLife::long_term : MemoryLife::other;
}

// The scope of the terms of its metadata (json/terms.h).
inline std::string memory_scope(std::string_view agent, MemoryLife life) {
  std::string scope(agent);
  scope += static_cast<char>(life);
  return scope;
}

// The index of metadata lies by spans of time within a scope, so that what is written together lies
// together: a term is kept as the two bytes that its scope begins with, three of the span in which
// the memory was created (2^30 ms, 12.4 days), and its other bytes.
inline constexpr std::size_t term_scope_bytes = 2;
inline constexpr std::size_t term_span_bytes = 3;
inline constexpr int span_bits = 30;
inline constexpr std::int64_t span_bias = std::int64_t{1} << 23;  // no span is negative

// As a term is kept of a memory at this place; of the scope's bytes alone, what is before all that
// is kept of that span.
inline std::string memory_term(std::string_view term, std::string_view place) {
  const auto at = read_place(place);
  if (!at || term.size() < term_scope_bytes) return {};
  const std::int64_t span =
      std::clamp(at->time.ms >> span_bits, -span_bias, span_bias - 1) + span_bias;
  std::string kept(term.substr(0, term_scope_bytes));
  for (const int shift : {16, 8, 0}) kept += static_cast<char>(span >> shift & 0xFF);
  kept += term.substr(term_scope_bytes);
  return kept;
}

// The place behind all memories of the span of a term as it is kept; empty: that is none.
inline std::string memory_span_end(std::string_view kept) {
  if (kept.size() < term_scope_bytes + term_span_bytes) return {};
  std::int64_t span = 0;
  for (const char byte : kept.substr(term_scope_bytes, term_span_bytes))
    span = span << 8 | static_cast<std::uint8_t>(byte);
  const Time last{((span - span_bias + 1) << span_bits) - 1};
  return place_of(last, std::string(sizeof(Uuid), '\xFF'));
}

// Inverted, so that positions ascend where places descend.
inline void append_position(std::uint32_t position, std::string& place) {
  const std::uint32_t bits = ~position;
  for (int shift = 24; shift >= 0; shift -= 8) place += static_cast<char>(bits >> shift & 0xFF);
}
// Of a place that ends with one.
inline std::optional<std::uint32_t> position_in(std::string_view place) {
  if (place.size() < sizeof(std::uint32_t)) return std::nullopt;
  std::uint32_t bits = 0;
  for (const char byte : place.substr(place.size() - sizeof(std::uint32_t)))
    bits = bits << 8 | static_cast<std::uint8_t>(byte);
  return ~bits;
}

}  // namespace onggi::db
