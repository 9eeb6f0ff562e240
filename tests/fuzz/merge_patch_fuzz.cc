// Merge patches (RFC 7396): two lines, a document and a patch.
#include "tests/fuzz/fuzz.h"

namespace onggi::fuzz {
namespace {

using json::Object;
using json::Value;

// The RFC once more, told by what the result holds instead of by changing the target.
Value merged(const Value& target, const Value& patch) {
  if (!patch.is_object()) return patch;
  const Object nothing;
  const Object& before = target.is_object() ? target.get_object() : nothing;
  const Object& changes = patch.get_object();
  Object after;
  for (const auto& [name, value] : before)
    if (!changes.contains(name)) after.emplace(name, value);
  for (const auto& [name, change] : changes) {
    if (change.is_null()) continue;
    const Value* const present = before.if_contains(name);
    after.emplace(name, merged(present != nullptr ? *present : Value(), change));
  }
  return after;
}

Value patched(Value target, const Value& patch) {
  json::merge_patch(target, patch);
  return target;
}

// A patch that makes `after` of `before`, where there is one: a null cannot be patched in.
Value difference(const Object& before, const Object& after) {
  Object changes;
  for (const auto& [name, value] : before)
    if (!after.contains(name)) changes.emplace(name, nullptr);
  for (const auto& [name, value] : after) {
    const Value* const present = before.if_contains(name);
    const bool both = present != nullptr && present->is_object() && value.is_object();
    changes.emplace(name, both ? difference(present->get_object(), value.get_object()) : value);
  }
  return changes;
}

bool holds_null(const Value& value) {
  if (value.is_null()) return true;
  const Object* const object = value.if_object();
  if (object == nullptr) return false;
  for (const auto& [name, member] : *object)
    if (holds_null(member)) return true;
  return false;
}

}  // namespace

void try_input(std::string_view input) {
  const Result<Value> target = json::parse(take_line(input));
  const Result<Value> patch = json::parse(input);
  if (!target || !patch) return;
  const Value after = patched(*target, *patch);
  hold(json::canonical(after) == json::canonical(merged(*target, *patch)),
       "it is what RFC 7396 says");
  hold(json::equal(patched(after, *patch), after), "twice is once");
  if (after.is_object()) hold(json::equal(patched(after, Object()), after), "{} changes nothing");
  if (target->is_object() && patch->is_object() && !holds_null(*patch)) {
    const Value way = difference(target->get_object(), patch->get_object());
    hold(json::equal(patched(*target, way), *patch), "a patch leads anywhere without nulls");
  }
}

}  // namespace onggi::fuzz
