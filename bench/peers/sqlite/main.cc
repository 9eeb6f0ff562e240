// The bare loop: what one thread gets out of SQLite without a server around it.
//
//   onggi_bench_sqlite read FILE PAGE REQUESTS SECONDS   REQUESTS: a file, the arguments of one
//                                                        request a line (pages.h), taken in turn
//   onggi_bench_sqlite show FILE PAGE REQUESTS           prints the first answer
//   onggi_bench_sqlite insert FILE USER ROWS SECONDS     ROWS a transaction; FILE is an onggi file
//
// Prints {"per_second", "p50_ms", "p99_ms", "bytes"}: of answers, or of rows and transactions.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <functional>
#include <sstream>

#include <fmt/format.h>

#include "peers/sqlite/insert.h"
#include "peers/sqlite/pages.h"

namespace onggi::bench {
namespace {

using Arguments = std::vector<std::string>;
using Steady = std::chrono::steady_clock;

std::vector<Arguments> read_requests(const std::string& file) {
  std::ifstream lines(file);
  std::vector<Arguments> requests;
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    Arguments arguments;
    for (std::string word; words >> word;) arguments.push_back(std::move(word));
    requests.push_back(std::move(arguments));
  }
  if (requests.empty()) throw std::runtime_error(file + " holds no requests");
  return requests;
}

double percentile_ms(std::vector<float>& sorted_ms, double share) {
  const auto last = static_cast<double>(sorted_ms.size() - 1);
  return sorted_ms[static_cast<std::size_t>(last * share)];
}

// `each` gives the bytes of one answer, or zero; `weight` is how much one run of it counts.
void measure(double seconds, double weight, const std::function<std::size_t()>& each) {
  const auto begun = Steady::now();
  const auto end = begun + std::chrono::duration<double>(seconds);
  std::vector<float> taken_ms;
  std::size_t bytes = 0;
  Steady::time_point before = begun;
  while (before < end) {
    bytes += each();
    const Steady::time_point after = Steady::now();
    taken_ms.push_back(std::chrono::duration<float, std::milli>(after - before).count());
    before = after;
  }
  const double elapsed = std::chrono::duration<double>(before - begun).count();
  const auto count = static_cast<double>(taken_ms.size());
  std::ranges::sort(taken_ms);
  fmt::print("{{\"per_second\":{:.1f},\"p50_ms\":{:.4f},\"p99_ms\":{:.4f},\"bytes\":{:.0f}}}\n",
             count * weight / elapsed, percentile_ms(taken_ms, 0.5), percentile_ms(taken_ms, 0.99),
             static_cast<double>(bytes) / count);
}

void read(const Arguments& words) {
  Connection connection(words.at(1), SQLITE_OPEN_READONLY);
  connection.run("pragma mmap_size = 17179869184; pragma cache_size = -65536");
  const std::unique_ptr<Page> page = make_page(connection, words.at(2));
  const std::vector<Arguments> requests = read_requests(words.at(3));
  std::string out;
  std::size_t next = 0;
  const auto build = [&] {
    out.clear();
    page->build(requests[next++ % requests.size()], out);
    return out.size();
  };
  if (words.at(0) == "show") {
    build();
    fmt::print("{}\n", out);
  } else {
    measure(std::stod(words.at(4)), 1, build);
  }
}

void insert(const Arguments& words) {
  const std::optional<Uuid> user = Uuid::parse(words.at(2));
  if (!user) throw std::runtime_error(words.at(2) + " is no id");
  const auto rows = static_cast<std::size_t>(std::stoul(words.at(3)));
  Inserts inserts(words.at(1), *user, rows);
  measure(std::stod(words.at(4)), static_cast<double>(rows), [&] {
    inserts.run();
    return std::size_t{0};
  });
}

}  // namespace
}  // namespace onggi::bench

int main(int count, char** values) {
  const onggi::bench::Arguments words(values + 1, values + count);
  try {
    if (!words.empty() && words[0] == "insert")
      onggi::bench::insert(words);
    else
      onggi::bench::read(words);
    return 0;
  } catch (const std::exception& failure) {
    fmt::print(stderr, "onggi_bench_sqlite: {}\n", failure.what());
    return 1;
  }
}
