#include "peers/sqlite/pages.h"

#include <stdexcept>

#include <fmt/format.h>

#include "base/clock.h"
#include "json/json.h"

namespace onggi::bench {
namespace {

Uuid id_of(const std::string& text) {
  const std::optional<Uuid> id = Uuid::parse(text);
  if (!id) throw std::runtime_error(text + " is no id");
  return *id;
}

// Writes the columns of a row as members, one after another.
class Members {
 public:
  Members(const Statement& row, std::string& out) : row_(row), out_(out) {}

  Members& text(std::string_view name) {
    return append(name, [&](int at) { json::append_quoted(row_.text(at), out_); });
  }
  Members& document(std::string_view name) {
    return append(name, [&](int at) { out_ += row_.text(at); });
  }
  Members& id(std::string_view name) {
    return append(name, [&](int at) {
      out_ += '"';
      append_uuid(row_.uuid(at), out_);
      out_ += '"';
    });
  }
  Members& time(std::string_view name) {
    return append(name, [&](int at) {
      out_ += '"';
      append_time(Time{row_.integer(at)}, out_);
      out_ += '"';
    });
  }
  Members& integer(std::string_view name) {
    return append(name, [&](int at) { out_ += fmt::format_int(row_.integer(at)).c_str(); });
  }
  Members& boolean(std::string_view name) {
    return append(name, [&](int at) { out_ += row_.integer(at) != 0 ? "true" : "false"; });
  }
  Members& dollars(std::string_view name) {
    return append(name, [&](int at) {
      json::append_number(static_cast<double>(row_.integer(at)) / 1e9, out_);
    });
  }
  Members& open(std::string_view name) {
    member(name);
    out_ += '{';
    is_first_ = true;
    return *this;
  }
  Members& close() {
    out_ += '}';
    is_first_ = false;
    return *this;
  }

 private:
  void member(std::string_view name) {
    if (!is_first_) out_ += ',';
    is_first_ = false;
    out_ += '"';
    out_ += name;
    out_ += "\":";
  }
  template <class Value>
  Members& append(std::string_view name, Value value) {
    member(name);
    if (row_.is_null(column_))
      out_ += "null";
    else
      value(column_);
    ++column_;
    return *this;
  }

  const Statement& row_;
  std::string& out_;
  int column_ = 0;
  bool is_first_ = true;
};

// The rows that are left, each by `write`, with commas between.
template <class Write>
void append_all(Statement& statement, std::string& out, Write write) {
  for (bool is_first = true; statement.step(); is_first = false) {
    if (!is_first) out += ',';
    out += '{';
    write(Members(statement, out));
    out += '}';
  }
}

void append_items(Statement& statement, std::string& out, void (*write)(Members)) {
  out += "{\"items\":[";
  append_all(statement, out, write);
  out += "]}";
}

constexpr std::string_view agent_columns =
    "a.id, a.user_id, a.name, a.description, a.agent_type, a.llm_provider, a.llm_model, "
    "a.configuration, a.is_public, a.created_at, a.updated_at, a.version";
void append_agent(Members members) {
  members.id("id").id("user_id").text("name").text("description").text("agent_type");
  members.text("llm_provider").text("llm_model").document("configuration").boolean("is_public");
  members.time("created_at").time("updated_at").integer("version");
}

constexpr std::string_view workflow_columns =
    "w.id, w.user_id, w.name, w.description, w.is_public, w.created_at, w.updated_at, w.version";
void append_workflow(Members& members) {
  members.id("id").id("user_id").text("name").text("description").boolean("is_public");
  members.time("created_at").time("updated_at").integer("version");
}

class WorkflowPage final : public Page {
 public:
  explicit WorkflowPage(Connection& connection)
      : workflow_(connection, fmt::format("select {}, w.graph_definition from workflows w "
                                          "where w.id = ?2 and (w.user_id = ?1 or w.is_public)",
                                          workflow_columns)),
        nodes_(
            connection,
            "select n.node_id, n.type, n.placement, n.data, n.parent_id, n.agent_id, n.block_id, "
            "a.name from workflow_nodes n left join agents a on a.id = n.agent_id and "
            "(a.user_id = ?1 or a.is_public) where n.workflow_id = ?2 order by n.position"),
        edges_(connection,
               "select source_handle, edge_id, source, target, target_handle, data "
               "from workflow_edges where workflow_id = ?1 order by position") {}

  void build(const std::vector<std::string>& arguments, std::string& out) override {
    const Uuid reader = id_of(arguments.at(0));
    const Uuid id = id_of(arguments.at(1));
    workflow_.bind(1, reader).bind(2, id);
    if (!workflow_.step()) throw std::runtime_error("there is no such workflow");
    out += '{';
    Members members(workflow_, out);
    append_workflow(members);
    members.document("graph_definition");
    const bool is_owned = workflow_.uuid(1) == reader;
    workflow_.reset();
    out += ",\"nodes\":[";
    append_all(nodes_.bind(1, reader).bind(2, id), out, [](Members node) {
      node.text("id").text("type").document("position").document("data").text("parent_id");
      node.id("agent_id").id("block_id").text("ref_name");
    });
    out += "],\"edges\":[";
    append_all(edges_.bind(1, id), out, [](Members edge) {
      edge.text("source_handle").text("id").text("source").text("target").text("target_handle");
      edge.document("data");
    });
    out += is_owned ? "],\"schedules\":[],\"webhooks\":[]}" : "]}";
  }

