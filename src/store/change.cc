#include "store/change.h"

#include <algorithm>

#include "model/decode.h"

namespace onggi::store {

Result<void> check_version(const IfMatch& if_match, std::int64_t version) {
  if (!if_match || std::ranges::find(*if_match, version) != if_match->end()) return {};
  return fail(Code::precondition_failed, "The object is not at the version that If-Match names.");
}

Result<void> check_read_only(const model::Shape& shape, const json::Value& body,
                             const json::Value& present) {
  if (!body.is_object()) return invalid("", "must be an object");
  model::FieldErrors errors;
  for (const auto& [name, value] : body.get_object()) {
    const model::Field* field = shape.find(name);
    const bool is_joined = field != nullptr && field->type == model::Type::embedded;
    if (field == nullptr || is_joined || !(field->is_read_only || field->name == "id") ||
        value.is_null())
      continue;
    const json::Value* now = present.get_object().if_contains(name);
    if (now != nullptr && json::equal(*now, value)) continue;
    std::string pointer;
    json::append_pointer(pointer, std::string_view(name));
    errors.push_back({std::move(pointer), "is read-only, and not what it is at present"});
  }
  if (!errors.empty()) return std::unexpected(model::invalid(std::move(errors)));
  return {};
}

std::unexpected<Error> not_found() {
  return fail(Code::not_found, "There is no such object.");
}

Sha256 request_hash(json::Value body) {
  json::Value* id = body.is_object() ? body.get_object().if_contains("id") : nullptr;
  const auto uuid = id != nullptr && id->is_string() ? Uuid::parse(id->get_string()) : std::nullopt;
  if (uuid) *id = to_string(*uuid);
  return sha256(json::canonical(body));
}

}  // namespace onggi::store
