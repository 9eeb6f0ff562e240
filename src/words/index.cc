#include "words/index.h"

#include <functional>

#include "words/index_body.h"

namespace onggi::words {
namespace {

std::uint64_t hash_of(std::string_view text) {
  if (text.empty()) return 0;
  std::uint64_t hash = 0xCBF29CE484222325u;
  for (const char c : text) hash = (hash ^ static_cast<std::uint8_t>(c)) * 0x100000001B3u;
  return hash | 1;
}

}  // namespace

Index::Index() : body_(std::make_unique<Body>()) {}
Index::~Index() = default;

void Index::put(const Memory& memory) {
  Body& body = *body_;
  Body::Entry entry{.id = memory.id,
                    .created_at = memory.created_at,
                    .arrival = memory.arrival,
                    .session = hash_of(memory.session),
                    .aged_from = memory.aged_from,
                    .words = std::hash<std::string_view>{}(memory.words),
                    .type = memory.type,
                    .importance = memory.importance,
                    .shelf = memory.shelf};
  const auto known = body.numbers.find(memory.id);
  if (known != body.numbers.end()) {
    const std::uint32_t number = known->second;
    Body::Entry& old = body.entries[number];
    if (old.words == entry.words) {
      entry.length = old.length;
      entry.asks = old.asks;
      entry.speaker = old.speaker;
      const bool stays = old.session == entry.session && old.created_at == entry.created_at &&
                         old.arrival == entry.arrival;
      // What was alive and has only been used stays where it is.
      const bool lives_on = stays && body.lay && body.lay->spots[number].place != none &&
                            old.shelf == entry.shelf && old.aged_from <= entry.aged_from;
      if (!lives_on) body.lay_out(number);
      if (!stays) body.take_from_order(number);
      old = entry;
      if (!lives_on) body.lay_in(number);
      if (!stays) body.add_to_order(number);
      return;
    }
    remove(memory.id);
  }
  const auto number = static_cast<std::uint32_t>(body.entries.size());
  body.terms.clear();
  const Decoded decoded = decode(
      memory.words,
      [&body](std::string_view term, Count count) { body.terms.emplace_back(term, count); },
      [&body, number](std::uint64_t hash) { body.metadata[hash].add(number, 2); });
  body.vocabulary.add(number, body.terms);
  entry.length = decoded.length;
  entry.asks = decoded.asks;
  entry.speaker = body.speaker_number(decoded.speaker);
  body.entries.push_back(entry);
  body.numbers.emplace(entry.id, number);
  body.add_to_order(number);
  body.lay_in(number);
}

void Index::remove(const Uuid& id) {
  Body& body = *body_;
  const auto known = body.numbers.find(id);
  if (known == body.numbers.end()) return;
  body.lay_out(known->second);
  body.entries[known->second].is_gone = true;
  body.numbers.erase(known);
  ++body.gone;
}

std::vector<Uuid> Index::newest(const Conditions& conditions, const Horizon& horizon,
                                std::size_t most) {
  Body& body = *body_;
  const Body::Lay& lay = body.laid_out(horizon);
  const std::vector<bool> allowed = body.with_metadata(conditions);
  std::vector<std::uint32_t> numbers;
  for (const std::uint32_t number : lay.entry)
    if (number != none && body.meets(number, conditions, allowed)) numbers.push_back(number);
  const std::size_t count = std::min(most, numbers.size());
  std::ranges::partial_sort(numbers, numbers.begin() + static_cast<std::ptrdiff_t>(count),
                            [&body](std::uint32_t l, std::uint32_t r) {
                              return body.is_newer(body.entries[l], body.entries[r]);
                            });
  std::vector<Uuid> ids;
  for (std::size_t i = 0; i < count; ++i) ids.push_back(body.entries[numbers[i]].id);
  return ids;
}

bool Index::lists_all_metadata() const {
  return !body_->metadata.contains(unlisted_hash());
}

std::size_t Index::memories() const {
  return body_->numbers.size();
}

std::size_t Index::bytes() const {
  Body& body = *body_;
  // Words are many, and grow slowly.
  if (body.entries.size() > body.weighed_at + body.weighed_at / 64 || body.words_bytes == 0) {
    body.words_bytes = body.vocabulary.bytes();
    body.weighed_at = body.entries.size();
  }
  std::size_t total = body.words_bytes + body.entries.capacity() * sizeof(Body::Entry);
  total += body.numbers.size() * 56 + body.order.capacity() * 4;
  total += body.metadata.size() * (48 + sizeof(Postings));
  if (body.lay) {
    total += body.lay->entry.capacity() * 4 + body.lay->spots.capacity() * sizeof(Body::Spot);
    total += body.lay->sessions.size() * 40;
  }
  total += body.desk.own.capacity() * (sizeof(float) + sizeof(double) + 1);
  return total;
}

bool Index::is_worn() const {
  return body_->gone > 64 && body_->gone * 3 > body_->entries.size();
}

}  // namespace onggi::words
