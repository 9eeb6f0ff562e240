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
        weights_(weights) {}

  Ranking take(const Index::Wish& wish) {
    find_speakers();
    for (const Query::Term& term : query_.terms) words_.push_back(look_up(term));
    own_.resize(lay_.entry.size());
    score_.resize(lay_.entry.size());
    is_hit_.resize(lay_.entry.size());
    stamp_.resize(lay_.entry.size());
    for (std::size_t i = 0; i < words_.size(); ++i)
      add(words_[i], static_cast<std::uint16_t>(i + 1));
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
    postings.each([&](std::uint32_t number, Count) { count += lay_.place[number] != none; });
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

  void gather(Word& word) const {
    word.found.clear();
    for (const Variant& variant : word.variants) {
      word.found.reserve(word.found.size() + variant.postings->size());
      variant.postings->each([&](std::uint32_t number, Count count) {
        const std::uint32_t place = lay_.place[number];
        if (place == none) return;
        const double value = bm(weights_, count / 2.0, body_.entries[number].length, lay_.average);
        word.found.push_back({place, static_cast<float>(variant.weight * value)});
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
    for (const Vocabulary::Word& word : body_.vocabulary.words()) {
      double weight = 0;
      if (most > 0 && std::popcount(word.letters ^ letters) <= 2 * most &&
          word.text.size() + 2 >= text.size() && word.text.size() <= text.size() + 2) {
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

  void add(const Word& word, std::uint16_t number) {
    if (!word.is_lent || weights_.before[0] == 0) {
      for (const Found& found : word.found) {
        is_hit_[found.place] = 1;
        score_[found.place] += word.idf * double{found.value};
      }
      return;
    }
    for (const Found& found : word.found) own_[found.place] = found.value;
    for (const Found& found : word.found) {
      is_hit_[found.place] = 1;
      for (std::size_t place = found.place - reach; place <= found.place + reach; ++place) {
        if (stamp_[place] == number || lay_.entry[place] == none) continue;
        stamp_[place] = number;
        score_[place] += word.idf * std::max(double{own_[place]}, lent(place));
      }
    }
    for (const Found& found : word.found) own_[found.place] = 0;
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
    const double most_factors = (1 + weights_.speaker) * (1 + weights_.date_within) *
                                (1 + weights_.importance) * (1 + weights_.age);
    std::vector<Ranked> hits;
    std::vector<Ranked> all;
    std::size_t hit_count = 0;
    double least_hit = std::numeric_limits<double>::max();
    for (std::size_t place = 0; place < score_.size(); ++place) {
      if (score_[place] <= 0) continue;
      const std::uint32_t number = lay_.entry[place];
      const bool is_hit = is_hit_[place] != 0;
      // What cannot come among the best is not weighed further.
      const bool may_enter = all.size() < wish.most || hits.size() < wish.most ||
                             score_[place] * most_factors >= hits.front().score ||
                             score_[place] * (1 - weights_.importance) <= least_hit;
      if (!may_enter && !is_hit) continue;
      if (!body_.meets(number, conditions_, allowed)) continue;
      if (is_hit) ++hit_count;
      if (!may_enter) continue;
      const Ranked ranked{score_[place] * factors(body_.entries[number]), number};
      if (is_hit) {
        least_hit = std::min(least_hit, ranked.score);
        keep(hits, ranked, wish.most);
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
      if (is_hit_[lay_.place[ranked.number]] == 0 && ranked.score <= least_hit) continue;
      ranking.hits.push_back({entry.id, entry.created_at, ranked.score, {}});
    }
    for (const Word& word : words_) {
      ranking.ideal += word.idf * bm_max(weights_);
      for (const Variant& variant : word.variants) ranking.terms.emplace_back(variant.text);
    }
    ranking.ideal *= (asks_for_speaker_ ? 1 + weights_.speaker : 1) *
                     (query_.dates.empty() ? 1 : 1 + weights_.date_within) *
                     (1 + weights_.importance) * (1 + weights_.age);
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
        const std::uint32_t place = lay_.place[body_.numbers.at(hit.id)];
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
  std::vector<float> own_;            // of the word at hand, by place
  std::vector<double> score_;         // by place
  std::vector<std::uint8_t> is_hit_;  // has a word itself
  std::vector<std::uint16_t> stamp_;  // the last word that was added there
  std::vector<bool> speaks_;          // of each speaker, whether the query names it
  bool asks_for_speaker_ = false;
};

Ranking Index::rank(const Query& query, const Conditions& conditions, const Horizon& horizon,
                    Time now, const Wish& wish, const Weights& weights) {
  return Answer{*this, query, conditions, horizon, now, weights}.take(wish);
}

}  // namespace onggi::words
