// Index::rank(): the formula of rank.h, over one agent's memories.
#include <bit>
#include <cmath>

#include "words/index_body.h"
#include "words/spelling.h"

namespace onggi::words {
namespace {

constexpr std::size_t variants_max = 3;
// With fewer hits than this nobody comes in by context alone.
constexpr std::size_t hits_that_fill = 10;
// A word that more than a third of the memories hold tells too little to be lent; of few memories
// any word is cheap.
constexpr std::uint32_t always_lent = 1'000;
// Where one memory of so many has a word, going through all of them is quicker than going from one
// to the next.
constexpr std::size_t crowd = 12;
// A memory with a count and a length below these is worth what a table says.
constexpr Count counts_known = 8;
constexpr std::uint32_t lengths_known = 256;

}  // namespace

// One answer in the making.
class Answer {
 public:
  Answer(Index& index, const Query& query, const Conditions& conditions, const Horizon& horizon,
         Time now, const Weights& weights)
      : body_(*index.body_),
        lay_(body_.laid_out(horizon)),
        query_(query),
        conditions_(conditions),
        now_(now),
        weights_(weights),
        own_(body_.desk.own),
        score_(body_.desk.score),
        is_hit_(body_.desk.is_hit) {}

  Ranking take(const Index::Wish& wish) {
    find_speakers();
    tabulate();
    for (const Query::Term& term : query_.terms) words_.push_back(look_up(term));
    own_.resize(lay_.entry.size());
    score_.assign(lay_.entry.size(), 0);
    is_hit_.assign(lay_.entry.size(), 0);
    for (const Word& word : words_) add(word);
    Ranking ranking = select(wish);
    if (wish.explain) explain(ranking);
    return ranking;
  }

 private:
  struct Variant {
    std::string_view text;
    const Postings* postings = nullptr;
    double weight = 1;
  };
  struct Found {
    std::uint32_t place;
    float value;
  };
  struct Word {
    const Query::Term* asked = nullptr;
    std::vector<Variant> variants;
    std::vector<Found> found;
    double idf = 0;
    bool is_lent = true;
  };

  std::uint32_t living(const Postings& postings) const {
    std::uint32_t count = 0;
    postings.each([&](std::uint32_t number, Count) { count += lay_.spots[number].place != none; });
    return count;
  }

  Word look_up(const Query::Term& term) {
    Word word{.asked = &term, .variants = {}, .found = {}};
    if (const Vocabulary::Word* const known = body_.vocabulary.find(term.text)) {
      word.variants.push_back({known->text, &known->postings, 1});
      gather(word);
    }
    if (word.found.empty() && term.may_be_misspelt) {
      word.variants = similar(term.text);
      gather(word);
    }
    const auto df = static_cast<std::uint32_t>(word.found.size());
    word.idf = idf(lay_.memories, df) * term.weight;
    if (is_name(term.text)) word.idf *= weights_.name;
    word.is_lent = lay_.memories <= always_lent || df <= lay_.memories / 3;
    return word;
  }

  // What most memories are worth, by their counts and lengths.
  void tabulate() {
    known_.reserve(counts_known * lengths_known);
    for (Count count = 1; count <= counts_known; ++count)
      for (std::uint32_t length = 0; length < lengths_known; ++length)
        known_.push_back(bm(weights_, count / 2.0, length, average_));
  }

  void gather(Word& word) const {
    word.found.clear();
    for (const Variant& variant : word.variants) {
      word.found.reserve(word.found.size() + variant.postings->size());
      variant.postings->each([&](std::uint32_t number, Count count) {
        const Index::Body::Spot spot = lay_.spots[number];
        if (spot.place == none) return;
        const double value = count <= counts_known && spot.length < lengths_known
                                 ? known_[(count - 1) * lengths_known + spot.length]
                                 : bm(weights_, count / 2.0, spot.length, average_);
        word.found.push_back({spot.place, static_cast<float>(variant.weight * value)});
      });
    }
    if (word.variants.size() < 2) return;
    // Of several forms in one memory the best counts.
    std::ranges::sort(word.found, [](const Found& l, const Found& r) {
      return l.place != r.place ? l.place < r.place : l.value > r.value;
    });
    const auto [first, last] = std::ranges::unique(word.found, {}, &Found::place);
    word.found.erase(first, last);
  }

