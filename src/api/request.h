// A request on its way to its endpoint: who asks, for whom, with what.
#pragma once

#include "api/endpoint.h"
#include "api/query.h"

namespace onggi::api {

// A request target taken apart and decoded.
struct Target {
  std::string path;  // "/api/agent-builder/agents/018f..."
  std::vector<std::string> segments;
  Pairs pairs;
};

// 400 for what is no origin-form or absolute-form target of RFC 9112.
Result<Target> read_target(std::string_view target);

// Finds out who calls: 401 for a key that is missing or unknown. Calls over the control socket are
// an admin's.
Task<Result<void>> identify(Call& call);

// Whether the parameters of the path have the form of ids; what has not is nowhere.
bool fits_path(const Call& call);

// Whether the caller may, for whom it acts, and the query: 403, 404 (an admin for an unknown user),
// 422.
Task<Result<void>> authorize(Call& call, Pairs pairs);

// Whether a Content-Type is that of NDJSON, by any of its names.
bool is_ndjson(std::string_view content_type);

// What an If-Match field allows: tags as the server writes them, weak or not. A tag that is none of
// ours allows -1, which no object has.
store::IfMatch read_if_match(std::string_view field);

// 422 for anything but 1 to 255 visible ASCII characters.
Result<std::string> read_idempotency_key(std::string_view field);

// If-Match and Idempotency-Key.
Result<void> read_headers(Call& call);

// The body as JSON, where the endpoint takes one: 400, 415, 422. A batch reads its own.
Result<void> read_body(Call& call);

}  // namespace onggi::api
