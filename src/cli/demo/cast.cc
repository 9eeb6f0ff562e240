#include "cli/demo/cast.h"

#include <stdexcept>

#include <fmt/format.h>

#include "cli/demo/catalogue.h"
#include "cli/demo/graphs.h"

namespace onggi::cli::demo {
namespace {

constexpr std::int64_t first_defined_ms = 45 * day_ms;  // before now
constexpr std::int64_t apart_ms = 3 * hour_ms;
constexpr std::int64_t changed_after_ms = 6 * day_ms + 5 * hour_ms;

struct Owner {
  Uuid id;
  std::int64_t utc_offset_minutes = 0;
};

std::string text_of(const json::Value& object, std::string_view member) {
  const auto& text = object.at(member).as_string();
  return {text.data(), text.size()};
}

double share_of(const json::Value& entry) {
  return static_cast<double>(entry.at("share").as_int64());
}

class Assembly {
 public:
  Assembly(const store::Stores& stores, const Uuid& admin, Time now)
      : stores_(stores), next_time_{now.ms - first_defined_ms}, admin_(admin) {
    owners_["admin"] = {admin, 0};
  }

  void add_users();
  void add_tools();
  void add_named(const store::Definitions& store, std::string_view catalogue,
                 std::map<std::string, Uuid>& ids);
  void add_agents();
  void add_workflows();
  Cast finish() { return std::move(cast_); }

  std::map<std::string, Uuid> knowledgebases;
  std::map<std::string, Uuid> blocks;

 private:
  void add_changes(const json::Value& entry, const Uuid& id, const Uuid& owner);
  Uuid add(const store::Definitions& store, const json::Value& body, const Uuid& owner);
  const Owner& owner_of(const json::Value& entry) { return owners_.at(text_of(entry, "owner")); }

  const store::Stores& stores_;
  Time next_time_;
  Uuid admin_;
  std::map<std::string, Owner> owners_;
  std::map<std::string, Uuid> agents_;
  Cast cast_;
};

Uuid Assembly::add(const store::Definitions& store, const json::Value& body, const Uuid& owner) {
  auto draft = store.draft(body, owner, next_time_);
  if (!draft)
    throw std::logic_error(
        fmt::format("the demo's catalogue: {}: {}", draft.error().detail, json::canonical(body)));
  next_time_.ms += apart_ms;
  const Uuid id = static_cast<const model::Definition&>(*draft->record).id;
  cast_.drafts.emplace_back(&store, std::move(*draft));
  return id;
}

void Assembly::add_users() {
  for (const json::Value& entry : json::parse_stored(users).as_array()) {
    const json::Value body{{"name", entry.at("name")}, {"timezone", entry.at("timezone")}};
    const Uuid id = add(stores_.users, body, admin_);
    owners_[text_of(entry, "name")] = {id, entry.at("utc_offset_minutes").as_int64()};
    cast_.users.push_back(id);
  }
}

void Assembly::add_tools() {
  for (const json::Value& body : json::parse_stored(tools).as_array())
    add(stores_.tools, body, admin_);
}

void Assembly::add_named(const store::Definitions& store, std::string_view catalogue,
                         std::map<std::string, Uuid>& ids) {
  for (const json::Value& entry : json::parse_stored(catalogue).as_array())
    ids[text_of(entry, "key")] = add(store, entry.at("body"), owner_of(entry).id);
}

void Assembly::add_agents() {
  const json::Value scenes = json::parse_stored(agent_scenes);
  for (const json::Value& entry : json::parse_stored(agents).as_array()) {
    json::Value body = entry.at("body");
    for (json::Value& link : body.at("knowledgebases").as_array()) {
      link.as_object()["knowledgebase_id"] = to_string(knowledgebases.at(text_of(link, "key")));
      link.as_object().erase("key");
    }
    const Owner& owner = owner_of(entry);
    const std::string key = text_of(entry, "key");
    const Uuid id = add(stores_.agents, body, owner.id);
    agents_[key] = id;
    add_changes(entry, id, owner.id);
    cast_.agents.push_back({id, owner.id, owner.utc_offset_minutes, share_of(entry),
                            entry.at("median_ms").as_int64(), text_of(body, "llm_model"),
                            scenes.at(key).as_array()});
  }
}

void Assembly::add_changes(const json::Value& entry, const Uuid& id, const Uuid& owner) {
  const json::Value* patches = entry.as_object().if_contains("changes");
  if (patches == nullptr) return;
  Time time = next_time_;
  for (const json::Value& patch : patches->as_array()) {
    time.ms += changed_after_ms;
    cast_.changes.push_back({&stores_.agents,
                             id,
                             owner,
                             {.is_patch = true,
                              .body = std::make_shared<const json::Value>(patch),
                              .if_match = {},
                              .now = time}});
  }
}

void Assembly::add_workflows() {
  const json::Value scenes = json::parse_stored(workflow_scenes);
  const References references{
      [this](std::string_view key) { return to_string(agents_.at(std::string(key))); },
      [this](std::string_view key) { return to_string(blocks.at(std::string(key))); }};
  for (const json::Value& entry : json::parse_stored(workflows).as_array()) {
    json::Value body = entry.at("body");
    body.as_object()["graph_definition"] = draw(entry.at("stages").as_array(), references);
    const Owner& owner = owner_of(entry);
    const Uuid id = add(stores_.workflows, body, owner.id);
    if (cast_.workflows.empty()) cast_.shown_workflow = id;
    cast_.workflows.push_back({id, owner.id, owner.utc_offset_minutes, share_of(entry),
                               entry.at("median_ms").as_int64(), "",
                               scenes.at(text_of(entry, "key")).as_array()});
  }
}

}  // namespace

Cast assemble(const store::Stores& stores, const Uuid& admin, Time now) {
  Assembly assembly(stores, admin, now);
  assembly.add_users();
  assembly.add_tools();
  assembly.add_named(stores.knowledgebases, knowledgebases, assembly.knowledgebases);
  assembly.add_named(stores.blocks, blocks, assembly.blocks);
  assembly.add_agents();
  assembly.add_workflows();
  return assembly.finish();
}

}  // namespace onggi::cli::demo