  // What may have been meant by a word that the agent's memories do not have.
  std::vector<Variant> similar(std::string_view text) const {
    struct Candidate {
      double weight;
      std::uint32_t memories;
      const Vocabulary::Word* word;
    };
    std::vector<Candidate> candidates;
    const int most = weights_.one_typo > 0 ? typos_allowed(text.size()) : 0;
    const std::uint32_t letters = letters_of(text);
    const auto size = static_cast<std::uint32_t>(text.size());
    for (std::size_t i = 0; i < body_.vocabulary.words().size(); ++i) {
      const Vocabulary::Shape shape = body_.vocabulary.shapes()[i];
      const bool may_be_typo = most > 0 && shape.size + 2 >= size && shape.size <= size + 2 &&
                               std::popcount(shape.letters ^ letters) <= 2 * most;
      const std::uint32_t common = shape.letters & letters;
      const bool may_begin = shape.size + 4 >= size && shape.size <= size + 4 &&
                             (common == letters || common == shape.letters);
      if (!may_be_typo && !may_begin) continue;
      const Vocabulary::Word& word = body_.vocabulary.words()[i];
      double weight = 0;
      if (may_be_typo) {
        const int distance = typing_distance(text, word.text, most);
        if (distance == 1) weight = weights_.one_typo;
        if (distance == 2 && most == 2) weight = weights_.two_typos;
        // The first letter is seldom wrong.
        if (weight > 0 && word.text.front() != text.front()) weight /= 2;
      }
      const std::size_t shared = std::min(word.text.size(), text.size());
      if (shared >= 5 && std::max(word.text.size(), text.size()) <= shared + 4 &&
          word.text.substr(0, shared) == text.substr(0, shared))
        weight = std::max(weight, weights_.same_beginning);
      if (weight > 0) candidates.push_back({weight, 0, &word});
    }
    const auto by_weight = [](const Candidate& l, const Candidate& r) {
      if (l.weight != r.weight) return l.weight > r.weight;
      if (l.memories != r.memories) return l.memories > r.memories;
      return l.word->text < r.word->text;
    };
    // Memories that are gone must not matter: their words go before the best are taken.
    for (Candidate& candidate : candidates) candidate.memories = living(candidate.word->postings);
    std::erase_if(candidates, [](const Candidate& each) { return each.memories == 0; });
    std::ranges::sort(candidates, by_weight);
    if (candidates.size() > variants_max) candidates.resize(variants_max);
    std::vector<Variant> variants;
    for (const Candidate& candidate : candidates)
      variants.push_back({candidate.word->text, &candidate.word->postings, candidate.weight});
    return variants;
  }

  // The best that neighbours of a place have of the word whose values stand in own_.
  double lent(std::size_t place) const {
    double best = 0;
    for (std::size_t distance = 1; distance <= reach; ++distance) {
      best = std::max(best, weights_.before[distance - 1] * double{own_[place - distance]});
      best = std::max(best, weights_.after[distance - 1] * double{own_[place + distance]});
    }
    return best;
  }

  void add(const Word& word) {
    if (!word.is_lent || weights_.before[0] == 0) {
      for (const Found& found : word.found) {
        is_hit_[found.place] = 1;
        score_[found.place] += word.idf * double{found.value};
      }
      return;
    }
    for (const Found& found : word.found) {
      is_hit_[found.place] = 1;
      own_[found.place] = found.value;
    }
    if (word.found.size() * crowd < own_.size())
      add_around(word);
    else
      add_everywhere(word);
    for (const Found& found : word.found) own_[found.place] = 0;
  }

