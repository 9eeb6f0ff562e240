#include "store/check.h"

#include <algorithm>
#include <array>
#include <functional>
#include <map>
#include <span>

#include <fmt/format.h>

#include "base/pack.h"
#include "json/json.h"
#include "model/decode.h"
#include "model/definitions.h"
#include "model/encode.h"
#include "model/execution.h"
#include "model/graph.h"
#include "sql/catalogue.h"
#include "store/binding.h"
#include "store/id_list.h"
#include "store/memory_words.h"
#include "store/page.h"
#include "words/analysis.h"

namespace onggi::store {
namespace {

using model::Record;
using model::Shape;

constexpr std::size_t rows_at_once = 500;
constexpr std::size_t bytes_at_once = 8u << 20;

// Whether a cell holds what would be bound there.
bool agrees(const db::Param& param, const db::Row& row, int column) {
  if (param.kind == db::Param::Kind::null || row.is_null(column))
    return param.kind == db::Param::Kind::null && row.is_null(column);
  return param.kind == db::Param::Kind::integer ? row.integer(column) == param.integer
                                                : row.text(column) == param.bytes;
}

// Which columns check.executions selects as null: input_data, output_data and error_message stand
// in the document alone, and execution_context in its column alone.
constexpr std::array<std::size_t, 4> kept_once{4, 5, 7, 23};

class Checker {
 public:
  explicit Checker(db::Database& database) : database_(database) {}

  CheckReport run() {
    check_definitions();
    check_workflows();
    check_executions("agent_executions", model::agent_execution_shape, sql::check_executions_agent);
    check_executions("workflow_executions", model::workflow_execution_shape,
                     sql::check_executions_workflow);
    check_steps(sql::check_steps_agent);
    check_steps(sql::check_steps_workflow);
    each("job runs that are not over and nobody's", sql::check_job_runs,
         [this](const db::Row& row) {
           complain("job run {} and the row of its job do not agree whether it is over",
                    to_string(row.uuid(0)));
         });
    check_terms("agent_terms", sql::check_agent_terms);
    check_terms("block_terms", sql::check_block_terms);
    check_memories();
    check_words();
    check_terms("memory_terms", sql::check_memory_terms);
    check_terms("workflow_terms", sql::check_workflow_terms);
    check_terms("workflow_node_terms", sql::check_workflow_node_terms);
    check_terms("agent_execution_terms", sql::check_agent_execution_terms);
    check_terms("workflow_execution_terms", sql::check_workflow_execution_terms);
    return std::move(report_);
  }

 private:
  // One table, a row at a time; what a row throws is a trouble of that row.
  void each(const std::string& table, const db::Statement& statement,
            const std::function<void(const db::Row&)>& look) {
    db::Cost cost;
    const std::unique_ptr<db::Cursor> cursor = database_.open(cost, statement, {});
    for (db::Rows rows = cursor->next(rows_at_once, bytes_at_once); !rows.empty();
         rows = cursor->next(rows_at_once, bytes_at_once))
      for (const db::Row row : rows) {
        ++report_.counts[table];
        try {
          look(row);
        } catch (const std::exception& error) {
          complain("{}, row {}: {}", table, report_.counts[table], error.what());
        }
      }
  }

  template <class... Args>
  void complain(fmt::format_string<Args...> format, Args&&... args) {
    if (report_.troubles.size() < troubles_max)
      report_.troubles.push_back(fmt::format(format, std::forward<Args>(args)...));
  }

  // The record that a document holds; its columns must say the same, from `first` on. Returns it
  // for further looks.
  std::shared_ptr<Record> compare(const std::string& table, const Shape& shape, const db::Row& row,
                                  std::string_view document,
                                  std::span<const std::size_t> passed_over = {}) {
    std::shared_ptr<Record> record = shape.make();
    model::decode_stored(shape, json::parse_stored(document), *record);
    db::Params params;
    bind(shape, *record, params);
    for (std::size_t i = 0; i < params.values().size(); ++i)
      if (std::ranges::find(passed_over, i) == passed_over.end() &&
          !agrees(params.values()[i], row, static_cast<int>(i)))
        complain("{}: column {} of a row differs from its document {}", table, i + 1,
                 document.substr(0, 60));
    return record;
  }

  std::shared_ptr<Record> compare_item(const std::string& table, const Shape& shape,
                                       const db::Row& row, int document_column,
                                       std::span<const std::size_t> passed_over = {}) {
    const std::string_view document = row.text(document_column);
    const std::shared_ptr<Record> record = compare(table, shape, row, document, passed_over);
    std::string again = "{";
    model::append_members(shape, *record, model::View::item, again);
    again += json::parse_stored(document).get_object().contains("cost_is_estimated")
                 ? R"(,"cost_is_estimated":true})"
                 : "}";
    if (again != document)
      complain("{}: a document is not in the form in which it is shown: {}", table,
               document.substr(0, 60));
    return record;
  }

