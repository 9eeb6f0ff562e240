#include "bench/retrieval/speed.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <ctime>
#include <random>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "words/document.h"
#include "words/index.h"
#include "words/query.h"

namespace onggi::words {
namespace {

// What this thread has worked, whatever else the machine does.
struct Worked {
  using duration = std::chrono::nanoseconds;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<Worked>;
  static time_point now() {
    timespec time{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return time_point(std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec));
  }
};

constexpr std::size_t memories = 100'000;
constexpr std::size_t memory_bytes = 400;
constexpr std::size_t vocabulary = 50'000;
constexpr int questions = 1'000;

double ms_since(Worked::time_point begin) {
  return std::chrono::duration<double, std::milli>(Worked::now() - begin).count();
}

std::string word_of(std::size_t number) {
  std::string word;
  for (std::size_t rest = number + 31; rest > 0; rest /= 19)
    word += "bcdfghjklmnprstvwxz"[rest % 19], word += "aeiou"[rest % 5];
  return word;
}

class Text {
 public:
  Text() {
    double sum = 0;
    for (std::size_t i = 0; i < vocabulary; ++i)
      sums_.push_back(sum += 1 / (static_cast<double>(i) + 10));
  }
  std::string word() {
    const double at = std::uniform_real_distribution(0.0, sums_.back())(random_);
    return word_of(static_cast<std::size_t>(std::ranges::lower_bound(sums_, at) - sums_.begin()));
  }
  std::string of_size(std::size_t bytes) {
    std::string text;
    while (text.size() < bytes) text += word() + ' ';
    return text;
  }

 private:
  std::mt19937 random_{1};
  std::vector<double> sums_;
};

}  // namespace

void measure_speed() {
  Text text;
  std::vector<std::string> words;
  auto begin = Worked::now();
  double making_ms = 0;
  for (std::size_t i = 0; i < memories; ++i) {
    const std::string content = text.of_size(memory_bytes);
    begin = Worked::now();
    words.push_back(encode(describe(content, {})));
    making_ms += ms_since(begin);
  }
  Index index;
  begin = Worked::now();
  for (std::size_t i = 0; i < memories; ++i) {
    Memory memory;
    memory.id = Uuid::v7(Time{1'700'000'000'000 + static_cast<std::int64_t>(i)});
    memory.created_at = memory.aged_from = Time{1'700'000'000'000 + static_cast<std::int64_t>(i)};
    memory.arrival = static_cast<std::int64_t>(i);
    memory.words = words[i];
    index.put(memory);
  }
  const double put_ms = ms_since(begin);
  std::vector<double> times;
  for (int i = 0; i < questions; ++i) {
    std::string question;
    for (int j = 0; j < 3 + i % 4; ++j) question += text.word() + ' ';
    begin = Worked::now();
    index.rank(ask(question, Time{1'700'001'000'000}), {}, all_alive(), Time{1'700'001'000'000},
               {});
    times.push_back(ms_since(begin));
  }
  std::ranges::sort(times);
  fmt::print(
      "{} memories of {} bytes: analysed in {:.1f} us each, an index made in {:.0f} ms, {:.1f} "
      "MB\n",
      memories, memory_bytes, making_ms * 1000 / static_cast<double>(memories), put_ms,
      static_cast<double>(index.bytes()) / 1e6);
  fmt::print("ranked in {:.2f} ms (median), {:.2f} ms (p99)\n", times[times.size() / 2],
             times[times.size() * 99 / 100]);
}

}  // namespace onggi::words
