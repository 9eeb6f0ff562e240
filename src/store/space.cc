#include "store/space.h"

#include <chrono>

#include "sql/catalogue.h"

namespace onggi::store {
namespace {

// A step goes on for about as long: each has a commit, however little it does.
constexpr std::chrono::milliseconds step_lasts{8};

struct Space {
  std::int64_t free_pages;
  std::int64_t page_bytes;
};

Task<Space> space(db::Connection& connection) {
  const db::Rows rows = co_await connection.many(sql::retention_space, {});
  co_return Space{rows[0].integer(0), rows[0].integer(1)};
}

// How many pages have gone, and how many are left.
struct Step {
  std::int64_t returned;
  Space left;
};

Task<Step> step(db::Connection& connection) {
  const Space before = co_await space(connection);
  const auto begun = std::chrono::steady_clock::now();
  Space left = before;
  for (bool is_more = before.free_pages > 0; is_more;) {
    co_await connection.many(sql::retention_return_space, {});
    const Space after = co_await space(connection);
    const bool has_gone = after.free_pages < left.free_pages;
    left = after;
    is_more =
        has_gone && left.free_pages > 0 && std::chrono::steady_clock::now() - begun < step_lasts;
  }
  co_return Step{before.free_pages - left.free_pages, left};
}

}  // namespace

Task<std::int64_t> return_space(Batches& batches, std::function<void()> settle,
                                std::function<void(std::int64_t bytes)> progress) {
  std::int64_t bytes = 0;
  for (bool is_more = true; is_more && !batches.is_to_stop();) {
    std::function<Task<Step>(db::Connection&)> body = step;
    const Step done = co_await batches.write<Step>(std::move(body));
    bytes += done.returned * done.left.page_bytes;
    is_more = done.returned > 0 && done.left.free_pages > 0;
    if (progress) progress(bytes);
  }
  if (bytes > 0) settle();
  co_return bytes;
}

}  // namespace onggi::store