  // Each memory with the word, and those about it: one that is about several with the first of
  // them.
  void add_around(const Word& word) {
    for (const Found& found : word.found) {
      const std::size_t from = found.place - reach;
      std::size_t free = from;  // of those that come before
      for (std::size_t before = 2 * reach; before > 0; --before)
        if (own_[found.place - before] > 0) free = found.place - before + reach + 1;
      for (std::size_t place = std::max(from, free); place <= found.place + reach; ++place)
        score_[place] += word.idf * std::max(double{own_[place]}, lent(place));
    }
  }

  // The same in one go, which the compiler makes of vectors.
  void add_everywhere(const Word& word) {
    static_assert(reach == 2);
    const float* const own = own_.data();
    double* const score = score_.data();
    const std::size_t end = own_.size() - reach;
    const double idf = word.idf;
    const double before1 = weights_.before[0];
    const double before2 = weights_.before[1];
    const double after1 = weights_.after[0];
    const double after2 = weights_.after[1];
    for (std::size_t place = reach; place < end; ++place) {
      const double before =
          std::max(before1 * double{own[place - 1]}, before2 * double{own[place - 2]});
      const double after =
          std::max(after1 * double{own[place + 1]}, after2 * double{own[place + 2]});
      score[place] += idf * std::max(double{own[place]}, std::max(before, after));
    }
  }

  void find_speakers() {
    speaks_.resize(body_.speakers.size());
    for (std::size_t i = 0; i < speaks_.size(); ++i) {
      std::string_view rest = body_.speakers[i];
      while (!rest.empty() && !speaks_[i]) {
        const std::size_t end = std::min(rest.find(' '), rest.size());
        const std::string_view name = rest.substr(0, end);
        rest.remove_prefix(std::min(end + 1, rest.size()));
        speaks_[i] = std::ranges::any_of(query_.terms, [name](const Query::Term& term) {
          return term.text == name || (term.text.size() >= 3 && name.starts_with(term.text));
        });
      }
      asks_for_speaker_ = asks_for_speaker_ || speaks_[i];
    }
  }

  // Whether somebody of this name speaks in the agent's memories.
  bool is_name(std::string_view text) const {
    return std::ranges::find(body_.speakers, text) != body_.speakers.end();
  }

  double asks_factor(const Index::Body::Entry& entry) const {
    return entry.asks ? weights_.asks : 1;
  }

  double speaker_factor(const Index::Body::Entry& entry) const {
    const bool speaks = entry.speaker != none && speaks_[entry.speaker];
    return speaks ? 1 + weights_.speaker : 1;
  }

  double date_factor(const Index::Body::Entry& entry) const {
    double factor = 1;
    for (const Span& span : query_.dates) {
      if (entry.created_at < span.from) continue;
      if (entry.created_at < span.to)
        factor = std::max(factor, 1 + weights_.date_within);
      else if (entry.created_at.ms < span.to.ms + 7 * day_ms)
        factor = std::max(factor, 1 + weights_.date_soon_after);
    }
    return factor;
  }

  double factors(const Index::Body::Entry& entry) const {
    return speaker_factor(entry) * asks_factor(entry) * date_factor(entry) *
           importance_factor(weights_, entry.importance) *
           age_factor(weights_, entry.created_at, now_);
  }

  double factors_max() const {
    return (asks_for_speaker_ ? 1 + weights_.speaker : 1) *
           (query_.dates.empty() ? 1 : 1 + weights_.date_within) * (1 + weights_.importance) *
           (1 + weights_.age);
  }

  struct Ranked {
    double score;
    std::uint32_t number;
  };

  // Keeps the best `most`, the worst of them in front.
  void keep(std::vector<Ranked>& best, Ranked ranked, std::size_t most) const {
    const auto is_better = [this](const Ranked& l, const Ranked& r) { return better(l, r); };
    if (best.size() == most) {
      if (!better(ranked, best.front())) return;
      std::ranges::pop_heap(best, is_better);
      best.pop_back();
    }
    best.push_back(ranked);
    std::ranges::push_heap(best, is_better);
  }

  bool better(const Ranked& left, const Ranked& right) const {
    if (left.score != right.score) return left.score > right.score;
    return Index::Body::is_newer(body_.entries[left.number], body_.entries[right.number]);
  }

