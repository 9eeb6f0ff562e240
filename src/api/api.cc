#include "api/api.h"

#include <chrono>

#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>
#include <fmt/format.h>

#include "api/endpoint.h"
#include "api/in_flight.h"
#include "api/observations.h"
#include "api/pages.h"
#include "api/problem.h"
#include "api/query.h"
#include "api/readiness.h"
#include "api/recording.h"
#include "api/request.h"
#include "http/gzip.h"
#include "http/negotiate.h"
#include "http/router.h"
#include "http/server.h"

namespace onggi::api {
namespace {

// Bodies from here on are parsed on a worker: they would hold an event loop up for milliseconds.
constexpr std::size_t large_body = 128 * 1024;
constexpr std::string_view json_type = "application/json";

std::vector<http::Route> routes(std::vector<std::string>& patterns) {
  std::vector<http::Route> all;
  patterns.reserve(endpoints().size());
  for (const Endpoint& endpoint : endpoints()) {
    patterns.push_back((endpoint.is_absolute ? std::string() : std::string(prefix)) +
                       std::string(endpoint.path));
    all.push_back({endpoint.method, patterns.back()});
  }
  return all;
}

// Compressed once for all who take it so; of larger pages the connection makes it, piece by piece.
void add_kept(const cache::Page& page, const http::Request& request, http::Response& response) {
  constexpr std::size_t largest = 128 << 10;
  response.etag = page.etag;
  if (page.body.size() <= http::Limits{}.gzip_from_bytes || page.body.size() > largest) return;
  if (!http::accepts_gzip(request.header("Accept-Encoding").value_or(""))) return;
  response.shared_gzip = page.compressed([](std::string_view body) {
    http::Deflater deflater;
    std::string compressed;
    deflater.add(body, true, compressed);
    return compressed;
  });
}

http::Response response_of(Answer answer, const http::Request& request) {
  http::Response response;
  response.status = answer.status;
  response.content_type = answer.content_type;
  if (answer.kept) {
    add_kept(*answer.kept, request, response);
    response.shared = {answer.kept, &answer.kept->body};
    return response;
  }
  const bool is_read = request.method == http::Method::get || request.method == http::Method::head;
  if (!answer.stream && answer.content_type == json_type && !answer.body.empty() &&
      (answer.version || is_read))
    response.etag = entity_tag(answer.body, answer.version);
  response.body = std::move(answer.body);
  response.stream = std::move(answer.stream);
  response.headers = std::move(answer.headers);
  if (!answer.location.empty())
    response.headers.emplace_back("Location", std::move(answer.location));
  if (answer.is_replay) response.headers.emplace_back("Idempotent-Replay", "true");
  return response;
}

void add_cost(http::Response& response, const db::Cost& cost, std::chrono::nanoseconds total) {
  using milliseconds = std::chrono::duration<double, std::milli>;
  response.headers.emplace_back("Onggi-Queries", std::to_string(cost.statements));
  response.headers.emplace_back(
      "Server-Timing", fmt::format("db;dur={:.2f}, total;dur={:.2f}",
                                   milliseconds(cost.time).count(), milliseconds(total).count()));
}

}  // namespace

struct Api::Impl {
  Services services;
  std::vector<std::string> patterns;
  http::Router router;
  Observations observations;
  Pages pages;
  InFlight in_flight;
  Recording recording;
  Readiness readiness;

  explicit Impl(Services given)
      : services(std::move(given)),
        router(routes(patterns)),
        observations(services.registry, endpoints()),
        readiness(services.trouble) {}

