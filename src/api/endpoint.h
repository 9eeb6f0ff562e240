// One endpoint, declared once: from it come routing, validation, OpenAPI, metrics and the query
// budget.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "api/api.h"
#include "json/json.h"
#include "model/field.h"
#include "store/stores.h"

namespace onggi::api {

inline constexpr std::string_view prefix = "/api/agent-builder";

enum class Access : std::uint8_t {
  open,   // no key
  user,   // any key
  admin,  // an admin's key
  self,   // the user of the path itself, or an admin
};

// A query parameter. The same names and types as fields. One of Type::any is a containment filter:
// ?data={"a":{"b":1}}, or ?data.a.b=1 for one value (JSON if it parses as such, else a string).
struct Parameter {
  std::string_view name;
  model::Type type = model::Type::text;  // text, integer, boolean, uuid, time, choice, any
  std::string_view help;
  std::span<const std::string_view> names{};  // of a choice
  std::int64_t min = 0;
  std::int64_t max = 0;  // of an integer
  bool is_required = false;
};

enum class Body : std::uint8_t {
  none,
  optional,  // an object, may be absent
  empty,     // {}, may be absent: there is nothing to be said
  object,
  merge_patch,  // an object, under application/merge-patch+json as well
  one_or_many,  // an object or an array of objects
  batch,        // a JSON array or NDJSON
};

enum class Shows : std::uint8_t {
  nothing,
  object,  // of answer_shape
  list,    // {"items": [...], "next_cursor"} of answer_shape
  items,   // {"items": [...]} without pages
  lines,   // NDJSON of answer_shape
  events,  // Server-Sent Events
  found,   // an array, best first, of answer_shape with how well it fits
  other,   // described by words alone
};

// What an endpoint answers when all went well.
struct Answer {
  int status = 200;
  std::string body{};
  std::optional<std::int64_t> version{};  // the object's own, for its ETag
  std::string location{};
  bool is_replay = false;  // of a kept answer (Idempotency-Key)
  std::unique_ptr<http::BodyStream> stream{};
  std::shared_ptr<const cache::Page> kept{};  // where set, instead of the body
  std::string_view content_type = "application/json";
  std::vector<std::pair<std::string_view, std::string>> headers{};  // names of static storage
};

struct Call;
struct Endpoint;
using Handle = Task<Result<Answer>> (*)(Call&);

struct Endpoint {
  http::Method method;
  std::string_view path;       // below the prefix, or absolute where is_absolute
  std::string_view operation;  // unique: the OpenAPI operationId
  std::string summary;
  int budget;  // statements, at most, the first look at a key included
  Handle handle;
  Access access = Access::user;
  std::span<const Parameter> query{};
  Body body = Body::none;
  const model::Shape* body_shape = nullptr;
  Shows shows = Shows::object;
  const model::Shape* answer_shape = nullptr;
  int status = 200;
  bool is_repeatable = true;  // an Idempotency-Key is heeded (POST)
  bool is_absolute = false;
  bool is_of_everybody = false;  // an admin may ask for all users at once (?user_id=all)
  bool touches_pages = true;     // what it writes may stand on pages that are kept in memory
  const store::Definitions& (*definitions)(const store::Stores&) = nullptr;
  const store::Executions& (*executions)(const store::Stores&) = nullptr;
};

// The table of all endpoints, on one page.
std::span<const Endpoint> endpoints();

// The values of query parameters, validated.
struct Query {
  std::vector<std::optional<std::string>>
      values;  // as sent, in the order of the endpoint's parameters
  // Containment filters (Type::any), as sent or in their short form.
  std::vector<std::pair<std::string_view, json::Value>> contained;
  std::int64_t limit = 50;
  bool wants_count = false;
  bool wants_everybody = false;
  std::optional<store::Place> cursor;
};

class InFlight;
class Recording;
class Readiness;

// One request on its way through an endpoint.
struct Call {
  http::Request& request;
  const Endpoint& endpoint;
  const Services& services;
  InFlight& in_flight;
  Recording& recording;
  Readiness& readiness;
  store::Principal caller{};
  std::optional<Sha256> credential{};  // hash of the key that the caller has shown
  Uuid user{};                         // for whom: the caller, or whom an admin acts for
  std::vector<std::string> path{};     // parameters of the path, decoded
  Query query{};
  std::shared_ptr<const json::Value> body{};
  std::string resource{};  // the path without its query
  store::IfMatch if_match{};
  std::optional<std::string> idempotency_key{};
  Time now{};
  db::Cost cost{};

  const store::Definitions& definitions() const { return endpoint.definitions(services.stores); }
  const store::Executions& executions() const { return endpoint.executions(services.stores); }

  // The n-th parameter of the path as an id. Checked before the endpoint is called.
  Uuid id(std::size_t index) const { return *Uuid::parse(path[index]); }
  store::Key key(std::size_t index) const;

  // The containment filters of the query, and with `also_plain` all its other filters as what
  // documents are to hold; null where there are none.
  std::shared_ptr<const store::Filter> filter(bool also_plain) const;

  // A query parameter, by name; nullopt where absent. Its type was checked.
  std::optional<std::string> text(std::string_view name) const;
  std::optional<bool> boolean(std::string_view name) const;
  std::optional<std::int64_t> integer(std::string_view name) const;
  std::optional<Uuid> uuid(std::string_view name) const;
  std::optional<Time> time(std::string_view name) const;
};

// Of what a body shows: the object's own version first, so that If-Match can compare it alone.
std::string entity_tag(std::string_view body, std::optional<std::int64_t> version);

// Runs `body` in a transaction. A POST with an Idempotency-Key: the answer is kept with its effect,
// and a repetition gets it again.
Task<Result<Answer>> write(Call& call, std::function<Task<Result<Answer>>(db::Connection&)> body);

// Does `work`, which takes transactions of its own, as many as it needs. With an Idempotency-Key
// the answer is kept when it is done; work that is cut off before is done again.
Task<Result<Answer>> work_once(Call& call, std::function<Task<Result<Answer>>()> work);

}  // namespace onggi::api
