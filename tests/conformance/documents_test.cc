// Documents and rows never disagree, and a page shows what was written: random histories of two
// users, against a model that knows no more than JSON.
#include <algorithm>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "store/check.h"
#include "tests/conformance/world.h"

namespace onggi::conformance {
namespace {

using json::Array;
using json::Object;
using json::Value;

// One thing that was made: what its owner wrote, as whole as a PUT.
struct Kept {
  Uuid owner;
  Object content;
  std::int64_t version = 1;
};

struct Op {
  int kind;
  std::uint32_t seed;
};

std::ostream& operator<<(std::ostream& out, const Op& op) {
  return out << op.kind << '/' << op.seed;
}

// The stores beside the model; every operation is done to both.
class History {
 public:
  explicit History(const Driver& driver)
      : world_(driver), users_{world_.user("one"), world_.user("two")} {
    for (const char* slug : {"search", "mail", "code"}) world_.tool(slug), tools_[slug] = slug;
  }

  void run(const Op& op) {
    random_.seed(op.seed);
    world_.now.ms += pick(1'000);
    static constexpr void (History::* operations[])(){
        &History::make_agent,           &History::change_agent,
        &History::change_agent,         &History::clone_agent,
        &History::restore_agent,        &History::remove_agent,
        &History::make_workflow,        &History::change_workflow,
        &History::change_workflow,      &History::remove_workflow,
        &History::make_block,           &History::rename_block,
        &History::remove_block,         &History::make_knowledgebase,
        &History::rename_knowledgebase, &History::remove_knowledgebase,
        &History::rename_tool,          &History::make_execution,
        &History::append_steps,         &History::change_execution,
        &History::remove_execution};
    (this->*operations[static_cast<std::size_t>(op.kind) % std::size(operations)])();
  }

  void compare() {
    for (const Uuid& reader : users_) {
      for (const auto& [id, agent] : agents_)
        compare_page(world_.stores.agents, id, agent, reader, expected_agent(agent, reader));
      for (const auto& [id, workflow] : workflows_)
        compare_page(world_.stores.workflows, id, workflow, reader,
                     expected_workflow(workflow, reader));
      for (const auto& [id, block] : blocks_)
        compare_page(world_.stores.blocks, id, block, reader, block.content);
    }
    for (const auto& [id, execution] : executions_) compare_execution(id, execution);
    const store::CheckReport report = store::check(world_.database());
    RC_ASSERT(report.troubles == std::vector<std::string>{});
    RC_ASSERT(report.counts.contains("agents") || agents_.empty());
  }

 private:
  using All = std::map<Uuid, Kept>;

  // --- chance ---
  std::int64_t pick(std::int64_t below) { return static_cast<std::int64_t>(random_()) % below; }
  bool toss() { return pick(2) == 0; }
  Uuid owner() { return users_[static_cast<std::size_t>(pick(2))]; }
  std::optional<Uuid> any(const All& all) {
    if (all.empty()) return std::nullopt;
    return std::next(all.begin(), pick(std::ssize(all)))->first;
  }
  std::string word() {
    static constexpr const char* words[]{
        "plain", "항아리", "\"quoted\"", "back\\slash", "new\nline", "null", "{}", "a,b", "]}"};
    return fmt::format("{} {}", words[pick(std::ssize(words))], pick(1'000));
  }
  Object anything() {
    return {{word(), pick(9)}, {"deep", Array{word(), nullptr, Object{{word(), 0.5}}}}};
  }

  // --- agents ---
  Object agent_content(const Uuid& user) {
    Object content{{"name", word()},
                   {"llm_provider", "openai"},
                   {"llm_model", word()},
                   {"configuration", anything()},
                   {"is_public", toss()}};
    Array tools;
    for (const auto& [slug, name] : tools_)
      if (toss())
        tools.push_back(
            Object{{"tool_id", slug}, {"configuration", anything()}, {"order", pick(3)}});
    Array notes;
    for (const auto& [id, knowledgebase] : knowledgebases_)
      if (knowledgebase.owner == user && toss())
        notes.push_back(Object{{"knowledgebase_id", to_string(id)}, {"priority", pick(3)}});
    content["tools"] = tools;
    content["knowledgebases"] = notes;
    return content;
  }
  void make_agent() {
    make(world_.stores.agents, agents_, owner(),
         [this](const Uuid& user) { return agent_content(user); });
  }
  void change_agent() {
    change(world_.stores.agents, agents_, [this](const Uuid& user) { return agent_content(user); });
  }
  void clone_agent() {
    const std::optional<Uuid> id = any(agents_);
    if (!id) return;
    const Uuid by = owner();
    const auto content = world_.look<std::optional<Value>>([&](db::Connection& connection) {
      return world_.stores.agents.content(connection, store::Key(*id), by);
    });
    const Kept& original = agents_.at(*id);
    RC_ASSERT(content.has_value() ==
              (original.owner == by || original.content.at("is_public").as_bool()));
    if (!content) return;
    const Uuid copy = id_of(must(world_.create(world_.stores.agents, *content, by)).page.body);
    agents_[copy] = {by, original.content};
    if (by != original.owner) agents_[copy].content["knowledgebases"] = Array{};
  }
  void restore_agent() {
    const std::optional<Uuid> id = any(agents_);
    if (!id) return;
    Kept& agent = agents_.at(*id);
    const auto first = world_.look<std::optional<Value>>([&](db::Connection& connection) {
      return world_.stores.agents.version(connection, store::Key(*id), agent.owner, 1);
    });
    RC_ASSERT(first.has_value());
    Object content = first->get_object();
    Array notes;
    for (const Value& link : content.at("knowledgebases").get_array())
      if (knowledgebases_.contains(*Uuid::parse(link.at("knowledgebase_id").as_string())))
        notes.push_back(link);
    content["knowledgebases"] = notes;
    agent.version =
        must(world_.put(world_.stores.agents, store::Key(*id), agent.owner, content)).version;
    agent.content = content;
  }
  void remove_agent() { remove(world_.stores.agents, agents_); }

  // --- workflows ---
  // Nodes, some of which refer to agents and blocks that the owner can see.
  Object workflow_content(const Uuid& user) {
    Array nodes;
    Array edges;
    for (std::int64_t i = 0, count = pick(6); i < count; ++i) {
      Object data = anything();
      if (const auto agent = any(agents_); agent && toss() && is_visible(agents_.at(*agent), user))
        data["agent_id"] = to_string(*agent);
      else if (const auto block = any(blocks_);
               block && toss() && is_visible(blocks_.at(*block), user))
        data["block_id"] = to_string(*block);
      Object node{{"id", fmt::format("n{}", i)},
                  {"data", data},
                  {"position", {{"x", i}, {"y", 0.5}}},
                  {"type", word()},
                  {"more", anything()}};
      if (i > 0 && toss()) node["parentId"] = fmt::format("n{}", pick(i));
      nodes.push_back(node);
      if (i > 0)
        edges.push_back(Object{{"id", fmt::format("e{}", i)},
                               {"source", fmt::format("n{}", pick(i))},
                               {"target", fmt::format("n{}", i)},
                               {"sourceHandle", word()}});
    }
    return {{"name", word()},
            {"is_public", toss()},
            {"graph_definition", {{"nodes", nodes}, {"edges", edges}, {"viewport", anything()}}},
            {"schedules", toss() ? Array{}
                                 : Array{Object{{"cron_expression", "0 2 * * *"},
                                                {"timezone", "Asia/Seoul"},
                                                {"input_data", anything()},
                                                {"is_active", toss()}}}},
            {"webhooks", toss() ? Array{}
                                : Array{Object{{"webhook_path", "/in"},
                                               {"http_method", "PUT"},
                                               {"is_active", toss()}}}}};
  }
  void make_workflow() {
    make(world_.stores.workflows, workflows_, owner(),
         [this](const Uuid& user) { return workflow_content(user); });
  }
  void change_workflow() {
    change(world_.stores.workflows, workflows_,
           [this](const Uuid& user) { return workflow_content(user); });
  }
  void remove_workflow() { remove(world_.stores.workflows, workflows_); }

  // --- what they refer to ---
  void make_block() {
    make(world_.stores.blocks, blocks_, owner(), [this](const Uuid&) {
      return Object{{"name", fmt::format("{} {}", word(), blocks_made_++)},
                    {"block_type", "logic"},
                    {"input_schema", anything()},
                    {"is_public", toss()}};
    });
  }
  void rename_block() {
    change(world_.stores.blocks, blocks_, [this](const Uuid&) {
      return Object{{"name", fmt::format("{} {}", word(), blocks_made_++)},
                    {"block_type", "llm"},
                    {"input_schema", anything()},
                    {"is_public", toss()}};
    });
  }
  void remove_block() { remove(world_.stores.blocks, blocks_); }
  void make_knowledgebase() {
    make(world_.stores.knowledgebases, knowledgebases_, owner(),
         [this](const Uuid&) { return Object{{"name", word()}}; });
  }
  void rename_knowledgebase() {
    change(world_.stores.knowledgebases, knowledgebases_,
           [this](const Uuid&) { return Object{{"name", word()}}; });
  }
  void remove_knowledgebase() {
    const std::optional<Uuid> gone = remove(world_.stores.knowledgebases, knowledgebases_);
    if (!gone) return;
    for (auto& [id, agent] : agents_) {
      Array left;
      for (const Value& link : agent.content.at("knowledgebases").get_array())
        if (link.at("knowledgebase_id").as_string() != to_string(*gone)) left.push_back(link);
      agent.content["knowledgebases"] = left;
    }
  }
  void rename_tool() {
    auto& [slug, name] = *std::next(tools_.begin(), pick(3));
    name = word();
    must(world_.patch(world_.stores.tools, store::Key::slug(slug), Uuid{}, Object{{"name", name}}));
  }

  // --- executions ---
  void make_execution() {
    const std::optional<Uuid> agent = any(agents_);
    if (!agent) return;
    const Uuid user = agents_.at(*agent).owner;
    Object content{{"agent_id", to_string(*agent)},
                   {"input_data", toss() ? Value(anything()) : Value(word())},
                   {"output_data", nullptr},
                   {"status", toss() ? "completed" : "running"},
                   {"execution_context", anything()},
                   {"steps", steps(pick(4))},
                   {"session_id", toss() ? Value("s") : Value(nullptr)}};
    executions_[world_.execution(world_.stores.agent_executions, user, *agent, content)] = {
        user, content};
  }
  Array steps(std::int64_t count) {
    Array made;
    for (std::int64_t i = 0; i < count; ++i)
      made.push_back(Object{{"step_number", steps_made_++},
                            {"step_type", "action"},
                            {"content", word()},
                            {"step_metadata", anything()}});
    return made;
  }
  void append_steps() {
    const std::optional<Uuid> id = any(executions_);
    if (!id) return;
    Kept& execution = executions_.at(*id);
    const Array more = steps(1 + pick(3));
    must(world_.append(world_.stores.agent_executions, *id, execution.owner, more));
    Array& all = execution.content.at("steps").get_array();
    all.insert(all.end(), more.begin(), more.end());
    ++execution.version;
  }
  void change_execution() {
    const std::optional<Uuid> id = any(executions_);
    if (!id) return;
    Kept& execution = executions_.at(*id);
    Object patch{{"status", "failed"},
                 {"error_message", word()},
                 {"output_data", anything()},
                 {"metrics", {{"cost_usd", 0.25}, {"llm_prompt_tokens", pick(1'000)}}}};
    if (toss()) patch["steps"] = steps(pick(3));
    execution.version =
        must(world_.patch(world_.stores.agent_executions, *id, execution.owner, patch)).version;
    // The patch merges what is inside an object, and so does the model's only object that stays:
    // metrics.
    json::Value merged = execution.content;
    json::merge_patch(merged, patch);
    execution.content = merged.get_object();
  }
  void remove_execution() {
    const std::optional<Uuid> id = any(executions_);
    if (!id) return;
    must(world_.remove(world_.stores.agent_executions, *id, executions_.at(*id).owner));
    executions_.erase(*id);
  }

  // --- what any kind has in common ---
  template <class Content>
  void make(const store::Definitions& kind, All& all, const Uuid& user, Content content) {
    const Object body = content(user);
    all[id_of(must(world_.create(kind, body, user)).page.body)] = {user, body};
  }
  // Of somebody else's nothing changes; of one's own the whole (PUT) or some members (PATCH, no
  // objects inside).
  template <class Content>
  void change(const store::Definitions& kind, All& all, Content content) {
    const std::optional<Uuid> id = any(all);
    if (!id) return;
    Kept& kept = all.at(*id);
    const Uuid stranger = kept.owner == users_[0] ? users_[1] : users_[0];
    const Object body = content(kept.owner);
    RC_ASSERT(world_.put(kind, store::Key(*id), stranger, body).error().code == Code::not_found);
    const bool is_patch = toss();
    Object patch;
    for (const auto& [name, value] : body)
      if (!value.is_object() && toss()) patch[name] = value;
    kept.version = must(is_patch ? world_.patch(kind, store::Key(*id), kept.owner, patch)
                                 : world_.put(kind, store::Key(*id), kept.owner, body))
                       .version;
    for (const auto& [name, value] : is_patch ? patch : body) kept.content[name] = value;
  }
  std::optional<Uuid> remove(const store::Definitions& kind, All& all) {
    const std::optional<Uuid> id = any(all);
    if (!id) return std::nullopt;
    must(world_.remove(kind, store::Key(*id), all.at(*id).owner));
    all.erase(*id);
    return id;
  }

  // --- what the pages should be ---
  static bool is_visible(const Kept& kept, const Uuid& reader) {
    return kept.owner == reader || kept.content.at("is_public").as_bool();
  }

  static Array by(const char* member, Array entries) {
    std::ranges::stable_sort(entries, {}, [member](const Value& entry) {
      return entry.at(member).to_number<std::int64_t>();
    });
    return entries;
  }
  Object expected_agent(const Kept& agent, const Uuid& reader) {
    Object page = agent.content;
    Array tools = by("order", page.at("tools").get_array());
    for (Value& link : tools)
      link.get_object()["tool"] =
          Object{{"name", tools_.at(std::string(link.at("tool_id").as_string()))},
                 {"category", nullptr},
                 {"description", nullptr}};
    Array notes = by("priority", page.at("knowledgebases").get_array());
    for (Value& link : notes)
      link.get_object()["name"] =
          agent.owner == reader
              ? knowledgebases_.at(*Uuid::parse(link.at("knowledgebase_id").as_string()))
                    .content.at("name")
              : Value(nullptr);
    page["tools"] = tools;
    page["knowledgebases"] = notes;
    return page;
  }
  Value name_of(const Object& data, const Uuid& reader) {
    for (const auto& [member, all] :
         {std::pair<const char*, const All*>{"agent_id", &agents_}, {"block_id", &blocks_}}) {
      const Value* id = data.if_contains(member);
      if (id == nullptr) continue;
      const auto found = all->find(*Uuid::parse(id->as_string()));
      return found != all->end() && is_visible(found->second, reader)
                 ? found->second.content.at("name")
                 : Value(nullptr);
    }
    return nullptr;
  }
  Object expected_workflow(const Kept& workflow, const Uuid& reader) {
    Object page = workflow.content;
    const Object& graph = page.at("graph_definition").get_object();
    Array nodes;
    const auto or_null = [](const Object& object, const char* name) {
      const Value* value = object.if_contains(name);
      return value != nullptr ? *value : Value(nullptr);
    };
    for (const Value& node : graph.at("nodes").get_array()) {
      const Object& data = node.at("data").get_object();
      nodes.push_back(Object{{"id", node.at("id")},
                             {"type", node.at("type")},
                             {"position", node.at("position")},
                             {"data", data},
                             {"parent_id", or_null(node.get_object(), "parentId")},
                             {"agent_id", or_null(data, "agent_id")},
                             {"block_id", or_null(data, "block_id")},
                             {"ref_name", name_of(data, reader)}});
    }
    Array edges;
    for (const Value& edge : graph.at("edges").get_array())
      edges.push_back(Object{{"id", edge.at("id")},
                             {"source", edge.at("source")},
                             {"target", edge.at("target")},
                             {"source_handle", edge.at("sourceHandle")},
                             {"target_handle", nullptr},
                             {"data", Object{}}});
    page["nodes"] = nodes;
    page["edges"] = edges;
    if (workflow.owner != reader) page.erase("schedules"), page.erase("webhooks");
    return page;
  }

  static void compare_members(const Value& page, const Object& expected) {
    for (const auto& [name, value] : expected) {
      RC_LOG() << name << ": " << json::canonical(page.at(name)) << " for "
               << json::canonical(value) << '\n';
      RC_ASSERT(json::equal(page.at(name), value));
    }
  }
  void compare_page(const store::Definitions& kind, const Uuid& id, const Kept& kept,
                    const Uuid& reader, const Object& expected) {
    const std::optional<store::Page> page = world_.read(kind, store::Key(id), reader);
    RC_ASSERT(page.has_value() == is_visible(kept, reader));
    if (!page) return;
    const Value shown = json::parse_stored(page->body);
    compare_members(shown, expected);
    RC_ASSERT(page->version == kept.version);
    RC_ASSERT(page->is_owned == (kept.owner == reader));
    for (const char* own : {"latest_version", "schedules", "webhooks"})
      RC_ASSERT(page->is_owned || !shown.get_object().contains(own));
  }
  void compare_execution(const Uuid& id, const Kept& kept) {
    RC_ASSERT(!world_.read(world_.stores.agent_executions, id,
                           kept.owner == users_[0] ? users_[1] : users_[0]));
    const std::optional<store::Page> page =
        world_.read(world_.stores.agent_executions, id, kept.owner);
    RC_ASSERT(page.has_value());
    Value shown = json::parse_stored(page->body);
    for (Value& step : shown.at("steps").get_array()) step.get_object().erase("timestamp");
    Object expected = kept.content;
    if (const Value* metrics = expected.if_contains("metrics")) {
      compare_members(shown.at("metrics"), metrics->get_object());
      RC_ASSERT(json::equal(shown.at("metrics").at("llm_total_tokens"),
                            metrics->at("llm_prompt_tokens")));
      expected.erase("metrics");
    }
    compare_members(shown, expected);
    RC_ASSERT(page->version == kept.version);
  }

  World world_;
  std::array<Uuid, 2> users_;
  std::map<std::string, std::string> tools_;  // slug to name
  All agents_, workflows_, blocks_, knowledgebases_, executions_;
  std::minstd_rand random_;
  std::int64_t steps_made_ = 0;
  std::int64_t blocks_made_ = 0;
};

class DocumentsTest : public testing::TestWithParam<const Driver*> {};
INSTANTIATE_TEST_SUITE_P(Stores, DocumentsTest, testing::ValuesIn(drivers()),
                         [](const auto& info) { return std::string(info.param->name()); });

TEST_P(DocumentsTest, documents_and_rows_never_disagree) {
  // Every operation from the first history on, however short.
  const auto an_op = rc::gen::resize(
      rc::kNominalSize, rc::gen::construct<Op>(rc::gen::inRange(0, 1'000),
                                               rc::gen::inRange<std::uint32_t>(1, 1'000'000)));
  // As many histories on PostgreSQL, but shorter ones: each write is a few round trips there.
  const double length = is_postgres(*GetParam()) ? 0.3 : 1;
  const auto some_ops = rc::gen::scale(length, rc::gen::container<std::vector<Op>>(an_op));
  const bool holds = rc::check([&] {
    const auto ops = *some_ops;
    History history(*GetParam());
    for (const Op& op : ops) history.run(op);
    history.compare();
  });
  EXPECT_TRUE(holds);
}

}  // namespace
}  // namespace onggi::conformance