  // An entry of an agent's list: its document is the whole entry.
  void compare_entry(const std::string& table, const Shape& shape, const db::Row& row,
                     std::string_view document) {
    const std::shared_ptr<Record> record = compare(table, shape, row, document);
    if (model::to_json(shape, *record) != document)
      complain("{}: a document is not in the form in which it is shown: {}", table,
               document.substr(0, 60));
  }

  void check_definitions() {
    each("users", sql::check_users,
         [this](const db::Row& row) { compare_item("users", model::user_shape, row, 7); });
    each("api_keys", sql::check_keys, [this](const db::Row& row) { check_key(row); });
    each("tools", sql::check_tools, [this](const db::Row& row) {
      const std::shared_ptr<Record> tool = compare_item("tools", model::tool_shape, row, 13);
      if (model::to_json(model::tool_summary_shape, *tool) != row.text(14))
        complain("tools: the summary of '{}' differs from its document", row.text(0));
    });
    each("knowledgebases", sql::check_knowledgebases, [this](const db::Row& row) {
      compare_item("knowledgebases", model::knowledgebase_shape, row, 11);
    });
    each("blocks", sql::check_blocks,
         [this](const db::Row& row) { compare_item("blocks", model::block_shape, row, 13); });
    each("agents", sql::check_agents,
         [this](const db::Row& row) { compare_item("agents", model::agent_shape, row, 12); });
    each("agent_tools", sql::check_agent_tools, [this](const db::Row& row) {
      compare_entry("agent_tools", model::agent_tool_shape, row, row.text(3));
    });
    each("agent_knowledgebases", sql::check_agent_knowledgebases, [this](const db::Row& row) {
      compare_entry("agent_knowledgebases", model::agent_knowledgebase_shape, row, row.text(2));
    });
    each("agents whose newest version is not the present one", sql::check_agent_versions,
         [this](const db::Row& row) {
           complain("agent {} has no version row of its present version", to_string(row.uuid(0)));
         });
    each("agent_versions", sql::check_agent_contents,
         [this](const db::Row& row) { check_version_content(row); });
  }

  void check_key(const db::Row& row) {
    const json::Value document = json::parse_stored(row.text(3));
    const bool same = document.at("id").as_string() == to_string(row.uuid(0)) &&
                      document.at("name").as_string() == row.text(1) &&
                      document.at("created_at").as_string() == to_string(row.time(2));
    if (!same) complain("api_keys: key {} differs from its document", to_string(row.uuid(0)));
  }

  // What a version holds fits an agent; the present one holds what the agent does. Of its lists
  // less may be left in the agent: links go with a knowledgebase that is deleted.
  void check_version_content(const db::Row& row) {
    model::Agent version;
    model::decode_stored(model::agent_content_shape, json::parse_stored(row.text(2)), version);
    if (model::to_json(model::agent_content_shape, version) != row.text(2))
      complain("agent_versions: a content is not in the form in which it is shown: {}",
               row.text(2).substr(0, 60));
    if (row.is_null(3)) return;
    model::Agent present;
    model::decode_stored(model::agent_shape, json::parse_stored(row.text(3)), present);
    version.tools.clear();
    version.knowledgebases.clear();
    if (model::to_json(model::agent_content_shape, version) !=
        model::to_json(model::agent_content_shape, present))
      complain("agent_versions: version {} of agent {} is the present one and differs from it",
               row.integer(1), to_string(row.uuid(0)));
  }

  void check_workflows() {
    each("workflows", sql::check_workflows, [this](const db::Row& found) {
      const Uuid id = found.uuid(0);
      std::function<Task<bool>(db::Connection&)> look =
          [this, id](db::Connection& connection) -> Task<bool> {
        snapshot_ = &connection;
        check_workflow(id);
        co_return true;
      };
      db::Cost cost;
      run_now(database_.read<bool>(cost, std::move(look)));
    });
  }

