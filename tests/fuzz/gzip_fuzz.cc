// Compressed bodies. The first byte says whether the rest is one, or is to be compressed first.
#include <algorithm>

#include "base/metrics.h"
#include "http/gzip.h"
#include "tests/fuzz/fuzz.h"

namespace onggi::fuzz {
namespace {

constexpr std::size_t limit = 100'000;

struct Outcome {
  http::Inflater::State state = http::Inflater::State::more;
  bool is_whole = false;
  std::string body;
  bool operator==(const Outcome&) const = default;
};

// In pieces of `piece` bytes, at most `room` bytes out at once.
Outcome inflated(std::string_view input, std::size_t piece, std::size_t room) {
  using State = http::Inflater::State;
  http::Inflater inflater;
  Outcome outcome;
  while (!input.empty() && outcome.state != State::malformed && outcome.body.size() < limit) {
    std::string_view next = input.substr(0, piece);
    const std::size_t offered = next.size();
    const std::size_t before = outcome.body.size();
    outcome.state = inflater.feed(next, outcome.body, std::min(room, limit - before));
    hold(outcome.body.size() - before <= room, "no more comes out than there is room for");
    hold(outcome.state != State::more || next.empty(), "who wants more has used all");
    hold(offered != next.size() || outcome.body.size() != before || outcome.state != State::full,
         "who is full has given something");
    input.remove_prefix(offered - next.size());
    for (std::string_view none; outcome.state == State::full && outcome.body.size() < limit;)
      outcome.state = inflater.feed(none, outcome.body, limit - outcome.body.size());
  }
  if (outcome.body.size() >= limit) return {State::full, false, {}};
  if (outcome.state == State::malformed) return {State::malformed, false, {}};
  outcome.is_whole = inflater.at_end();
  return outcome;
}

void check_same_in_pieces(std::string_view input) {
  const Outcome whole = inflated(input, input.size() + 1, limit);
  hold(inflated(input, 1, limit) == whole, "byte by byte it is the same");
  hold(inflated(input, 5, 11) == whole, "and where there is little room");
}

void check_round_trip(std::string_view input) {
  std::string compressed;
  http::Deflater deflater;
  deflater.add(input.substr(0, input.size() / 3), false, compressed);
  deflater.add(input.substr(input.size() / 3), true, compressed);
  const Outcome back = inflated(compressed, compressed.size(), limit);
  hold(back.is_whole && back.body == input, "what was compressed comes back");
  const Outcome cut = inflated(std::string_view(compressed).substr(0, compressed.size() - 1),
                               compressed.size(), limit);
  hold(!cut.is_whole, "what was cut short is not whole");
  const Outcome twice = inflated(compressed + compressed, 2 * compressed.size(), limit);
  hold(twice.is_whole && twice.body == std::string(input) + std::string(input),
       "two members are one body");
}

}  // namespace

void try_input(std::string_view input) {
  if (choose(input, 2) == 0)
    check_same_in_pieces(input);
  else if (2 * input.size() < limit)
    check_round_trip(input);
}

}  // namespace onggi::fuzz
