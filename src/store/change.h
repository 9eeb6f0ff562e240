// What PUT and PATCH have in common, whatever they change.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "base/error.h"
#include "base/secret.h"
#include "json/json.h"
#include "model/field.h"

namespace onggi::store {

// The versions that a request's If-Match allows; nullopt where it does not say.
using IfMatch = std::optional<std::vector<std::int64_t>>;

// A PUT or PATCH before its transaction.
struct Change {
  bool is_patch = false;
  std::shared_ptr<const json::Value> body;
  IfMatch if_match;
  Time now;
};

// 412 where the object's version is none that `if_match` allows.
Result<void> check_version(const IfMatch& if_match, std::int64_t version);

// 422 where `body` is no object, or sends a read-only field of the object's own with another value
// than it shows at `present`: what a GET gave can be sent back. What is joined at read is passed
// over, so that a renamed neighbour does not fail a write.
Result<void> check_read_only(const model::Shape& shape, const json::Value& body,
                             const json::Value& present);

// The error for an object that is not there, or not the caller's to see.
std::unexpected<Error> not_found();

// The hash by which a repeated creation is recognised: of the canonical body, its id in canonical
// spelling as well.
Sha256 request_hash(json::Value body);

}  // namespace onggi::store