  // In one snapshot, so that a server that goes on writing does not look like a disagreement.
  void check_workflow(const Uuid& id) {
    const db::Rows rows = rows_of(sql::check_workflow, id);
    for (const db::Row row : rows) {
      const std::string_view document = row.text(8);
      const std::string whole = fmt::format("{},{},{}}}", document.substr(0, document.size() - 1),
                                            row.text(9), row.text(11));
      const json::Value page = json::parse_stored(whole);
      model::Workflow workflow;
      model::decode_stored(model::workflow_shape, page, workflow);
      compare_workflow(row, workflow, document);
      const auto graph =
          model::take_apart(page.at("graph_definition"), workflow.graph_definition.text, {});
      if (!graph)
        return complain("workflow {}: its graph does not hold: {}", to_string(workflow.id),
                        graph.error().detail);
      if (graph->page != row.text(9))
        complain("workflow {}: the page differs from the graph", to_string(workflow.id));
      if (model::pack(graph->name_places) != row.text(10))
        complain("workflow {}: name_places differ from the graph", to_string(workflow.id));
      compare_graph(workflow, *graph);
      compare_triggers(workflow);
    }
  }

  void compare_workflow(const db::Row& row, model::Workflow& workflow, std::string_view document) {
    db::Params params;
    bind(model::workflow_shape, workflow, params);
    constexpr std::size_t columns = 8;  // the graph is not kept in a column of its own
    for (std::size_t i = 0; i < columns; ++i)
      if (!agrees(params.values()[i], row, static_cast<int>(i)))
        complain("workflows: column {} of a row differs from its document {}", i + 1,
                 document.substr(0, 60));
  }

  db::Rows rows_of(const db::Statement& statement, const Uuid& workflow) {
    return run_now(snapshot_->many(statement, db::Params::of(workflow)));
  }

  template <class Entry, class Columns>
  void compare_rows(const db::Statement& statement, const Uuid& workflow,
                    const std::vector<Entry>& entries, Columns columns) {
    const db::Rows rows = rows_of(statement, workflow);
    report_.counts[std::string(statement.name.substr(statement.name.find('.') + 1))] +=
        static_cast<std::int64_t>(rows.size());
    bool same = rows.size() == entries.size();
    for (std::size_t i = 0; same && i < entries.size(); ++i) {
      const std::string document = columns(entries[i], params_ = {});
      if (!document.empty()) params_.add(document);
      for (std::size_t c = 0; c < params_.values().size(); ++c)
        same = same && agrees(params_.values()[c], rows[i], static_cast<int>(c));
    }
    if (!same)
      complain("workflow {}: {} differ from its document", to_string(workflow), statement.name);
  }

  void compare_graph(const model::Workflow& workflow, const model::Graph& graph) {
    compare_rows(sql::check_workflow_nodes, workflow.id, graph.nodes,
                 [](const model::WorkflowNode& node, db::Params& params) {
                   params.add(node.id)
                       .add(node.type)
                       .add(node.parent_id)
                       .add(node.agent_id)
                       .add(node.block_id);
                   model::WorkflowNode copy = node;
                   return model::to_json(model::workflow_node_shape, copy);
                 });
    compare_rows(sql::check_workflow_edges, workflow.id, graph.edges,
                 [](const model::WorkflowEdge& edge, db::Params& params) {
                   params.add(edge.id)
                       .add(edge.source)
                       .add(edge.target)
                       .add(edge.source_handle)
                       .add(edge.target_handle);
                   model::WorkflowEdge copy = edge;
                   return model::to_json(model::workflow_edge_shape, copy);
                 });
    compare_rows(sql::check_workflow_references, workflow.id, graph.references,
                 [](const model::Reference& reference, db::Params& params) {
                   params.add(reference.agent_id).add(reference.block_id);
                   return std::string();
                 });
  }

  void compare_triggers(const model::Workflow& workflow) {
    compare_rows(sql::check_workflow_schedules, workflow.id, workflow.schedules,
                 [](const model::Schedule& schedule, db::Params& params) {
                   params.add(schedule.cron_expression)
                       .add(schedule.timezone)
                       .add(schedule.input_data.text)
                       .add(schedule.is_active);
                   return std::string();
                 });
    compare_rows(sql::check_workflow_webhooks, workflow.id, workflow.webhooks,
                 [](const model::Webhook& webhook, db::Params& params) {
                   params.add(webhook.webhook_path).add(webhook.http_method).add(webhook.is_active);
                   return std::string();
                 });
  }

  void check_executions(const std::string& table, const Shape& shape,
                        const db::Statement& statement) {
    each(table, statement, [&](const db::Row& row) {
      compare_item(table, shape, row, 24, kept_once);
      if (!json::parse_stored(row.text(25)).is_object())
        complain("{}: an execution_context is no object", table);
    });
  }

  void check_steps(const db::Statement& statement) {
    each("execution_steps", statement, [this](const db::Row& row) {
      model::Step step;
      model::decode_stored(model::step_shape, json::parse_stored(row.text(1)), step);
      if (step.step_number != row.integer(0))
        complain("execution_steps: step {} differs from its document", row.integer(0));
      if (model::to_json(model::step_shape, step) != row.text(1))
        complain("execution_steps: a document is not in the form in which it is shown");
      if (!row.boolean(2))
        complain("execution_steps: step {} belongs to no execution", row.integer(0));
    });
  }

