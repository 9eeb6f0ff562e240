// What an Index is made of; shared by index.cc, which keeps it, and answer.cc, which reads it.
#pragma once

#include <algorithm>
#include <limits>
#include <optional>
#include <unordered_map>

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

  // What a posting needs of its memory, close together.
  struct Spot {
    std::uint32_t place = none;  // none: not alive
    std::uint32_t length = 0;
  };

  // Memories as an answer sees them: those that live, in the order of their sessions and times,
  // with empty places between sessions, so that no context reaches over.
  struct Lay {
    // A session's places; behind those that are taken some are free.
    struct Session {
      std::uint32_t begin = 0;
      std::uint32_t size = 0;
      std::uint32_t room = 0;
      std::uint32_t end() const { return begin + room; }
    };
    std::vector<Spot> spots;           // of each entry
    std::vector<std::uint32_t> entry;  // at a place; none: empty
    std::unordered_map<std::uint64_t, Session> sessions;
    std::uint32_t memories = 0;
    std::uint64_t length = 0;  // of all of them
    std::size_t left = 0;      // places that sessions have moved away from
    // It serves any horizon that leaves the same ones alive: one that is not above the oldest of
    // those that live on each shelf, and above the youngest of those that have expired.
    Horizon horizon;
    Horizon oldest_alive;
    Horizon youngest_expired;

    double average() const {
      return memories == 0 ? 1 : std::max(1.0, static_cast<double>(length) / memories);
    }
    bool serves(const Horizon& other) const {
      for (std::size_t i = 0; i < shelves_max; ++i)
        if (other[i] > oldest_alive[i] || other[i] <= youngest_expired[i]) return false;
      return true;
    }
    // Whether it is alive, which is remembered.
    bool count(const Entry& each) {
      const bool is_alive = each.aged_from >= horizon[each.shelf];
      Time& bound = is_alive ? oldest_alive[each.shelf] : youngest_expired[each.shelf];
      bound = is_alive ? std::min(bound, each.aged_from) : std::max(bound, each.aged_from);
      return is_alive;
    }
  };

  // What answers are worked out in, kept from one to the next: of each place.
  struct Desk {
    std::vector<float> own;  // what the word at hand is worth there; zero between answers
    std::vector<double> score;
    std::vector<std::uint8_t> is_hit;  // has a word itself
  };

  std::vector<Entry> entries;
  std::unordered_map<Uuid, std::uint32_t> numbers;
  std::vector<std::uint32_t> order;      // by (session, created_at, arrival, id)
  std::vector<std::uint32_t> unordered;  // not yet among them
  Vocabulary vocabulary;
  std::vector<Vocabulary::Counted> terms;  // of the memory that is put in
  std::unordered_map<std::uint64_t, Postings> metadata;
  std::vector<std::string> speakers;
  std::size_t gone = 0;
  std::size_t words_bytes = 0;  // of the vocabulary, when there were so many entries
  std::size_t weighed_at = 0;
  std::optional<Lay> lay;
  Desk desk;

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
    // Where most places are left ones, too.
    if (lay && lay->serves(horizon) && lay->left * 2 <= lay->entry.size()) return *lay;
    put_in_order();
    Lay& fresh = lay.emplace(Lay{});
    fresh.horizon = horizon;
    fresh.oldest_alive.fill(Time{std::numeric_limits<std::int64_t>::max()});
    fresh.youngest_expired.fill(Time{std::numeric_limits<std::int64_t>::min()});
    fresh.spots.reserve(entries.size());
    for (const Entry& entry : entries) fresh.spots.push_back({none, entry.length});
    fresh.entry.reserve(order.size() + order.size() / 8 + 4 * reach);
    fresh.entry.assign(margin, none);
    Lay::Session* session = nullptr;
    std::uint64_t last = 0;
    for (const std::uint32_t number : order) {
      const Entry& entry = entries[number];
      if (entry.is_gone || !fresh.count(entry)) continue;
      if (session == nullptr || entry.session != last) {
        if (session != nullptr) fresh.entry.insert(fresh.entry.end(), reach, none);
        last = entry.session;
        session = &fresh.sessions[last];
        session->begin = static_cast<std::uint32_t>(fresh.entry.size());
      }
      fresh.spots[number].place = static_cast<std::uint32_t>(fresh.entry.size());
      fresh.entry.push_back(number);
      ++session->size;
      ++session->room;
      ++fresh.memories;
      fresh.length += entry.length;
    }
    fresh.entry.insert(fresh.entry.end(), margin, none);
    return fresh;
  }

  // Into the lay, as far as there is one; where its session and its time want it.
  void lay_in(std::uint32_t number) {
    if (!lay) return;
    const Entry& entry = entries[number];
    if (lay->spots.size() <= number) lay->spots.resize(number + 1);
    lay->spots[number] = {none, entry.length};
    if (!lay->count(entry)) return;
    Lay::Session& session = lay->sessions[entry.session];
    if (session.size == session.room) make_room(session);
    std::uint32_t place = session.begin + session.size;
    for (; place > session.begin && before(number, lay->entry[place - 1]); --place)
      move_to(place, lay->entry[place - 1]);
    move_to(place, number);
    ++session.size;
    ++lay->memories;
    lay->length += entry.length;
  }

  // Out of it; before anything of the entry changes.
  void lay_out(std::uint32_t number) {
    if (!lay) return;
    std::uint32_t place = lay->spots[number].place;
    if (place == none) return;
    const Entry& entry = entries[number];
    Lay::Session& session = lay->sessions[entry.session];
    const std::uint32_t last = session.begin + session.size - 1;
    for (; place < last; ++place) move_to(place, lay->entry[place + 1]);
    lay->entry[last] = none;
    lay->spots[number].place = none;
    --session.size;
    --lay->memories;
    lay->length -= entry.length;
  }

 private:
  // Before the first place and behind the last one, so that neighbours' neighbours can be looked
  // at.
  static constexpr std::size_t margin = 2 * reach;

  void move_to(std::uint32_t place, std::uint32_t number) {
    lay->entry[place] = number;
    lay->spots[number].place = place;
  }

  // The last session grows where it is, another one moves behind it.
  void make_room(Lay::Session& session) {
    std::vector<std::uint32_t>& at = lay->entry;
    const auto end = static_cast<std::uint32_t>(at.size() - margin);
    const std::uint32_t room = session.size + session.size / 8 + 4;
    if (session.room == 0 || session.end() != end) {
      const std::uint32_t begin = end + static_cast<std::uint32_t>(end == margin ? 0 : reach);
      at.resize(begin + room + margin, none);
      for (std::uint32_t i = 0; i < session.size; ++i) {
        move_to(begin + i, at[session.begin + i]);
        at[session.begin + i] = none;
      }
      lay->left += session.room;
      session.begin = begin;
    }
    session.room = room;
    at.resize(session.end() + margin, none);
  }
};

}  // namespace onggi::words