  Ranking select(const Index::Wish& wish) const {
    const std::vector<bool> allowed = body_.with_metadata(conditions_);
    // A little more than factors() can be.
    const double most_factors = factors_max() * (1 + 1e-9);
    std::vector<Ranked> hits;
    std::vector<Ranked> all;
    std::size_t hit_count = 0;
    double least_hit = std::numeric_limits<double>::max();
    // What cannot come among the best is passed over.
    double floor = std::numeric_limits<double>::min();
    for (std::size_t place = 0; place < score_.size(); ++place) {
      if (score_[place] * most_factors < floor) continue;
      const std::uint32_t number = lay_.entry[place];
      if (number == none || !body_.meets(number, conditions_, allowed)) continue;
      const Ranked ranked{score_[place] * factors(body_.entries[number]), number};
      if (is_hit_[place] != 0) {
        ++hit_count;
        least_hit = std::min(least_hit, ranked.score);
        keep(hits, ranked, wish.most);
        // Whoever is kept is so for good: enough have been counted, and are above the least.
        if (hits.size() == wish.most && hit_count >= hits_that_fill) floor = hits.front().score;
      }
      keep(all, ranked, wish.most);
    }
    const bool by_context = wish.context_alone && hit_count >= hits_that_fill;
    std::vector<Ranked>& best = by_context ? all : hits;
    std::ranges::sort(best, [this](const Ranked& l, const Ranked& r) { return better(l, r); });
    Ranking ranking;
    for (const Ranked& ranked : best) {
      const Index::Body::Entry& entry = body_.entries[ranked.number];
      // Context alone does not add to the end of a list.
      if (is_hit_[lay_.spots[ranked.number].place] == 0 && ranked.score <= least_hit) continue;
      ranking.hits.push_back({entry.id, entry.created_at, ranked.score, {}});
    }
    for (const Word& word : words_) {
      ranking.ideal += word.idf * bm_max(weights_);
      for (const Variant& variant : word.variants) ranking.terms.emplace_back(variant.text);
    }
    ranking.ideal *= factors_max();
    return ranking;
  }

  void explain(Ranking& ranking) {
    for (Hit& hit : ranking.hits) {
      const Index::Body::Entry& entry = body_.entries[body_.numbers.at(hit.id)];
      hit.parts.speaker = speaker_factor(entry);
      hit.parts.asks = asks_factor(entry);
      hit.parts.date = date_factor(entry);
      hit.parts.importance = importance_factor(weights_, entry.importance);
      hit.parts.age = age_factor(weights_, entry.created_at, now_);
    }
    for (const Word& word : words_) {
      for (const Found& found : word.found) own_[found.place] = found.value;
      for (Hit& hit : ranking.hits) {
        const std::uint32_t place = lay_.spots[body_.numbers.at(hit.id)].place;
        const double own = word.idf * double{own_[place]};
        const bool is_lent = word.is_lent && weights_.before[0] > 0;
        const double context = is_lent ? std::max(0.0, word.idf * lent(place) - own) : 0;
        if (own + context <= 0) continue;
        hit.parts.words.push_back({.term = word.asked->text,
                                   .found = std::string{word.variants.front().text},
                                   .idf = word.idf,
                                   .own = own,
                                   .context = context});
      }
      for (const Found& found : word.found) own_[found.place] = 0;
    }
  }

  Index::Body& body_;
  const Index::Body::Lay& lay_;
  const Query& query_;
  const Conditions& conditions_;
  const Time now_;
  const Weights& weights_;
  std::vector<Word> words_;
  const double average_ = lay_.average();
  std::vector<double> known_;
  // As the desk has them.
  std::vector<float>& own_;
  std::vector<double>& score_;
  std::vector<std::uint8_t>& is_hit_;
  std::vector<bool> speaks_;  // of each speaker, whether the query names it
  bool asks_for_speaker_ = false;
};

Ranking Index::rank(const Query& query, const Conditions& conditions, const Horizon& horizon,
                    Time now, const Wish& wish, const Weights& weights) {
  return Answer{*this, query, conditions, horizon, now, weights}.take(wish);
}

}  // namespace onggi::words
