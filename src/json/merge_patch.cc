#include "json/json.h"

namespace onggi::json {

void merge_patch(Value& target, const Value& patch) {
  const Object* const changes = patch.if_object();
  if (!changes) {
    target = patch;
    return;
  }
  if (!target.is_object()) target.emplace_object();
  Object& object = target.get_object();
  for (const auto& [name, change] : *changes) {
    if (change.is_null()) {
      object.erase(name);
    } else {
      merge_patch(object[name], change);
    }
  }
}

}  // namespace onggi::json
