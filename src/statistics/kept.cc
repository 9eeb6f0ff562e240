#include "statistics/kept.h"

#include <algorithm>

#include <fmt/format.h>

#include "statistics/fold.h"

namespace onggi::statistics {
namespace {

// Longer, the queue is read with everything else until it is folded.
constexpr std::size_t changes_max = 20'000;

std::string name_of(const Question& question) {
  const auto date = [](std::optional<Date> asked) {
    return asked ? asked->days : latest_date.days + 1;
  };
  return fmt::format("{} {} {} {} {} {} {} {}", static_cast<int>(question.kind),
                     static_cast<int>(question.group), question.is_dashboard, question.days,
                     date(question.from), date(question.to), question.user->view(),
                     question.subject ? question.subject->view() : std::string_view());
}

constexpr std::size_t bytes_of_shown_item = 640;

bool is_of_version(const Answer& answer, std::int64_t version) {
  const auto& lifetimes = answer.found().lifetimes;
  return !lifetimes.empty() && lifetimes.begin()->second.version == version;
}

}  // namespace

Readings::Readings(db::Database& database, std::size_t most_bytes,
                   std::function<std::optional<std::uint64_t>()> changes)
    : database_(database), most_bytes_(most_bytes), changes_(std::move(changes)) {}

Task<std::shared_ptr<const Kept>> Readings::read(db::Cost& cost, Question question) {
  if (!question.user) {
    auto everybodys = std::make_shared<Kept>();
    Reading reading = co_await statistics::read(database_, cost, std::move(question));
    everybodys->reading = std::move(reading);
    co_return everybodys;
  }
  std::string key = name_of(question);
  const Current kept = find(key);
  // Counted before what is read.
  const std::optional<std::uint64_t> changes = changes_();
  Known known;
  if (kept) {
    known.version = kept->lifetime_.version;
    // Where numbers are not in the order of commits all that waits is read.
    known.last_change = kept->is_in_order_ ? kept->last_ : 0;
    known.counts = kept->counts_known(question.now, changes);
  }
  std::shared_ptr<Answer> answer = co_await ask(database_, cost, std::move(question), known);
  const bool is_partial = kept && is_of_version(*answer, known.version);
  if (is_partial) {
    Current current = with(kept, *answer, changes);
    if (current && current != kept) put(std::move(key), current);
    if (current) co_return current;
  }
  const Whole whole = co_await complete(database_, cost, std::move(answer), is_partial);
  const std::shared_ptr<Kept> made = kept_of(whole, changes);
  if (made->is_lasting_) put(std::move(key), made);
  co_return made;
}

Readings::Current Readings::with(const Current& kept, const Answer& rest,
                                 std::optional<std::uint64_t> changes) {
  const Found& found = rest.found();
  if (found.lifetimes.begin()->second.timezone != kept->lifetime_.timezone) return nullptr;
  const Time now = rest.question().now;
  std::vector<const Weighed*> fresh;
  for (const Weighed& change : found.changes)
    if (!kept->knows(change.id)) fresh.push_back(&change);
  if (!kept->is_in_order_ && found.changes.size() - fresh.size() != kept->known_.size())
    return nullptr;
  const bool are_counts_same =
      kept->changes_ == changes && kept->counts_version_ == found.counts_version &&
      (!found.has_counts ||
       (found.resources == kept->reading.resources && found.memory == kept->reading.memory));
  const bool is_same_second = second_of(now) == second_of(kept->question_.now);
  if (fresh.empty() && are_counts_same && is_same_second) return kept;

  Dates dates(kept->lifetime_, true);
  const auto [from, to] = dates_of(kept->question_, dates.calendar().date_of(now));
  if (from != kept->reading.from || to != kept->reading.to) return nullptr;
  const std::shared_ptr<Kept> next = kept->copy();
  next->question_.now = now;
  next->changes_ = changes;
  next->counts_version_ = found.counts_version;
  if (found.has_counts) {
    next->reading.resources = found.resources;
    next->reading.memory = found.memory;
  }
  if (!next->add(fresh, dates)) return nullptr;
  return next;
}

std::shared_ptr<const cache::Page> Kept::page(std::string_view endpoint) const {
  const std::lock_guard lock(mutex_);
  return shown_.endpoint == endpoint ? shown_.page : nullptr;
}

void Kept::show(std::string_view endpoint, std::shared_ptr<const cache::Page> page) const {
  const std::lock_guard lock(mutex_);
  shown_ = {std::string(endpoint), std::move(page)};
}

std::shared_ptr<Kept> Kept::copy() const {
  auto copied = std::make_shared<Kept>();
  copied->reading = reading;
  copied->question_ = question_;
  copied->lifetime_ = lifetime_;
  copied->hours_ = hours_;
  copied->hours_from_ = hours_from_;
  copied->is_in_order_ = is_in_order_;
  copied->last_ = last_;
  copied->known_ = known_;
  copied->changes_ = changes_;
  copied->counts_version_ = counts_version_;
  return copied;
}

// Here or in the database; none in another second, since memories expire.
std::int64_t Kept::counts_known(Time now, std::optional<std::uint64_t> changes) const {
  if (second_of(question_.now) != second_of(now)) return -1;
  if (!changes) return counts_version_.value_or(-1);
  return changes_ == changes ? 0 : -1;
}

bool Kept::knows(std::int64_t change) const {
  return is_in_order_ ? change <= last_ : std::ranges::binary_search(known_, change);
}

void Kept::know(const Weighed& change) {
  last_ = std::max(last_, change.id);
  if (!is_in_order_) known_.push_back(change.id);
  if (!question_.is_dashboard) return;
  const Time at = change.what.started_at;
  const Time hour = hour_of(at);
  if (hour >= hours_from_)
    hours_[hour].add(static_cast<int>((at.ms - hour.ms) / 1'000), change.weight);
}

// False where executions have to be read.
bool Kept::add(const std::vector<const Weighed*>& changes, Dates& dates) {
  std::map<ItemKey, Delta> more;
  for (const Weighed* change : changes) {
    const store::Contribution& what = change->what;
    const Date date = dates.date_of(what.started_at);
    const bool is_of_dates = date >= reading.from && date <= reading.to;
    if (is_of_dates && change->takes_away()) return false;
    if (is_of_dates && (!question_.subject || what.subject_id == *question_.subject))
      more[key_of(question_.group, date, what.subject_id)].add(what, change->weight);
    if (question_.is_dashboard)
      reading.count[static_cast<std::size_t>(what.status)] += change->weight;
    know(*change);
  }
  for (const auto& [key, delta] : more) delta.apply(reading.items[key]);
  std::erase_if(reading.items, [](const auto& item) { return item.second == Figures{}; });
  std::ranges::sort(known_);
  if (question_.is_dashboard) count_recent();
  return true;
}

// About, with the page that will be made of it.
std::size_t Kept::bytes() const {
  std::size_t bytes = sizeof(Kept) + known_.capacity() * sizeof(std::int64_t);
  for (const auto& [hour, seconds] : hours_) bytes += sizeof(hour) + seconds.bytes();
  for (const auto& [key, figures] : reading.items)
    bytes += sizeof(key) + sizeof(figures) + figures.durations.bytes() + bytes_of_shown_item;
  return bytes;
}

void Kept::count_recent() {
  reading.last_24h = 0;
  for (const auto& [hour, seconds] : hours_)
    reading.last_24h += recent_of(hour, seconds, question_.now);
}

std::shared_ptr<Kept> Readings::kept_of(const Whole& whole,
                                        std::optional<std::uint64_t> changes) const {
  auto kept = std::make_shared<Kept>();
  kept->reading = whole.answer->finish(whole.gaps);
  const Found& found = whole.answer->found();
  kept->is_lasting_ =
      whole.gaps.empty() && !found.lifetimes.empty() && found.changes.size() <= changes_max;
  if (!kept->is_lasting_) return kept;
  kept->lifetime_ = found.lifetimes.begin()->second;
  kept->question_ = whole.answer->question();
  kept->hours_from_ = hours_asked(kept->question_.now);
  for (const auto& [user, hour] : found.hours) kept->hours_[hour.first] = hour.second;
  kept->changes_ = changes;
  kept->counts_version_ = found.counts_version;
  kept->is_in_order_ = !database_.is_shared();
  for (const Weighed& change : found.changes) kept->know(change);
  std::ranges::sort(kept->known_);
  return kept;
}

Readings::Current Readings::find(const std::string& key) {
  const std::lock_guard lock(mutex_);
  const auto found = by_key_.find(key);
  if (found == by_key_.end()) return nullptr;
  entries_.splice(entries_.begin(), entries_, found->second);
  return found->second->kept;
}

// One that another has read meanwhile is replaced: both hold, or are found not to.
void Readings::put(std::string key, Current kept) {
  const std::size_t bytes = kept->bytes();
  if (bytes > most_bytes_ / 4) return;
  const std::lock_guard lock(mutex_);
  const auto drop = [&](std::list<Entry>::iterator entry) {
    bytes_ -= entry->bytes;
    by_key_.erase(entry->key);
    entries_.erase(entry);
  };
  if (const auto there = by_key_.find(key); there != by_key_.end()) drop(there->second);
  entries_.push_front({std::move(key), std::move(kept), bytes});
  by_key_.emplace(entries_.front().key, entries_.begin());
  bytes_ += bytes;
  while (bytes_ > most_bytes_) drop(std::prev(entries_.end()));
}

}  // namespace onggi::statistics
