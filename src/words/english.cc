#include "words/english.h"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <unordered_map>
#include <unordered_set>

namespace onggi::words {
namespace {

// --- what no rule knows -------------------------------------------------------------------------

// Each line: the form that stands for all, then the others.
constexpr std::string_view irregular_forms = R"(
arise arose arisen
awake awoke awoken
bear bore borne
beat beaten
become became
begin began begun
bend bent
bet betted
bind bound
bite bit bitten
bleed bled
blow blew blown
break broke broken
breed bred
bring brought
build built
burn burnt
buy bought
catch caught
choose chose chosen
cling clung
come came
creep crept
deal dealt
dig dug
draw drew drawn
dream dreamt
drink drank drunk
drive drove driven
eat ate eaten
fall fell fallen
feed fed
feel felt
fight fought
find found
flee fled
fly flew flown
forbid forbade forbidden
forget forgot forgotten
forgive forgave forgiven
freeze froze frozen
get got gotten
give gave given
go went gone goes going
grind ground
grow grew grown
hang hung
hear heard
hide hid hidden
hold held
keep kept
kneel knelt
know knew known
lay laid
lead led
lean leant
leap leapt
learn learnt
leave left
lend lent
lie lay lain lying
light lit
lose lost
make made
mean meant
meet met
mistake mistook mistaken
overcome overcame
pay paid
prove proven
ride rode ridden
ring rang rung
rise rose risen
run ran
say said
see saw seen sees
seek sought
sell sold
send sent
sew sewn
shake shook shaken
shine shone
shoot shot
show shown
shrink shrank shrunk
sing sang sung
sink sank sunk
sit sat
sleep slept
slide slid
smell smelt
sneak snuck
sow sown
speak spoke spoken
speed sped
spell spelt
spend spent
spill spilt
spin spun
spoil spoilt
spring sprang sprung
stand stood
steal stole stolen
stick stuck
sting stung
stink stank stunk
strike struck stricken
strive strove striven
swear swore sworn
sweep swept
swell swollen
swim swam swum
swing swung
take took taken
teach taught
tear tore torn
tell told
think thought
throw threw thrown
understand understood
undertake undertook undertaken
wake woke woken
wear wore worn
weave wove woven
weep wept
win won
wind wound
withdraw withdrew withdrawn
write wrote written
child children kid kids
man men
woman women
person people persons
foot feet
tooth teeth
goose geese
mouse mice
ox oxen
die died dying dies
tie tied tying ties
wife wives
life lives
knife knives
leaf leaves
half halves
shelf shelves
self selves
wolf wolves
loaf loaves
thief thieves
calf calves
potato potatoes
tomato tomatoes
hero heroes
good better best
bad worse worst
mother mom mum mommy mummy moms mums mama
father dad daddy dads papa
grandmother grandma granny grandmas
grandfather grandpa grandad grandpas
bicycle bike bikes bicycles biking
television tv tvs
photograph photo photos photographs
refrigerator fridge
color colour colours coloured
favorite favourite favourites
favor favour favours
neighbor neighbour neighbours
neighborhood neighbourhood
behavior behaviour behaviours
humor humour
honor honour
labor labour
flavor flavour flavours
harbor harbour
rumor rumour
gray grey
center centre centres
theater theatre theatres
jewelry jewellery
pajamas pyjamas
program programme programmes
tire tyre tyres
plow plough
mustache moustache
organize organise organised organising organises
organization organisation organisations
realize realise realised
recognize recognise recognised
apologize apologise apologised
analyze analyse analysed analysing
cozy cosy
travel travelled travelling traveller travellers traveler
counselor counsellor counsellors
counsel counselled counselling
cancel cancelled cancelling cancellation
marry married marriage
ok okay
christmas xmas
birthday bday
2 two
3 three
4 four
5 five
6 six
7 seven
8 eight
9 nine
10 ten
11 eleven
12 twelve
)";

// What Porter2 itself lists as exceptions, and words that it would join wrongly.
constexpr std::string_view kept_forms = R"(
news
sky
howe
atlas
cosmos
bias
andes
inning innings
outing outings
canning cannings
herring herrings
earring earrings
proceed
exceed
succeed
university universities
universe universes
general
organ organs
policy policies
police
early
only
ugly
idle
gentle
)";

using Forms = std::unordered_map<std::string_view, std::string_view>;

void each_word(std::string_view line, auto take) {
  while (!line.empty()) {
    const std::size_t end = std::min(line.find(' '), line.size());
    if (end > 0) take(line.substr(0, end));
    line.remove_prefix(std::min(end + 1, line.size()));
  }
}