  // Sizes, places in the file, what the counts say of each shelf, and what the timeline lists.
  void check_memories() {
    using Shelf = std::pair<Uuid, std::int64_t>;
    using Sums = std::array<std::int64_t, 3>;
    std::map<Shelf, Sums> sums;
    each("agent_memories", sql::check_memories, [&](const db::Row& row) {
      Sums& sum = sums[{row.uuid(0), row.integer(1)}];
      sum[0] += 1;
      sum[1] += row.integer(2);
      sum[2] += row.integer(3);
      const std::string id = to_string(row.uuid(10));
      const std::size_t embedding = row.is_null(9) ? 0 : row.text(9).size();
      const std::size_t given = unpack(row.text(7)).size() + row.text(8).size() + embedding;
      const std::size_t kept =
          row.text(7).size() + static_cast<std::size_t>(row.integer(12)) + embedding;
      if (static_cast<std::int64_t>(given) != row.integer(2))
        complain("agent_memories: size_bytes of {} is not that of what it holds", id);
      if (static_cast<std::int64_t>(kept) != row.integer(3))
        complain("agent_memories: stored_bytes of {} is not that of what is kept of it", id);
      if (!json::parse_stored(row.text(8)).is_object())
        complain("agent_memories: the metadata of {} is no object", id);
      if (!row.boolean(11)) complain("agent_memories: {} does not lie in its region", id);
    });
    each("memory_counts", sql::check_memory_counts, [&](const db::Row& row) {
      const Sums counted{row.integer(2), row.integer(3), row.integer(4)};
      if (sums[{row.uuid(0), row.integer(1)}] != counted)
        complain("memory_counts: shelf {} of agent {} holds something else", row.integer(1),
                 to_string(row.uuid(0)));
      sums.erase({row.uuid(0), row.integer(1)});
    });
    for (const auto& [shelf, sum] : sums)
      if (sum[0] != 0)
        complain("memory_counts: shelf {} of agent {} is not counted", shelf.second,
                 to_string(shelf.first));
    each("memory_timeline", sql::check_memory_timeline, [this](const db::Row& row) {
      const std::vector<Uuid> ids = read_ids(row.text(3));
      const std::size_t listed =
          row.text(1) == "accessed" ? 1 : static_cast<std::size_t>(row.integer(2));
      if (ids.size() != listed || !json::parse_stored(row.text(4)).is_object())
        complain("memory_timeline: entry {} does not list what it counts", to_string(row.uuid(0)));
    });
  }

  // What search goes by. Memories that were brought along by a move, or whose analysis has
  // changed, may still have to be analysed: then `memory_analysis` says so.
  void check_words() {
    std::int64_t words = 0;
    each("memory_words", sql::check_memory_words, [&](const db::Row& row) {
      if (row.is_null(0)) {
        if (row.integer(4) != 0)
          complain("memory_words: there are {} of memories that are gone", row.integer(4));
        return;
      }
      if (!row.is_null(3)) ++words;
      const std::string id = to_string(row.uuid(0));
      const bool is_current = !row.is_null(3) && row.integer(4) == words::analysis_version;
      if (!is_current) {
        if (row.integer(5) >= words::analysis_version)
          complain("memory_words: {} is not analysed", id);
        return;
      }
      if (row.text(3) != words_of(unpack(row.text(1)), unpack(row.text(2))))
        complain("memory_words: the words of {} are not those of its text", id);
    });
    report_.counts["memory_words"] = words;
  }

  void check_terms(const std::string& table, const db::Statement& statement) {
    std::int64_t listed = 0;
    std::int64_t due = 0;
    std::int64_t missing = 0;
    each(table, statement, [&](const db::Row& row) {
      if (row.is_null(0)) {
        listed = row.integer(1);
        return;
      }
      due += row.integer(1);
      missing += row.integer(2);
      if (row.integer(2) != 0)
        complain("{}: {} of the {} terms of {} are not in the index", table, row.integer(2),
                 row.integer(1), to_string(row.uuid(0)));
    });
    report_.counts[table] = listed;
    if (listed != due - missing)
      complain("{}: the index has {} entries that belong to no document", table,
               listed - (due - missing));
  }

  db::Database& database_;
  db::Connection* snapshot_ = nullptr;  // while a workflow is looked at
  CheckReport report_;
  db::Params params_;
};

}  // namespace

CheckReport check(db::Database& database) {
  return Checker(database).run();
}

}  // namespace onggi::store