  Task<http::Response> answer(http::Request& request, db::Cost& cost,
                              std::optional<std::size_t>& route);
  Task<http::Response> serve(Call& call, Target target);
};

Api::Api(Services services) : impl_(std::make_unique<Impl>(std::move(services))) {}

Api::~Api() = default;

void Api::set_stopping() {
  impl_->readiness.set_stopping();
}

Task<http::Response> Api::handle(http::Request& request) {
  Executor* const home = Executor::current();
  const auto started = std::chrono::steady_clock::now();
  db::Cost cost;
  std::optional<std::size_t> route;
  std::optional<http::Response> response;
  try {
    http::Response answered = co_await impl_->answer(request, cost, route);
    response.emplace(std::move(answered));
  } catch (const Unavailable& unavailable) {
    impl_->observations.refused(unavailable, request);
    response.emplace(problem_response(503, unavailable.detail(), request.id));
  } catch (const db::ForeignKeyViolation&) {
    // What a request refers to is looked up in its transaction; only its user can have been erased
    // since the key was known.
    response.emplace(
        problem_response(401, "The user for whom this was to be done is gone.", request.id));
  } catch (const std::exception& error) {
    impl_->observations.failed(error, request, route ? &impl_->observations.of(*route) : nullptr);
    response.emplace(problem_response(
        500, "Something went wrong inside; the log knows more under this request_id.", request.id));
  }
  if (home != nullptr) co_await move_to(*home);
  const auto took = std::chrono::steady_clock::now() - started;
  add_cost(*response, cost, took);
  if (route)
    impl_->observations.answered(impl_->observations.of(*route), response->status, took, cost);
  co_return std::move(*response);
}

Task<http::Response> Api::Impl::answer(http::Request& request, db::Cost& cost,
                                       std::optional<std::size_t>& route) {
  Result<Target> target = read_target(request.target);
  if (!target) co_return problem_response(target.error(), request.id);
  if (std::optional<http::Response> page = pages.find(request, target->path))
    co_return std::move(*page);
  const std::optional<http::Router::Match> match = router.match(request.method, target->segments);
  if (!match) co_return problem_response(404, "There is nothing at this path.", request.id);
  if (!match->route) {
    http::Response response =
        request.method == http::Method::options
            ? http::Response{}
            : problem_response(405, "This path does not know the method.", request.id);
    if (request.method == http::Method::options) response.status = 204;
    response.headers.emplace_back("Allow", std::string(match->allowed));
    co_return response;
  }
  route = *match->route;
  Call call{.request = request,
            .endpoint = endpoints()[*match->route],
            .services = services,
            .in_flight = in_flight,
            .recording = recording,
            .readiness = readiness,
            .cost = {.request = request.id}};
  call.path = match->values;
  std::exception_ptr error;
  std::optional<http::Response> response;
  try {
    http::Response served = co_await serve(call, std::move(*target));
    response.emplace(std::move(served));
  } catch (...) {
    error = std::current_exception();  // the cost is told first
  }
  cost = call.cost;
  if (error) std::rethrow_exception(error);
  co_return std::move(*response);
}

Task<http::Response> Api::Impl::serve(Call& call, Target target) {
  http::Request& request = call.request;
  call.resource = std::move(target.path);
  call.now = services.clock.now();
  if (call.endpoint.access != Access::open) {
    Result<void> known = co_await identify(call);
    if (!known) co_return problem_response(known.error(), request.id);
  }
  if (!fits_path(call)) co_return problem_response(404, "There is no such object.", request.id);
  Result<void> allowed = co_await authorize(call, target.pairs);
  if (!allowed) co_return problem_response(allowed.error(), request.id);
  Result<void> fits = read_headers(call);
  if (!fits) co_return problem_response(fits.error(), request.id);
  if (request.body.size() >= large_body) co_await move_to(services.workers);
  Result<void> parsed = read_body(call);
  if (!parsed) co_return problem_response(parsed.error(), request.id);
  Result<Answer> answer = co_await call.endpoint.handle(call);
  if (!answer) co_return problem_response(answer.error(), request.id);
  co_return response_of(std::move(*answer), request);
}

http::Response Api::problem(int status, std::string_view detail, std::string_view request_id) {
  return problem_response(status, detail, request_id);
}

// Also what an operator does beside the server.
bool Api::is_vital(const http::Request& request) const {
  const std::string_view path = request.target.substr(0, request.target.find('?'));
  return request.is_local_control || path == "/healthz" || path == "/readyz" || path == "/metrics";
}

std::size_t Api::body_limit(http::Method method, std::string_view target) const {
  constexpr std::size_t ordinary = 16u << 20;
  constexpr std::size_t batch = 64u << 20;
  const std::string_view path = target.substr(0, target.find('?'));
  return method == http::Method::post && path.ends_with("/batch") ? batch : ordinary;
}

}  // namespace onggi::api