void each_line(std::string_view text, auto take) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    if (end > 0) take(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

Forms forms_of(std::string_view table) {
  Forms forms;
  each_line(table, [&forms](std::string_view line) {
    std::string_view first;
    each_word(line, [&](std::string_view word) {
      if (first.empty()) first = word;
      forms.emplace(word, first);
    });
  });
  return forms;
}

// --- Porter2 ------------------------------------------------------------------------------------

bool is_vowel(char letter) {
  return letter == 'a' || letter == 'e' || letter == 'i' || letter == 'o' || letter == 'u' ||
         letter == 'y';
}

// A word while it is being stemmed. A consonant y is written Y meanwhile.
class Stem {
 public:
  explicit Stem(std::string_view word) : word_(word) {
    for (std::size_t i = 0; i < word_.size(); ++i)
      if (word_[i] == 'y' && (i == 0 || is_vowel(word_[i - 1]))) word_[i] = 'Y';
    find_regions();
  }

  std::string take() {
    plural();
    tense();
    final_y();
    long_suffixes();
    middle_suffixes();
    rest();
    final_e_or_l();
    for (char& letter : word_)
      if (letter == 'Y') letter = 'y';
    return std::move(word_);
  }

 private:
  struct Change {
    std::string_view suffix;
    std::string_view by;
  };

  bool ends(std::string_view suffix) const { return word_.ends_with(suffix); }
  bool in_r1(std::size_t size) const { return word_.size() >= r1_ + size; }
  bool in_r2(std::size_t size) const { return word_.size() >= r2_ + size; }
  void replace(std::size_t size, std::string_view by) {
    word_.replace(word_.size() - size, size, by);
  }
  bool has_vowel(std::size_t end) const {
    return std::any_of(word_.begin(), word_.begin() + static_cast<std::ptrdiff_t>(end), is_vowel);
  }

  void find_regions() {
    r1_ = word_.size();
    bool given = false;
    for (const std::string_view prefix : {"gener", "commun", "arsen"})
      if (word_.starts_with(prefix)) {
        r1_ = prefix.size();
        given = true;
      }
    if (!given) r1_ = after_syllable(0);
    r2_ = after_syllable(r1_);
  }
  std::size_t after_syllable(std::size_t from) const {
    for (std::size_t i = from + 1; i < word_.size(); ++i)
      if (!is_vowel(word_[i]) && is_vowel(word_[i - 1])) return i + 1;
    return word_.size();
  }

  bool ends_in_short_syllable() const {
    const std::size_t n = word_.size();
    if (n == 2) return is_vowel(word_[0]) && !is_vowel(word_[1]);
    if (n < 3) return false;
    const char last = word_[n - 1];
    return !is_vowel(last) && last != 'w' && last != 'x' && last != 'Y' && is_vowel(word_[n - 2]) &&
           !is_vowel(word_[n - 3]);
  }
  bool is_short() const { return r1_ >= word_.size() && ends_in_short_syllable(); }

  void plural() {
    if (ends("sses"))
      replace(2, "");
    else if (ends("ied") || ends("ies"))
      replace(3, word_.size() > 4 ? "i" : "ie");
    else if (ends("us") || ends("ss"))
      return;
    else if (ends("s") && word_.size() > 2 && has_vowel(word_.size() - 2))
      replace(1, "");
  }

  void tense() {
    for (const std::string_view suffix : {"eedly", "eed"})
      if (ends(suffix)) {
        if (in_r1(suffix.size())) replace(suffix.size(), "ee");
        return;
      }
    for (const std::string_view suffix : {"ingly", "edly", "ing", "ed"}) {
      if (!ends(suffix)) continue;
      if (!has_vowel(word_.size() - suffix.size())) return;
      replace(suffix.size(), "");
      if (ends("at") || ends("bl") || ends("iz"))
        word_ += 'e';
      else if (is_double())
        word_.pop_back();
      else if (is_short())
        word_ += 'e';
      return;
    }
  }
  bool is_double() const {
    const std::size_t n = word_.size();
    return n >= 2 && word_[n - 1] == word_[n - 2] &&
           std::string_view{"bdfgmnprt"}.contains(word_[n - 1]);
  }

  void final_y() {
    const std::size_t n = word_.size();
    if (n > 2 && (word_[n - 1] == 'y' || word_[n - 1] == 'Y') && !is_vowel(word_[n - 2]))
      word_[n - 1] = 'i';
  }

  void long_suffixes() {
    static constexpr Change changes[] = {
        {"ational", "ate"}, {"fulness", "ful"}, {"iveness", "ive"}, {"ization", "ize"},
        {"ousness", "ous"}, {"biliti", "ble"},  {"lessli", "less"}, {"tional", "tion"},
        {"alism", "al"},    {"aliti", "al"},    {"ation", "ate"},   {"entli", "ent"},
        {"fulli", "ful"},   {"iviti", "ive"},   {"ousli", "ous"},   {"abli", "able"},
        {"alli", "al"},     {"anci", "ance"},   {"ator", "ate"},    {"enci", "ence"},
        {"izer", "ize"},    {"bli", "ble"},     {"ogi", "og"},      {"li", ""}};
    for (const Change& change : changes) {
      if (!ends(change.suffix)) continue;
      if (!in_r1(change.suffix.size())) return;
      const std::size_t before = word_.size() - change.suffix.size();
      if (change.suffix == "ogi" && (before == 0 || word_[before - 1] != 'l')) return;
      if (change.suffix == "li" &&
          (before == 0 || !std::string_view{"cdeghkmnrt"}.contains(word_[before - 1])))
        return;
      replace(change.suffix.size(), change.by);
      return;
    }
  }

  void middle_suffixes() {
    static constexpr Change changes[] = {{"ational", "ate"}, {"tional", "tion"}, {"alize", "al"},
                                         {"icate", "ic"},    {"iciti", "ic"},    {"ative", ""},
                                         {"ical", "ic"},     {"ness", ""},       {"ful", ""}};
    for (const Change& change : changes) {
      if (!ends(change.suffix)) continue;
      if (!in_r1(change.suffix.size())) return;
      if (change.suffix == "ative" && !in_r2(5)) return;
      replace(change.suffix.size(), change.by);
      return;
    }
  }

  void rest() {
    for (const std::string_view suffix :
         {"ement", "ance", "ence", "able", "ible", "ment", "ant", "ent", "ism", "ate", "iti", "ous",
          "ive", "ize", "ion", "al", "er", "ic"}) {
      if (!ends(suffix)) continue;
      if (!in_r2(suffix.size())) return;
      const std::size_t before = word_.size() - suffix.size();
      if (suffix == "ion" &&
          (before == 0 || (word_[before - 1] != 's' && word_[before - 1] != 't')))
        return;
      replace(suffix.size(), "");
      return;
    }
  }

  void final_e_or_l() {
    if (ends("e")) {
      if (in_r2(1)) {
        word_.pop_back();
      } else if (in_r1(1)) {
        const char last = word_.back();
        word_.pop_back();
        if (ends_in_short_syllable()) word_ += last;
      }
    } else if (ends("ll") && in_r2(1)) {
      word_.pop_back();
    }
  }

  std::string word_;
  std::size_t r1_ = 0;
  std::size_t r2_ = 0;
};

// --- stop words ---------------------------------------------------------------------------------

constexpr std::string_view stop_words = R"(
a an the
i me my mine myself we us our ours ourselves you your yours yourself yourselves
he him his himself she her hers herself it its itself they them their theirs themselves
this that these those here there
what which who whom whose when where why how
am is are was were be been being
have has had having do does did doing done
will would shall should can could may might must ought
not no nor
and or but if then else so than as because while although though
of at by for with about against between into through during before after above below to from up
down in out on off over under upon within without toward towards
again further once too very just only own same such both each few more most other some any all
also ever yet still already
let lets
s t d m ll re ve don isn aren wasn weren hasn haven hadn doesn didn won wouldn shan shouldn couldn
mustn needn ain mightn
im ive id youre youve hes shes theyre dont didnt doesnt isnt arent wasnt cant couldnt wont wouldnt
whats thats wheres whos
)";

