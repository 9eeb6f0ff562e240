#include "words/query.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdlib>

#include "words/analysis.h"
#include "words/english.h"

namespace onggi::words {
namespace {

using std::chrono::days;
using std::chrono::sys_days;

Time time_of(sys_days day) {
  return Time{std::int64_t{day.time_since_epoch().count()} * day_ms};
}

Span of_days(sys_days from, int count) {
  return {time_of(from), time_of(from + days{count})};
}

Span of_month(int year, int month) {
  const std::chrono::year_month first{std::chrono::year{year},
                                      std::chrono::month{static_cast<unsigned>(month)}};
  const auto next = first + std::chrono::months{1};
  return {time_of(sys_days{first / 1}), time_of(sys_days{next / 1})};
}

Span of_year(int year) {
  return {time_of(sys_days{std::chrono::year{year} / 1 / 1}),
          time_of(sys_days{std::chrono::year{year + 1} / 1 / 1})};
}

// Finds the times that a text speaks of.
class Dates {
 public:
  Dates(std::string_view text, const std::vector<Token>& tokens, Time now)
      : text_(text), tokens_(tokens) {
    const auto count = static_cast<int>(std::floor(static_cast<double>(now.ms) / day_ms));
    today_ = sys_days{days{count}};
    const std::chrono::year_month_day date{today_};
    year_ = static_cast<int>(date.year());
    month_ = static_cast<int>(static_cast<unsigned>(date.month()));
  }

  std::vector<Span> take() {
    whole_dates();
    if (spans_.empty()) months();
    if (spans_.empty()) years();
    relative();
    korean();
    return std::move(spans_);
  }

 private:
  std::string word(std::size_t index) const {
    std::string out{text_.substr(tokens_[index].begin, tokens_[index].end - tokens_[index].begin)};
    for (char& c : out)
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
    return out;
  }
  static int number(std::string_view text) {
    if (text.empty() || text.size() > 4 ||
        !std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; }))
      return 0;
    return std::atoi(std::string{text}.c_str());
  }
  static bool is_year(int value) { return value >= 1900 && value <= 2199; }

  void add_day(int year, int month, int day) {
    const std::chrono::year_month_day date{std::chrono::year{year},
                                           std::chrono::month{static_cast<unsigned>(month)},
                                           std::chrono::day{static_cast<unsigned>(day)}};
    if (date.ok()) spans_.push_back(of_days(sys_days{date}, 1));
  }

  void whole_dates() {
    for (const Token& token : tokens_) {
      const std::string& term = token.term;
      if (term.size() == 10 && term[4] == '-' && term[7] == '-')
        add_day(number(term.substr(0, 4)), number(term.substr(5, 2)), number(term.substr(8, 2)));
    }
    if (!spans_.empty()) return;
    // Of a day without its year, the last ones.
    for (const Token& token : tokens_)
      if (token.is_extra && token.term.starts_with("--"))
        for (int year = year_ - 2; year <= year_; ++year)
          add_day(year, number(token.term.substr(2, 2)), number(token.term.substr(5, 2)));
  }

  void months() {
    for (std::size_t i = 0; i < tokens_.size(); ++i) {
      const int month = tokens_[i].is_stop || tokens_[i].is_cjk ? 0 : month_of(word(i));
      // A word that was taken for the month has its name's stem.
      if (month == 0 || tokens_[i].term != stem(month_name(month))) continue;
      if (word(i) == "march" || word(i) == "may") {
        const char first = text_[tokens_[i].begin];
        if (first < 'A' || first > 'Z') continue;
      }
      int year = 0;
      for (std::size_t j = i + 1; j < tokens_.size() && j <= i + 2; ++j)
        if (is_year(number(tokens_[j].term))) year = number(tokens_[j].term);
      if (year != 0) {
        spans_.push_back(of_month(year, month));
      } else {
        const int last = month <= month_ ? year_ : year_ - 1;
        for (int each = last - 2; each <= last; ++each) spans_.push_back(of_month(each, month));
      }
    }
  }

  void years() {
    for (const Token& token : tokens_)
      if (is_year(number(token.term))) spans_.push_back(of_year(number(token.term)));
  }

  sys_days monday() const {
    const unsigned day = std::chrono::weekday{today_}.iso_encoding();
    return today_ - days{static_cast<int>(day) - 1};
  }

  void relative() {
    for (std::size_t i = 0; i < tokens_.size(); ++i) {
      const std::string here = word(i);
      if (here == "today" || here == "tonight") spans_.push_back(of_days(today_, 1));
      if (here == "yesterday") spans_.push_back(of_days(today_ - days{1}, 1));
      if (i == 0) continue;
      const std::string before = word(i - 1);
      if (before == "last" || before == "past" || before == "this") unit(here, before != "this");
      if (i >= 2 && here == "ago") ago(number(tokens_[i - 2].term), before, word(i - 2));
    }
  }

