// Reading a Call, and writing in its name.
#include <fmt/format.h>
#include <xxhash.h>

#include "api/endpoint.h"
#include "api/in_flight.h"

namespace onggi::api {
namespace {

const std::optional<std::string>& value_of(const Call& call, std::string_view name) {
  for (std::size_t i = 0; i < call.endpoint.query.size(); ++i)
    if (call.endpoint.query[i].name == name) return call.query.values[i];
  throw std::logic_error("no such parameter: " + std::string(name));
}

// What tells a repetition from another request under the same key.
Sha256 content_hash(const Call& call) {
  const Sha256 body = call.body ? store::request_hash(*call.body) : sha256(call.request.body);
  std::string whole;
  for (std::size_t i = 0; i < call.endpoint.query.size(); ++i)
    if (const auto& value = call.query.values[i])
      whole += fmt::format("{}={}\n", call.endpoint.query[i].name, *value);
  return whole.empty() ? body : sha256(whole.append(view(body)));
}

Result<Answer> replay(const store::KeptAnswer& kept, const Sha256& hash) {
  if (kept.request_hash != hash) return invalid("Idempotency-Key", "was used for another request");
  Answer answer;
  answer.status = static_cast<int>(kept.status);
  answer.body = kept.body;
  answer.location = kept.location;
  answer.is_replay = true;
  if (!kept.etag.empty()) answer.version = std::stoll(kept.etag);
  return answer;
}

store::KeptAnswer kept_of(const Answer& answer, const Sha256& hash) {
  return {hash, answer.status, answer.location,
          answer.version ? std::to_string(*answer.version) : std::string(), answer.body};
}

Task<Result<Answer>> write_once(db::Connection& connection, const Call& call, std::string key,
                                std::function<Task<Result<Answer>>(db::Connection&)> body) {
  const store::Idempotency& idempotency = call.services.stores.idempotency;
  const Sha256 hash = content_hash(call);
  const std::optional<store::KeptAnswer> kept =
      co_await idempotency.find(connection, call.user, call.resource, key, call.now);
  if (kept) co_return replay(*kept, hash);
  Result<Answer> answer = co_await body(connection);
  if (!answer) co_return answer;
  store::KeptAnswer keep = kept_of(*answer, hash);
  co_await idempotency.keep(connection, call.user, call.resource, key, std::move(keep), call.now);
  co_return answer;
}

}  // namespace

store::Key Call::key(std::size_t index) const {
  const auto id = Uuid::parse(path[index]);
  return id && endpoint.path.find("{tool_id}") == std::string_view::npos
             ? store::Key(*id)
             : store::Key::slug(path[index]);
}

std::optional<std::string> Call::text(std::string_view name) const {
  return value_of(*this, name);
}

std::optional<bool> Call::boolean(std::string_view name) const {
  const auto& value = value_of(*this, name);
  return value ? std::optional(*value == "true") : std::nullopt;
}

std::optional<std::int64_t> Call::integer(std::string_view name) const {
  const auto& value = value_of(*this, name);
  return value ? std::optional(std::int64_t{std::stoll(*value)}) : std::nullopt;
}

std::optional<Uuid> Call::uuid(std::string_view name) const {
  const auto& value = value_of(*this, name);
  return value ? Uuid::parse(*value) : std::nullopt;
}

std::optional<Time> Call::time(std::string_view name) const {
  const auto& value = value_of(*this, name);
  return value ? parse_time(*value) : std::nullopt;
}

std::shared_ptr<const store::Filter> Call::filter(bool also_plain) const {
  auto filter = std::make_shared<store::Filter>();
  for (std::size_t i = 0; also_plain && i < endpoint.query.size(); ++i) {
    const auto& value = query.values[i];
    if (!value) continue;
    const model::Type type = endpoint.query[i].type;
    filter->add(endpoint.query[i].name, type == model::Type::boolean ? json::Value(*value == "true")
                                        : type == model::Type::uuid
                                            ? json::Value(to_string(*Uuid::parse(*value)))
                                            : json::Value(*value));
  }
  for (const auto& [name, value] : query.contained) filter->add(name, value);
  if (filter->empty()) return nullptr;
  return filter;
}

std::string entity_tag(std::string_view body, std::optional<std::int64_t> version) {
  const std::uint64_t hash = XXH3_64bits(body.data(), body.size());
  return version ? fmt::format("\"{}-{:016x}\"", *version, hash) : fmt::format("\"{:016x}\"", hash);
}

Task<Result<Answer>> write(Call& call, std::function<Task<Result<Answer>>(db::Connection&)> work) {
  std::function<Task<Result<Answer>>(db::Connection&)> body = [&call,
                                                               work](db::Connection& connection) {
    // Executions and memories are on no page that is kept; whatever else is written may be.
    if (call.endpoint.executions == nullptr && call.endpoint.touches_pages)
      connection.after_commit([&pages = call.services.page_cache] { pages.forget_all(); });
    return work(connection);
  };
  if (!call.idempotency_key) {
    Result<Answer> answer =
        co_await call.services.database.write<Answer>(call.cost, std::move(body));
    co_return answer;
  }
  const std::string key = *call.idempotency_key;
  const InFlight::Place place =
      call.in_flight.enter(to_string(call.user) + call.resource + ' ' + key);
  if (!place) co_return fail(Code::conflict, "A request with this Idempotency-Key is in flight.");
  std::function<Task<Result<Answer>>(db::Connection&)> once = [&call, key,
                                                               body](db::Connection& connection) {
    return write_once(connection, call, key, body);
  };
  Result<Answer> answer = co_await call.services.database.write<Answer>(call.cost, std::move(once));
  co_return answer;
}

Task<Result<Answer>> work_once(Call& call, std::function<Task<Result<Answer>>()> work) {
  if (!call.idempotency_key) {
    Result<Answer> answer = co_await work();
    co_return answer;
  }
  const std::string key = *call.idempotency_key;
  const InFlight::Place place =
      call.in_flight.enter(to_string(call.user) + call.resource + ' ' + key);
  if (!place) co_return fail(Code::conflict, "A request with this Idempotency-Key is in flight.");
  const store::Idempotency& idempotency = call.services.stores.idempotency;
  const Sha256 hash = content_hash(call);
  using Kept = std::optional<store::KeptAnswer>;
  std::function<Task<Kept>(db::Connection&)> look = [&call, &idempotency,
                                                     key](db::Connection& connection) {
    return idempotency.find(connection, call.user, call.resource, key, call.now);
  };
  const Kept kept = co_await call.services.database.read<Kept>(call.cost, std::move(look));
  if (kept) co_return replay(*kept, hash);
  Result<Answer> answer = co_await work();
  if (!answer) co_return answer;
  std::function<Task<Result<bool>>(db::Connection&)> keep =
      [&call, &idempotency, key,
       done = kept_of(*answer, hash)](db::Connection& connection) -> Task<Result<bool>> {
    store::KeptAnswer copy = done;
    co_await idempotency.keep(connection, call.user, call.resource, key, std::move(copy), call.now);
    co_return true;
  };
  const Result<bool> is_kept =
      co_await call.services.database.write<bool>(call.cost, std::move(keep));
  if (!is_kept) co_return std::unexpected(is_kept.error());
  co_return answer;
}

}  // namespace onggi::api