const std::unordered_set<std::string_view>& stops() {
  static const std::unordered_set<std::string_view> set = [] {
    std::unordered_set<std::string_view> words;
    each_line(stop_words, [&words](std::string_view line) {
      each_word(line, [&words](std::string_view word) { words.insert(word); });
    });
    return words;
  }();
  return set;
}

constexpr std::array<std::string_view, 12> months = {
    "january", "february", "march",     "april",   "may",      "june",
    "july",    "august",   "september", "october", "november", "december"};

}  // namespace

std::string stem(std::string_view word) {
  static const Forms irregular = forms_of(irregular_forms);
  static const Forms kept = forms_of(kept_forms);
  const bool is_plain = std::all_of(word.begin(), word.end(), [](char letter) {
    return (letter >= 'a' && letter <= 'z') || (letter >= '0' && letter <= '9');
  });
  if (!is_plain) return std::string{word};
  if (const auto found = kept.find(word); found != kept.end()) return std::string{found->second};
  if (const auto found = irregular.find(word); found != irregular.end()) word = found->second;
  const bool has_digit = std::any_of(word.begin(), word.end(),
                                     [](char letter) { return letter >= '0' && letter <= '9'; });
  if (word.size() <= 2 || has_digit) return std::string{word};
  std::string stemmed = Stem{word}.take();
  // "photographs" and "painted" come to the same as what the table gives for "photos".
  return stemmed;
}

bool is_stop_word(std::string_view word) {
  return stops().contains(word);
}

int month_of(std::string_view word) {
  for (std::size_t i = 0; i < months.size(); ++i) {
    const std::string_view name = months[i];
    if (word == name) return static_cast<int>(i) + 1;
    if (name.size() > 4 && word.size() == 3 && name.starts_with(word))
      return static_cast<int>(i) + 1;
  }
  return word == "sept" ? 9 : 0;
}

std::string_view month_name(int month) {
  return months[static_cast<std::size_t>(month - 1)];
}

}  // namespace onggi::words
