// What an Index is made of; shared by index.cc, which keeps it, and answer.cc, which reads it.
#pragma once

#include <algorithm>
#include <limits>
#include <optional>

#include "words/index.h"
#include "words/postings.h"

namespace onggi::words {

inline constexpr std::uint32_t none = std::numeric_limits<std::uint32_t>::max();
inline constexpr std::size_t reach = 2;  // of context, in memories

struct Index::Body {
  // A memory; its number is its place among them, ascending as they were put in.
  struct Entry {
    Uuid id;
    Time created_at;
    std::int64_t arrival = 0;
    std::uint64_t session = 0;
    Time aged_from;
    std::uint64_t words = 0;  // hash, so that what has the same words keeps its postings
    std::uint32_t length = 0;
    std::uint32_t speaker = none;
    std::uint8_t type = 0;
    std::uint8_t importance = 0;
    std::uint8_t shelf = 0;
    bool asks = false;
    bool is_gone = false;
  };

  // A memory as an answer sees it: those that live, in the order of their sessions and times, with
  // `reach` empty places between sessions, so that no context reaches over.
  struct Lay {
    std::vector<std::uint32_t> place;  // of an entry; none: not alive
    std::vector<std::uint32_t> entry;  // at a place; none: empty
    std::uint32_t memories = 0;
    double average = 1;
    // It serves any horizon that leaves the same ones alive: one that is not above the oldest of
    // those that live on each shelf, and above the youngest of those that have expired.
    Horizon oldest_alive;
    Horizon youngest_expired;

    bool serves(const Horizon& horizon) const {
      for (std::size_t i = 0; i < shelves_max; ++i)
        if (horizon[i] > oldest_alive[i] || horizon[i] <= youngest_expired[i]) return false;
      return true;
    }
    void count(const Entry& each, bool is_alive) {
      Time& bound = is_alive ? oldest_alive[each.shelf] : youngest_expired[each.shelf];
      bound = is_alive ? std::min(bound, each.aged_from) : std::max(bound, each.aged_from);
    }
  };

  std::vector<Entry> entries;
  std::unordered_map<Uuid, std::uint32_t> numbers;
  std::vector<std::uint32_t> order;  // by (session, created_at, arrival, id)
  std::vector<std::uint32_t> unordered;  // not yet among them
  Vocabulary vocabulary;
  std::unordered_map<std::uint64_t, Postings> metadata;
  std::vector<std::string> speakers;
  std::size_t gone = 0;
  std::optional<Lay> lay;

  bool before(std::uint32_t left, std::uint32_t right) const {
    const Entry& l = entries[left];
    const Entry& r = entries[right];
    if (l.session != r.session) return l.session < r.session;
    if (l.created_at != r.created_at) return l.created_at < r.created_at;
    if (l.arrival != r.arrival) return l.arrival < r.arrival;
    return l.id < r.id;
  }

  void add_to_order(std::uint32_t number) { unordered.push_back(number); }

  // For what has changed its place; seldom. What is gone is passed over where it stands.
  void take_from_order(std::uint32_t number) {
    std::erase(order, number);
    std::erase(unordered, number);
  }

  // Puts in its place what has come since.
  void put_in_order() {
    const auto is_before = [this](std::uint32_t l, std::uint32_t r) { return before(l, r); };
    std::ranges::sort(unordered, is_before);
    const auto middle = static_cast<std::ptrdiff_t>(order.size());
    order.insert(order.end(), unordered.begin(), unordered.end());
    std::inplace_merge(order.begin(), order.begin() + middle, order.end(), is_before);
    unordered.clear();
  }

  static bool is_newer(const Entry& left, const Entry& right) {
    if (left.created_at != right.created_at) return left.created_at > right.created_at;
    return left.id > right.id;
  }

  // Of each memory, whether its metadata may contain what is wanted; empty: nothing is.
  std::vector<bool> with_metadata(const Conditions& conditions) const {
    std::vector<bool> allowed;
    if (conditions.metadata.empty()) return allowed;
    std::vector<std::uint8_t> counts(entries.size());
    for (const std::uint64_t hash : conditions.metadata)
      if (const auto found = metadata.find(hash); found != metadata.end())
        found->second.each([&counts](std::uint32_t number, Count) { ++counts[number]; });
    if (const auto found = metadata.find(unlisted_hash()); found != metadata.end())
      found->second.each([&counts](std::uint32_t number, Count) { counts[number] = 255; });
    allowed.resize(entries.size());
    for (std::size_t i = 0; i < counts.size(); ++i)
      allowed[i] = counts[i] >= conditions.metadata.size();
    return allowed;
  }

  bool meets(std::uint32_t number, const Conditions& conditions,
             const std::vector<bool>& allowed) const {
    const Entry& entry = entries[number];
    return (conditions.types >> entry.type & 1) != 0 &&
           (conditions.importances >> entry.importance & 1) != 0 &&
           entry.created_at >= conditions.from && entry.created_at < conditions.to &&
           (allowed.empty() || allowed[number]);
  }

  std::uint32_t speaker_number(std::string_view name) {
    if (name.empty()) return none;
    const auto found = std::ranges::find(speakers, name);
    if (found != speakers.end()) return static_cast<std::uint32_t>(found - speakers.begin());
    constexpr std::size_t speakers_max = 1'000;
    if (speakers.size() == speakers_max) return none;
    speakers.emplace_back(name);
    return static_cast<std::uint32_t>(speakers.size() - 1);
  }

  const Lay& laid_out(const Horizon& horizon) {
    if (lay && lay->serves(horizon)) return *lay;
    put_in_order();
    Lay fresh;
    fresh.oldest_alive.fill(Time{std::numeric_limits<std::int64_t>::max()});
    fresh.youngest_expired.fill(Time{std::numeric_limits<std::int64_t>::min()});
    fresh.place.assign(entries.size(), none);
    fresh.entry.reserve(order.size() + 2 * reach);
    fresh.entry.assign(reach, none);
    std::uint64_t session = 0;
    double length = 0;
    for (const std::uint32_t number : order) {
      const Entry& entry = entries[number];
      if (entry.is_gone) continue;
      const bool is_alive = entry.aged_from >= horizon[entry.shelf];
      fresh.count(entry, is_alive);
      if (!is_alive) continue;
      if (entry.session != session) fresh.entry.insert(fresh.entry.end(), reach, none);
      session = entry.session;
      fresh.place[number] = static_cast<std::uint32_t>(fresh.entry.size());
      fresh.entry.push_back(number);
      ++fresh.memories;
      length += entry.length;
    }
    fresh.entry.insert(fresh.entry.end(), reach, none);
    if (fresh.memories > 0) fresh.average = std::max(1.0, length / fresh.memories);
    return lay.emplace(std::move(fresh));
  }
};

}  // namespace onggi::words