  void unit(std::string_view name, bool is_last) {
    const int back = is_last ? 1 : 0;
    if (name == "week") spans_.push_back(of_days(monday() - days{7 * back}, 7));
    if (name == "weekend") spans_.push_back(of_days(monday() - days{2}, 2));
    if (name == "year") spans_.push_back(of_year(year_ - back));
    if (name == "month") {
      const int count = year_ * 12 + month_ - 1 - back;
      spans_.push_back(of_month(count / 12, count % 12 + 1));
    }
    if (name == "night" && is_last) spans_.push_back(of_days(today_ - days{1}, 1));
    static constexpr std::string_view names[] = {"monday", "tuesday",  "wednesday", "thursday",
                                                 "friday", "saturday", "sunday"};
    for (int day = 1; day <= 7; ++day)
      if (name == names[day - 1] && is_last) {
        const auto now = static_cast<int>(std::chrono::weekday{today_}.iso_encoding());
        spans_.push_back(of_days(today_ - days{(now - day + 6) % 7 + 1}, 1));
      }
  }

  void ago(int count, std::string_view name, std::string_view counted) {
    if (counted == "a" || counted == "an") count = 1;
    if (count < 1 || count > 1000) return;
    if (name.starts_with("day")) spans_.push_back(of_days(today_ - days{count}, 1));
    if (name.starts_with("week")) spans_.push_back(of_days(today_ - days{7 * count + 3}, 7));
    if (name.starts_with("month")) spans_.push_back(of_days(today_ - days{30 * count + 15}, 30));
    if (name.starts_with("year")) spans_.push_back(of_year(year_ - count));
  }

  void korean() {
    const auto says = [this](std::string_view what) { return text_.contains(what); };
    if (says("오늘")) spans_.push_back(of_days(today_, 1));
    if (says("어제")) spans_.push_back(of_days(today_ - days{1}, 1));
    if (says("그저께") || says("그제")) spans_.push_back(of_days(today_ - days{2}, 1));
    if (says("지난주") || says("지난 주")) spans_.push_back(of_days(monday() - days{7}, 7));
    if (says("이번 주")) spans_.push_back(of_days(monday(), 7));
    if (says("지난달") || says("지난 달")) unit("month", true);
    if (says("이번 달")) unit("month", false);
    if (says("작년")) spans_.push_back(of_year(year_ - 1));
    if (says("올해")) spans_.push_back(of_year(year_));
    for (std::size_t i = 1; i < tokens_.size(); ++i) {
      const bool is_month =
          tokens_[i].is_cjk && word(i).starts_with("월") && tokens_[i].begin == tokens_[i - 1].end;
      const int month = is_month ? number(tokens_[i - 1].term) : 0;
      if (month < 1 || month > 12 || !spans_.empty()) continue;
      const int last = month <= month_ ? year_ : year_ - 1;
      for (int each = last - 2; each <= last; ++each) spans_.push_back(of_month(each, month));
    }
  }

  std::string_view text_;
  const std::vector<Token>& tokens_;
  sys_days today_;
  int year_ = 0;
  int month_ = 0;
  std::vector<Span> spans_;
};

constexpr std::size_t terms_max = 256;
constexpr std::size_t dates_max = 32;

}  // namespace

bool Query::has(std::string_view term) const {
  return std::ranges::any_of(terms, [term](const Term& each) { return each.text == term; });
}

Query ask(std::string_view text, Time now) {
  const std::vector<Token> tokens = analyse(text);
  Query query;
  const bool only_stops =
      std::ranges::all_of(tokens, [](const Token& token) { return token.is_stop; });
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    const Token& token = tokens[i];
    if (token.is_stop && !only_stops) continue;
    if (query.terms.size() == terms_max || query.has(token.term)) continue;
    const auto together = static_cast<double>(std::ranges::count_if(
        tokens, [&token](const Token& each) { return each.word == token.word && each.is_cjk; }));
    const bool is_word =
        !token.is_cjk && !token.is_extra &&
        std::ranges::none_of(token.term, [](char c) { return c >= '0' && c <= '9'; });
    query.terms.push_back({.text = token.term,
                           .weight = token.is_cjk ? 1.0 / std::sqrt(together) : 1.0,
                           .may_be_misspelt = is_word});
  }
  query.dates = Dates{text, tokens, now}.take();
  if (query.dates.size() > dates_max) query.dates.resize(dates_max);
  return query;
}

}  // namespace onggi::words
