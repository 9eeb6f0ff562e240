#include "store/space.h"

#include "sql/catalogue.h"

namespace onggi::store {
namespace {

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
  if (before.free_pages == 0) co_return Step{0, before};
  co_await connection.many(sql::retention_return_space, {});
  const Space after = co_await space(connection);
  co_return Step{before.free_pages - after.free_pages, after};
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