 private:
  Statement workflow_;
  Statement nodes_;
  Statement edges_;
};

class AgentPage final : public Page {
 public:
  explicit AgentPage(Connection& connection)
      : agent_(connection, fmt::format("select {} from agents a where a.id = ?2 and "
                                       "(a.user_id = ?1 or a.is_public)",
                                       agent_columns)),
        tools_(connection,
               "select l.tool_id, l.configuration, l.\"order\", t.name, t.category, t.description "
               "from agent_tools l join tools t on t.id = l.tool_id "
               "where l.agent_id = ?1 order by l.position") {}

  void build(const std::vector<std::string>& arguments, std::string& out) override {
    const Uuid id = id_of(arguments.at(1));
    agent_.bind(1, id_of(arguments.at(0))).bind(2, id);
    if (!agent_.step()) throw std::runtime_error("there is no such agent");
    out += '{';
    append_agent(Members(agent_, out));
    agent_.reset();
    out += ",\"tools\":[";
    append_all(tools_.bind(1, id), out, [](Members tool) {
      tool.text("tool_id").document("configuration").integer("order").open("tool");
      tool.text("name").text("category").text("description").close();
    });
    out += "],\"knowledgebases\":[]}";
  }

 private:
  Statement agent_;
  Statement tools_;
};

// Lists: the reader, and one value to find.
class ListPage final : public Page {
 public:
  ListPage(Connection& connection, const std::string& sql, bool finds_id, void (*write)(Members))
      : statement_(connection, sql), finds_id_(finds_id), write_(write) {}

  void build(const std::vector<std::string>& arguments, std::string& out) override {
    const Uuid reader = id_of(arguments.at(0));
    const Uuid id = finds_id_ ? id_of(arguments.at(1)) : Uuid{};
    statement_.bind(1, reader);
    if (finds_id_)
      statement_.bind(2, id);
    else
      statement_.bind_text(2, arguments.at(1));
    append_items(statement_, out, write_);
  }

 private:
  Statement statement_;
  const bool finds_id_;
  void (*const write_)(Members);
};

void append_execution(Members members) {
  members.id("id").id("user_id").id("agent_id").text("session_id").document("input_data");
  members.document("output_data").text("status").text("error_message").time("started_at");
  members.time("completed_at").integer("duration_ms").open("metrics").integer("llm_call_count");
  members.integer("llm_prompt_tokens").integer("llm_completion_tokens");
  members.integer("llm_total_tokens").integer("tool_call_count").integer("tool_total_duration_ms");
  members.integer("cache_hit_count").integer("cache_miss_count").dollars("cost_usd").close();
  members.time("created_at").time("updated_at").integer("version").text("agent_name");
}

constexpr const char* executions_sql =
    "select e.id, e.user_id, e.agent_id, e.session_id, e.input_data, e.output_data, e.status, "
    "e.error_message, e.started_at, e.completed_at, e.duration_ms, e.llm_call_count, "
    "e.llm_prompt_tokens, e.llm_completion_tokens, e.llm_total_tokens, e.tool_call_count, "
    "e.tool_total_duration_ms, e.cache_hit_count, e.cache_miss_count, e.cost_nanos, e.created_at, "
    "e.updated_at, e.version, a.name "
    "from agent_executions e left join agents a on a.id = e.agent_id and "
    "(a.user_id = ?1 or a.is_public) where e.user_id = ?1 and e.agent_id = ?2 "
    "order by e.started_at desc, e.id desc limit 50";

}  // namespace

std::unique_ptr<Page> make_page(Connection& connection, std::string_view name) {
  if (name == "workflow") return std::make_unique<WorkflowPage>(connection);
  if (name == "agent") return std::make_unique<AgentPage>(connection);
  if (name == "executions")
    return std::make_unique<ListPage>(connection, executions_sql, true, append_execution);
  if (name == "agents") {
    const std::string sql = fmt::format(
        "select {} from agents a where json_extract(a.configuration, '$.llm_provider') = ?2 and "
        "(a.user_id = ?1 or a.is_public) order by a.created_at desc, a.id desc limit 50",
        agent_columns);
    return std::make_unique<ListPage>(connection, sql, false, append_agent);
  }
  if (name == "workflows") {
    const std::string sql = fmt::format(
        "select {} from workflows w where w.id in (select workflow_id from workflow_nodes where "
        "type = ?2) and (w.user_id = ?1 or w.is_public) order by w.created_at desc, w.id desc "
        "limit 50",
        workflow_columns);
    return std::make_unique<ListPage>(connection, sql, false,
                                      [](Members members) { append_workflow(members); });
  }
  throw std::runtime_error(fmt::format("there is no page {}", name));
}

}  // namespace onggi::bench
