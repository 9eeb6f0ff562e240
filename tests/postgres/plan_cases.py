"""With what every statement of the catalogue is explained: SQL expressions for its parameters, from the rows that plans_data.sql makes.

A statement reads at most about the rows that it shows; where it may read more, or sort more than a page, its bound and the reason stand here.
"""

from dataclasses import dataclass, field

PAGE = 51  # rows of a page and one more
MONTHS = 15  # partitions there are: thirteen with rows, two ahead


def numbered(kind, number):
    """An id of plans_data.sql."""
    return f"cast('{kind:08x}-0000-0000-0000-{number:012x}' as uuid)"


USER, KEY, KNOWLEDGEBASE, BLOCK, AGENT, WORKFLOW, MEMORY = 1, 2, 4, 5, 6, 7, 8
JOB_RUN = 8  # of another table
OWNER = numbered(USER, 1)  # owns a quarter of everything
NIL = "cast('00000000-0000-0000-0000-000000000000' as uuid)"
NEW = "cast('019aaaaa-aaaa-7aaa-8aaa-aaaaaaaaaaaa' as uuid)"
NOW = "now()"
LATEST = "cast('9999-12-31' as timestamptz)"
ABOVE = "cast('ffffffff-ffff-ffff-ffff-ffffffffffff' as uuid)"
BYTES = "cast('{}' as bytea)"


@dataclass
class Case:
    values: dict = field(default_factory=dict)  # by parameter; what is left out is null
    reads: int = 6 * PAGE  # rows of one table, at most
    sorts: int = 2 * PAGE
    why: str = ""  # where it may read or sort more than that
    modes: tuple = ("generic", "custom")


def of(*values):
    return dict(enumerate(values, 1))


def many(*values):
    """Rows as arrays, of one."""
    return {number: f"array[{value}]" for number, value in of(*values).items()}


CONTAINMENT = "containment is held against what the index gives: the matches that the reader can see, of which the newest are put in order"

CASES = {}


def case(names, values=None, **bounds):
    for name in names.split():
        CASES.setdefault(name, []).append(Case(values or {}, **bounds))


def newest_execution(kind, owner=OWNER, more=""):
    return f"(select id from {kind}_executions where user_id = {owner} {more} order by id desc limit 1)"


# Definitions

for area, number in (("agents", AGENT), ("blocks", BLOCK), ("workflows", WORKFLOW), ("knowledgebases", KNOWLEDGEBASE)):
    case(f"{area}.find", of(numbered(number, 7)))
    case(f"{area}.list", of(OWNER, LATEST, NIL, str(PAGE)))
    case(f"{area}.list", of(OWNER, "now() - interval '30 days'", NIL, str(PAGE)))
    case(f"{area}.count", of(OWNER, LATEST, NIL, "10001"), reads=10_001, why="counts to 10,000")
    case(f"{area}.remove", of(numbered(number, 7), OWNER, NOW), reads=400)
for area, number in (("agents", AGENT), ("blocks", BLOCK), ("workflows", WORKFLOW)):
    case(f"{area}.get", of(numbered(number, 7), OWNER))
case("knowledgebases.get", of(numbered(KNOWLEDGEBASE, 50), OWNER))
case("knowledgebases.list", of(OWNER, LATEST, NIL, str(PAGE), "'kb 50'"), reads=500, why="a filter over one user's knowledgebases, which are few")
case("agents.insert", of(NEW, OWNER, "'a'", "null", "'custom'", "'p'", "'m'", "'{}'", "false", NOW, NOW, "1", "null", BYTES))
case("agents.update", of(numbered(AGENT, 7), OWNER, "'a'", "null", "'custom'", "'p'", "'m'", "'{}'", "false", NOW, NOW, "2", "null", BYTES))
case("agents.clear_tools agents.clear_knowledgebases", of(numbered(AGENT, 7)))
case("agents.insert_tool", many(numbered(AGENT, 7), "50", "'tool_1'", "'{}'::jsonb", "1", BYTES))
case("agents.insert_knowledgebase", many(numbered(AGENT, 7), "50", numbered(KNOWLEDGEBASE, 1), "1", BYTES))
case("agents.is_tool", of("array['tool_1', 'tool_2', 'none']"))
case("agents.is_tool", of("array(select 'tool_' || n from generate_series(1, 300) n)"), reads=500, why="300 of the 500 tools are asked for")
case("agents.is_knowledgebase", many(numbered(KNOWLEDGEBASE, 50), OWNER))
case("agents.insert_version", of(numbered(AGENT, 7), "900", NOW, BYTES))
case("agents.trim_versions", of(numbered(AGENT, 7), "1"))
case("agents.list_versions", of(numbered(AGENT, 7), OWNER, "1000000", str(PAGE)))
case("agents.count_versions", of(numbered(AGENT, 7), OWNER))
case("agents.get_version", of(numbered(AGENT, 7), OWNER, "1"))
case("agents.is_owned workflows.is_owned", of(numbered(AGENT, 7), OWNER))
case("blocks.insert", of(NEW, OWNER, "'a'", "null", "'llm'", "'{}'", "'{}'", "'{}'", "null", "false", NOW, NOW, "1", "null", BYTES))
case("blocks.update", of(numbered(BLOCK, 7), OWNER, "'a'", "null", "'llm'", "'{}'", "'{}'", "'{}'", "null", "false", NOW, NOW, "1", "null", BYTES))
case("knowledgebases.insert", of(NEW, OWNER, "'a'", "null", "null", "500", "50", "'{}'", NOW, NOW, "1", "null", BYTES))
case("knowledgebases.update", of(numbered(KNOWLEDGEBASE, 7), OWNER, "'a'", "null", "null", "500", "50", "'{}'", NOW, NOW, "1", "null", BYTES))
case("tools.find tools.get tools.remove tools.is_used", of("'tool_unused'"))
case("tools.insert", of("'tool_new'", "'t'", "null", "null", "'{}'", "'{}'", "'custom'", "null", "false", "false", NOW, NOW, "1", "null", BYTES, BYTES))
case("tools.update", of("'tool_1'", "'t'", "null", "null", "'{}'", "'{}'", "'custom'", "null", "false", "false", NOW, NOW, "1", "null", BYTES, BYTES))
case("tools.list", of(LATEST, "''", str(PAGE)))
case("tools.list", of(LATEST, "''", str(PAGE), "'Tool 400'"), reads=500, why="a filter over the catalogue of tools, which admins write")
case("tools.count", of(LATEST, "''", "10001"), reads=10_001, why="counts to 10,000")

# Workflows

case("workflows.insert", of(NEW, OWNER, "'w'", "null", "false", NOW, NOW, "1", "'{}'", "null", BYTES, BYTES, BYTES, BYTES))
case("workflows.update", of(numbered(WORKFLOW, 7), OWNER, "'w'", "null", "false", NOW, NOW, "1", "'{}'", "null", BYTES, BYTES, BYTES, BYTES))
case("workflows.insert_node", many(numbered(WORKFLOW, 7), "900", "'n'", "'t'", "null::text", "null::uuid", "null::uuid", BYTES, "'{}'::jsonb"))
case("workflows.insert_edge", many(numbered(WORKFLOW, 7), "900", "'e'", "'n1'", "'n2'", "null::text", "null::text", BYTES, "null::jsonb"))
case("workflows.insert_reference", many(numbered(WORKFLOW, 7), "900", numbered(AGENT, 7), "null::uuid"))
case("workflows.insert_schedule", many(numbered(WORKFLOW, 7), "900", "'* * * * *'", "'UTC'", "'{}'::jsonb", "true"))
case("workflows.insert_webhook", many(numbered(WORKFLOW, 7), "900", "'/x'", "'POST'", "true", "null::text"))
case("workflows.clear_nodes workflows.clear_edges workflows.clear_references workflows.clear_schedules workflows.clear_webhooks workflows.secrets",
     of(numbered(WORKFLOW, 7)))
case("workflows.is_agent", many(numbered(AGENT, 7), OWNER))
case("workflows.is_block", many(numbered(BLOCK, 7), OWNER))

# Users, keys, answers, pages

case("users.by_key", of("sha256('7')"))
case("users.find users.get", of(OWNER))
case("users.insert", of(NEW, "'u'", "'user'", "'UTC'", NOW, NOW, "1", "null", BYTES))
case("users.update", of(OWNER, "'u'", "'user'", "'UTC'", NOW, NOW, "1", "null", BYTES))
case("users.list", of(LATEST, NIL, str(PAGE)))
case("users.count", of(LATEST, NIL, "10001"), reads=10_001, why="counts to 10,000")
case("users.owns_rows users.other_admins", of(OWNER))
case("users.remove", of(NEW))
case("users.erase_agents users.erase_deleted_agents users.erase_workflows users.erase_blocks users.erase_knowledgebases",
     of(numbered(USER, 30)), reads=10_000, why="erases what a user owns")
case("users.erase_idempotency_keys", of(numbered(USER, 30)), reads=10_000, why="erases what a user owns")
case("users.insert_key", of(NEW, OWNER, "'k'", "sha256('new')", NOW, BYTES))
case("users.list_keys", of(OWNER, LATEST, NIL, str(PAGE)))
case("users.count_keys", of(OWNER, LATEST, NIL, "10001"), reads=10_001, why="counts to 10,000")
case("users.remove_key", of(numbered(KEY, 7), OWNER))
case("users.any")
case("idempotency.find", of(OWNER, "'/api/agent-builder/executions'", "'key 50'", "now() - interval '1 day'"))
case("idempotency.insert", of(OWNER, "'/p'", "'k'", "sha256('k')", NOW, "201", "null", "null", BYTES))
case("idempotency.expire", of("now() - interval '1 day'"))
case("pages.confirm", of(OWNER))
case("pages.keys")

# The live feed across servers: what was written in the last minute is all that there is.
SERVER = numbered(KEY, 1)
case("feed.listen", of(SERVER))
case("feed.wanted", of(SERVER))
case("feed.heads feed.batches", of(SERVER, "0"))
case("feed.put", of(SERVER, "999", "cast('[]' as jsonb)"))
case("feed.forget feed.forget_listeners")

# Executions

# $1 owner, ($2, $3) place, $4 limit, $5 from, ..., $9 the least id, $10 above all ids.
EVER = of(OWNER, LATEST, NIL, str(PAGE), "cast('0001-01-01' as timestamptz)") | {9: NIL, 10: ABOVE}
# A fortnight, half a year ago: in one month or two, and with a day on either side.
WINDOW = of(OWNER, "now() - interval '176 days'", NIL, str(PAGE), "now() - interval '190 days'") | {
    9: "onggi_first_id(now() - interval '191 days')", 10: "onggi_first_id(now() - interval '174 days')"}
for kind, subject in (("agent", "agent_id"), ("workflow", "workflow_id")):
    SUBJECT = f"(select {subject} from {kind}_executions where user_id = {OWNER} order by id desc limit 1)"
    IT = newest_execution(kind)
    FIELDS = (NEW, OWNER, numbered(AGENT, 7), "'s'", "'{}'::jsonb", "'{}'::jsonb", "'running'", "null", "cast('2025-11-21 22:33:44Z' as timestamptz)", "null", "null",
              *["1"] * 9, NOW, NOW, "1", "'{}'::jsonb", "null", BYTES, "0")
    TYPES = {8: "null::text", 10: "null::timestamptz", 11: "null::bigint", 25: "null::bytea", 27: "0::smallint"}
    case(f"executions.insert_{kind}", {number: f"array[{TYPES.get(number, value)}]" for number, value in of(*FIELDS).items()})
    case(f"executions.update_{kind}", of(*FIELDS) | {1: IT, 9: NOW})
    case(f"executions.find_{kind}", many(IT))
    case(f"executions.get_{kind} executions.head_{kind} executions.remove_{kind} executions.remove_steps_{kind}", of(IT, OWNER))
    case(f"executions.touch_{kind}", of(IT, OWNER, NOW, "2", BYTES))
    case(f"executions.subject_{kind}", many(SUBJECT, OWNER))
    case(f"executions.insert_step_{kind}", many(IT, "900", BYTES, "'thought'", "null::text", "'{}'::jsonb", NOW))
    SESSION = f"(select session_id from {kind}_executions where user_id = {OWNER} and session_id <> 'session of many' order by id desc limit 1)"
    case(f"executions.remove_session_{kind} executions.remove_session_steps_{kind}", of(OWNER, SESSION))
    case(f"executions.remove_owner_{kind} executions.remove_owner_steps_{kind}", of(numbered(USER, 50)), reads=50_000,
         why="erases what a user owns")
    for filters in ({}, {6: "'failed'"}, {6: "'timeout'"}):
        for span in (EVER, WINDOW):
            case(f"executions.list_{kind}", span | filters)
            case(f"executions.list_of_{kind}", span | filters | {7: SUBJECT})
            case(f"executions.list_session_{kind}", span | filters | {8: "'session of many'"}, reads=MONTHS * 5 + 5 * PAGE, sorts=5 * PAGE)
            case(f"executions.list_session_{kind}", span | filters | {8: SESSION})
        case(f"executions.count_{kind}", EVER | {4: "10001"} | filters, reads=10_100, why="counts to 10,000")
        case(f"executions.count_of_{kind}", EVER | {4: "10001", 7: SUBJECT} | filters, reads=10_100, why="counts to 10,000")
        case(f"executions.count_session_{kind}", EVER | {4: "10001", 8: "'session of many'"} | filters, reads=10_100, why="counts to 10,000")
    FEW = {1: numbered(USER, 50)}
    for filters in ({}, {7: SUBJECT}, {8: "'session of many'"}):
        case(f"executions.export_{kind}", WINDOW | filters, reads=50_000, sorts=0, modes=("generic",), why="streams all there are, in the order of indexes")
    case(f"executions.stuck_{kind}", of("now() - interval '30 days'"), reads=10_100, why="counts to 10,000")
    SEARCH = {1: OWNER, 12: EVER[5], 13: LATEST, 14: NIL, 15: str(PAGE), 18: NIL, 19: ABOVE, 20: "50000", 21: "true"}
    for filters, bounds in (
            ({16: """'{"channel": "web"}'"""}, {}),
            ({16: """'{"customer": 50}'"""}, {}),
            ({16: """'{"customer": 50}'""", 9: SUBJECT}, {}),
            ({16: """'{"customer": "nobody"}'"""}, {})):
        case(f"search.{kind}_execution_with_terms", SEARCH | filters, **({"reads": 2_500, "sorts": 2_500, "why": "walks 1,000, then looks up; " + CONTAINMENT} | bounds))

# Searches

FIND = {1: OWNER, 8: LATEST, 9: NIL, 10: "-1", 11: str(PAGE), 12: "'{}'", 15: "50000", 16: "true"}
for terms in ("with_term", "with_terms"):
    case(f"search.agent_{terms} search.block_{terms} search.workflow_{terms}", FIND)
    case(f"search.agent_{terms} search.block_{terms} search.workflow_{terms}", FIND | {12: """'{"is_public": true}'"""})
    case(f"search.agent_{terms}", FIND | {13: """'{"llm_provider": "ollama"}'"""})
    case(f"search.agent_{terms}", FIND | {12: """'{"name": "agent 50"}'"""})
    case(f"search.agent_{terms}", FIND | {13: """'{"limits": {"max_tokens": 77}}'"""})
    case(f"search.agent_{terms}", FIND | {13: """'{"tags": ["t5"]}'""", 12: """'{"agent_type": "custom"}'"""}, reads=5_000, sorts=5_000, why=CONTAINMENT)
    case(f"search.block_{terms}", FIND | {13: """'{"rank": 50}'"""})
    case(f"search.block_{terms}", FIND | {12: """'{"block_type": "llm"}'"""}, reads=5_000, sorts=5_000, why=CONTAINMENT)
    case(f"search.workflow_{terms}", FIND | {13: """'{"viewport": {"zoom": 7}}'"""})
    case(f"search.workflow_{terms}", FIND | {12: """'{"name": "workflow 50"}'"""})
    case(f"search.workflow_node_{terms}", FIND | {13: """'{"rank": 7, "threshold": 50}'"""})
    case(f"search.workflow_node_{terms}", FIND | {12: f"jsonb_build_object('type', 'agent', 'agent_id', {numbered(AGENT, 49)})"})
    case(f"search.workflow_node_{terms}", FIND | {13: """'{"rank": 7}'"""}, reads=2_000, sorts=2_000, why=CONTAINMENT)

# Jobs and retention

RUN = numbered(JOB_RUN, 7)
HORIZON = "now() - interval '300 days'"
case("jobs.now jobs.leases jobs.admins")
case("jobs.declare", of("'new'", NOW))
case("jobs.lease jobs.confirm", of("'retention'"))
case("jobs.take", of("'retention'", RUN, OWNER, NOW, NOW))
case("jobs.insert_run", of(NEW, "'retention'", NOW, NOW))
case("jobs.begin_attempt", of(RUN, NOW, "2"))
case("jobs.renew jobs.pause", of("'retention'", "1", NOW))
case("jobs.progress", of(RUN, "'{}'"))
case("jobs.pause_run", of(RUN, "'{}'", "null"))
case("jobs.release", of("'retention'", "1", RUN))
case("jobs.finish_run", of(RUN, "'failed'", NOW, "'{}'", "'{}'", "'why'"))
case("jobs.run", of(RUN))
case("jobs.state", of("null"))
case("jobs.state", of("'retention'"))
case("jobs.list_runs", of("'retention'", LATEST, str(PAGE)))
case("jobs.count_runs", of("'retention'", "10001"), reads=10_001, why="counts up to the cap")
case("retention.idempotency_keys", of("now() - interval '1 day'", "32"))
case("retention.job_runs", of(HORIZON, "32"))
case("retention.keep_names retention.agents", of("now()", "32"))
for kind in ("agent", "workflow"):
    case(f"retention.executions_{kind}", of(NIL, f"onggi_first_id({HORIZON})", "32"))
    case(f"retention.remove_steps_{kind} retention.remove_executions_{kind}",
         {1: f"array(select id from {kind}_executions where user_id = {OWNER} order by started_at limit 8)"})
case("retention.set_horizon", of("'agent'", HORIZON))
case("retention.horizons retention.space retention.return_space")

# Whole stores moved (`onggi copy`, `export`, `import`): cursors along the key, here over its last rows, and rows as arrays.


def last_key(table, *columns):
    order = ", ".join(f"{column} desc" for column in columns)
    return of(*(f"(select {column} from {table} order by {order} offset 40 limit 1)" for column in columns))


case("moving.is_unfinished")
for table in ("users", "api_keys", "tools", "knowledgebases", "blocks", "agents", "workflows", "agent_executions", "workflow_executions",
              "jobs", "job_runs", "former_names"):
    case(f"moving.read_{table}", last_key(table, "id"))
for table in ("agent_tools", "agent_knowledgebases"):
    case(f"moving.read_{table}", last_key(table, "agent_id", "position"))
case("moving.read_agent_versions", last_key("agent_versions", "agent_id", "version"))
for table in ("nodes", "edges", "schedules", "webhooks"):
    case(f"moving.read_workflow_{table}", last_key(f"workflow_{table}", "workflow_id", "position"))
case("moving.read_workflow_references", last_key("workflow_references", "workflow_id", "ordinal"))
case("moving.read_execution_steps", last_key("execution_steps", "execution_id", "kind", "step_number"))
case("moving.read_retention_horizons", of("''"))
case("moving.read_idempotency_keys", last_key("idempotency_keys", "user_id", "path", "key"))

TEXT, HASH, JSON, WHOLE = "null::text", "null::bytea", "'{}'::jsonb", "1"
STEP = """convert_to('{"step_type":"thought","step_metadata":{},"timestamp":"2026-01-01T00:00:00Z"}', 'UTF8')"""
A_HASH = "sha256('k')"
case("moving.insert_users", many(NEW, "'u'", "'user'", "'UTC'", NOW, NOW, "1", HASH, BYTES))
case("moving.insert_api_keys", many(NEW, OWNER, "'k'", A_HASH, NOW, BYTES))
case("moving.insert_tools", many("'tool_new'", "'t'", TEXT, TEXT, JSON, JSON, "'custom'", TEXT, "false", "false", NOW, NOW, "1", HASH, BYTES, BYTES))
case("moving.insert_knowledgebases", many(NEW, OWNER, "'a'", TEXT, TEXT, "500", "50", JSON, NOW, NOW, "1", HASH, BYTES))
case("moving.insert_blocks", many(NEW, OWNER, "'new'", TEXT, "'llm'", JSON, JSON, JSON, TEXT, "false", NOW, NOW, "1", HASH, BYTES))
case("moving.insert_agents", many(NEW, OWNER, "'a'", TEXT, "'custom'", "'p'", "'m'", JSON, "false", NOW, NOW, "1", "null::timestamptz", HASH, BYTES))
case("moving.insert_agent_tools", many(numbered(AGENT, 7), "50", "'tool_1'", JSON, "1", BYTES))
case("moving.insert_agent_knowledgebases", many(numbered(AGENT, 7), "50", numbered(KNOWLEDGEBASE, 1), "1", BYTES))
case("moving.insert_agent_versions", many(numbered(AGENT, 7), "900", NOW, BYTES))
case("moving.insert_workflows", many(NEW, OWNER, "'w'", TEXT, "false", NOW, NOW, "1", HASH, BYTES, BYTES,
                                     "convert_to('\"graph_definition\":{}', 'UTF8')", BYTES))
case("moving.insert_workflow_nodes", many(numbered(WORKFLOW, 7), "900", "'n'", TEXT, TEXT, "null::uuid", "null::uuid", BYTES))
case("moving.insert_workflow_edges", many(numbered(WORKFLOW, 7), "900", "'e'", "'a'", "'b'", TEXT, TEXT, BYTES))
case("moving.insert_workflow_references", many(numbered(WORKFLOW, 7), "900", numbered(AGENT, 7), "null::uuid"))
case("moving.insert_workflow_schedules", many(numbered(WORKFLOW, 7), "900", "'0 2 * * *'", "'UTC'", JSON, "true"))
case("moving.insert_workflow_webhooks", many(numbered(WORKFLOW, 7), "900", "'/in'", "'POST'", "true", TEXT))
for kind, subject in (("agent", AGENT), ("workflow", WORKFLOW)):
    case(f"moving.insert_{kind}_executions",
         many(NEW, OWNER, numbered(subject, 7), TEXT, "'running'", NOW, "null::timestamptz", "null::bigint", *("0",) * 9, NOW, NOW, "1", "0::smallint", HASH,
              BYTES, JSON))
case("moving.insert_execution_steps", many(NEW, "'agent'", "1", STEP))
case("moving.insert_idempotency_keys", many(OWNER, "'/agents'", "'new'", A_HASH, NOW, "201", TEXT, TEXT, BYTES))

case("moving.insert_jobs", many("'new'", "1", NOW, "null::uuid", "null::uuid", "null::timestamptz", "null::uuid"))
case("moving.insert_job_runs", many(NEW, "'retention'", NOW, NOW, "null::timestamptz", "'running'", "1", JSON, JSON, TEXT))
case("moving.insert_retention_horizons", many("'workflow'", NOW))
case("moving.insert_former_names", many(NEW, OWNER, "'n'", "false"))
# Memory. Agent 1 remembers a quarter of everything.

AGENTS_OWNER = f"(select user_id from agents where id = {numbered(AGENT, 1)})"
REMEMBERS = (numbered(AGENT, 1), AGENTS_OWNER, NOW)
EARLIEST = "cast('0001-01-01' as timestamptz)"
A_MEMORY = numbered(MEMORY, 4)
SHELVES = "a page of each of the twenty shelves is merged, of which only a page is read; an index entry each beyond that"
EVERYTHING = "whatever stands on the shelves of an agent, or of all of them, is counted in the index"
case("memory.rule", of(*REMEMBERS))
case("memory.settings", of(numbered(AGENT, 1), AGENTS_OWNER))
case("memory.timeline", of(numbered(AGENT, 1), AGENTS_OWNER, LATEST, ABOVE, "51"))
case("memory.count_timeline", of(numbered(AGENT, 1), "10001"), reads=10_001, why="counts as far as 10,000")
case("memory.put_settings", of(numbered(AGENT, 7), "24", "true", "true", "100", "true", "1000", "'low'", NOW, "1"))
case("memory.head", of(*REMEMBERS))
case("memory.find memory.kept", many(A_MEMORY))
MADE = (NEW, numbered(AGENT, 7), "'short_term'", "'low'", "null::text", BYTES, "'{}'::jsonb", "null::bytea", "0", "null::timestamptz", NOW, NOW, "1", "false", "false",
        "2", "2", "null::bytea", "null::bytea")
case("memory.insert", many(*MADE))
case("memory.update", of(A_MEMORY, numbered(AGENT, 1), *MADE[2:18]))
case("memory.remove", {1: numbered(AGENT, 1), 3: f"array[{A_MEMORY}]"})
case("memory.open_sweep memory.sweeps memory.close_sweep memory.terms_behind memory.remove_terms memory.end_sweep", {})
case("memory.get memory.whole", of(*REMEMBERS, A_MEMORY))
for type_, importance in (("null", "null"), ("'semantic'", "null"), ("null", "'high'")):
    listed = of(*REMEMBERS, LATEST, ABOVE, "51", EARLIEST, type_, importance, "'session 4'")
    case("memory.list memory.list_session", listed, reads=21 * PAGE, why=SHELVES)
    counted = {**listed, 6: "10001"}
    case("memory.count memory.count_session", counted, reads=20_000, why="counts as far as 10,000")
case("memory.search", {**of(*REMEMBERS, LATEST, ABOVE, "51", EARLIEST), 21: """'{"topic": 8}'"""}, reads=1_000, sorts=1_000, why=CONTAINMENT)
case("memory.stats", of(*REMEMBERS), reads=400)
case("memory.expired memory.overdue_of_agent", of(*REMEMBERS), reads=120_000, why=EVERYTHING)
case("memory.access", many(A_MEMORY, "1", NOW))
case("memory.record_access", many(A_MEMORY, NOW, NEW, "1"))
case("memory.begin_flush", of(NEW, "1", NOW))
case("memory.forget_flushes", of(NOW))
case("memory.record", many(numbered(AGENT, 7), NOW, NEW, "'created'", "1", BYTES, "'{}'::jsonb"))
case("memory.forget_timeline", of(numbered(AGENT, 7), NOW, "1000"), reads=2_000, why="a thousand at a time")
case("memory.old_timelines", of(numbered(AGENT, 7), NOW, "100"), reads=400, why="a hundred agents, and whether something of theirs is old")
case("memory.agents", of(NIL, "100"), reads=2_000, why="a hundred agents, and whether something stands on their shelves")
case("memory.due", of(*REMEMBERS, "3", EARLIEST, NIL, "500"), reads=1_000, why="five hundred at a time")
case("memory.is_due", of(*REMEMBERS))
case("memory.promote", many(A_MEMORY, "1", NOW, NOW, BYTES))
case("memory.promote_single", {2: NOW, 3: "'2026-01-01'", 4: f"array[{A_MEMORY}]", 5: "array['1']"})
case("memory.overdue", of(*REMEMBERS, "0", EARLIEST, NIL, "500"), reads=1_000, why="five hundred at a time")
case("memory.overdue_short", of(*REMEMBERS, "0", EARLIEST, NIL, "500"), reads=3_000, why="five hundred at a time, of three shelves")
case("memory.unused", of(*REMEMBERS, "18", EARLIEST, NIL, "500"), reads=20_000, why="each that was accessed is looked at")
case("memory.victims", of(numbered(AGENT, 1), "0", "'low'"), reads=80_000, why="stops where there is room enough")
case("memory.overview", of(OWNER, NOW), reads=200_000, why=EVERYTHING)
case("memory.overview_of_all", {2: NOW}, reads=200_000, why=EVERYTHING)
case("memory.erase", of(OWNER), reads=200_000, why="erases what a user's agents remember")
case("memory.purge", of(NOW, "500"), reads=1_500, why="five hundred at a time")
case("memory.purge_timeline", of(NOW, "500"), reads=1_500, why="five hundred at a time")
WHOLE_INDEX = "an agent's index is made from all that it remembers, when it is searched for the first time in a while"
case("memory.index_state", of(*REMEMBERS))
case("memory.index_changes", of(numbered(AGENT, 1), "500"), reads=1_000, why="what has changed since the last search")
case("memory.index_all", of(numbered(AGENT, 1)), reads=200_000, sorts=200_000, why=WHOLE_INDEX)
case("memory.found memory.described memory.vectors", {1: numbered(AGENT, 1), 3: f"array[{A_MEMORY}]"})
case("memory.put_words", many(numbered(AGENT, 1), A_MEMORY, "1", BYTES))
case("memory.analysis", {})
case("memory.set_analysis", of("1"))
case("memory.to_analyse", of(NIL, "1", "200"), reads=1_000, why="two hundred at a time")
case("memory.note_gone", {1: numbered(AGENT, 1), 3: f"array[{A_MEMORY}]", 4: NOW})
case("memory.forget_gone", of(NOW, "500"), reads=2_000, why="five hundred at a time")
case("memory.queue_embedding", many(A_MEMORY, numbered(AGENT, 1), NOW))
case("memory.drop_embedding", of(numbered(AGENT, 1), A_MEMORY))
case("memory.to_embed", of(NOW, "16"))
case("memory.put_embedding", of(A_MEMORY, "1", BYTES))
case("memory.unqueue_embedding", of(A_MEMORY))
case("memory.postpone_embedding", of(A_MEMORY, "1", NOW))
case("moving.read_memory_settings", last_key("memory_settings", "agent_id"))
case("moving.read_agent_memories", last_key("agent_memories", "id"))
case("moving.read_memory_timeline", last_key("memory_timeline", "agent_id", "timestamp", "id"))
case("moving.insert_memory_settings", many(numbered(AGENT, 8), "24", "true", "true", "100", "true", "1000", "'low'", NOW, "1"))
case("moving.insert_agent_memories", many(NEW, "1", numbered(AGENT, 7), "'short_term'", "'low'", "null::text", BYTES, "'{}'::text", "null::bytea", "0",
                                          "null::timestamptz", NOW, NOW, "1", "false", "false", "4", "null::bytea", "null::bytea"))
case("moving.insert_memory_timeline", many(numbered(AGENT, 7), NOW, NEW, "'created'", "1", BYTES, "'{}'::jsonb"))

# Statements that are not looked at, and why.
PASSED_OVER = {
    "memory.reuse_space": "vacuums",
    "retention.drop_month": "calls a function, which looks at the catalogue of partitions",
    "moving.begin": "makes a table", "moving.end": "drops it", "moving.set_source": "writes its one row",
    "moving.place": "reads it", "moving.proceed": "changes it",
    "check.": "`onggi check` reads whole tables, never while serving a request",
}

# Statistics

FIRST, LAST, EPOCH = "to_char(current_date - 29, 'YYYY-MM-DD')", "to_char(current_date, 'YYYY-MM-DD')", "cast('epoch' as timestamptz)"
A_MONDAY, THIS_MONDAY = (f"to_char(date_trunc('week', current_date - {days}), 'YYYY-MM-DD')" for days in (21, 0))
A_DAY = of(OWNER, FIRST, LAST, EPOCH, EPOCH, NIL, NIL)
A_GAP = {4: "now() - interval '1 day'", 5: NOW, 6: "onggi_first_id(now() - interval '2 days')", 7: "onggi_first_id(now())"}
OF_A_DAY = "all of a user and a day, whose statistics are to be made anew"
UNKNOWN = {11: "-1", 12: "0"}  # version and last change
EVERYBODYS = "all users', for admins: user by user"
FIGURES = (*["1"] * 6, "10", "1", "9", BYTES, *["1"] * 6)
for kind in ("agent", "workflow"):
    OF = f"(select id from {kind}s order by id limit 1)"
    SUBJECT = f"(select {kind}_id from {kind}_executions where user_id = {OWNER} order by id desc limit 1)"
    case(f"statistics.note_{kind}", many(OWNER, OF, NOW, "1", "'completed'", "10", *["1"] * 6))
    case(f"statistics.days_{kind}", A_DAY | UNKNOWN)
    case(f"statistics.subjects_{kind}", A_DAY | UNKNOWN | {9: FIRST, 10: FIRST}, reads=500, why="30 days of ten agents")
    case(f"statistics.subjects_{kind}", A_DAY | UNKNOWN | {9: A_MONDAY, 10: THIS_MONDAY}, reads=300, why="13 days and three weeks of ten agents")
    case(f"statistics.subject_{kind}", A_DAY | UNKNOWN | {8: OF})
    case(f"statistics.days_and_executions_{kind}", A_DAY | A_GAP | UNKNOWN, reads=50_000, why=OF_A_DAY)
    case(f"statistics.subjects_and_executions_{kind}", A_DAY | A_GAP | UNKNOWN | {9: FIRST, 10: FIRST}, reads=50_000, why=OF_A_DAY)
    case(f"statistics.subject_and_executions_{kind}", A_DAY | A_GAP | UNKNOWN | {8: OF}, reads=50_000, why=OF_A_DAY)
    case(f"statistics.everybodys_days_{kind} statistics.everybodys_subjects_{kind}", A_DAY, reads=100_000, sorts=100_000, why=EVERYBODYS)
    case(f"statistics.take_turn_{kind}")
    case(f"statistics.waiting_{kind}", of("0", "100"))
    case(f"statistics.waiting_of_{kind}", of(OWNER))
    case(f"statistics.count_waiting_{kind}", of("300"))
    case(f"statistics.remove_waiting_{kind}", many("7", "9"))
    case(f"statistics.erase_waiting_{kind}", of(numbered(USER, 30)))
    case(f"statistics.hold_{kind}", of(numbered(USER, 30)))
    case(f"statistics.begin_lifetime_{kind}", of(OWNER, "'UTC'", "'0001-01-01'", "1"))
    case(f"statistics.take_lifetime_{kind}", many(OWNER, NOW))
    case(f"statistics.lifetime_{kind}", of(OWNER))
    case(f"statistics.save_lifetime_{kind}", many(OWNER, "'UTC'", "'0001-01-01'", "1", "2", EPOCH, "null::timestamptz", "null::timestamptz", "null::text", *["1"] * 6, "'0001-01-01'", THIS_MONDAY))
    case(f"statistics.unbuilt_{kind}", of(NIL, "256", THIS_MONDAY), reads=20_000, why="passes over users whose statistics are made")
    case(f"statistics.stats_at_{kind}", many(OF, FIRST, OWNER, "0"))
    case(f"statistics.days_at_{kind}", many(OWNER, FIRST, "0"))
    case(f"statistics.stats_of_{kind} statistics.all_stats_of_{kind}", of(OWNER, FIRST, LAST), reads=500)
    case(f"statistics.stats_in_{kind}", many(OF, A_MONDAY, THIS_MONDAY, OWNER, "0"))
    case(f"statistics.weeks_of_{kind} statistics.clear_weeks_{kind}", of(OWNER, A_MONDAY, THIS_MONDAY, "500"))
    case(f"statistics.oldest_day_{kind} statistics.counts_of_{kind}", of(OWNER))
    case(f"statistics.days_of_{kind}", of(OWNER, FIRST, LAST))
    case(f"statistics.frozen_stats_{kind}", of(OWNER), reads=2_000, why="what is frozen of one user, once when it is counted anew")
    case(f"statistics.frozen_days_{kind}", of(OWNER))
    case(f"statistics.put_stats_{kind} statistics.put_days_{kind}", many(OWNER, OF, FIRST, "0", *FIGURES))
    case(f"statistics.put_weeks_{kind}", many(OWNER, OF, A_MONDAY, "0", *FIGURES))
    case(f"statistics.remove_stats_at_{kind} statistics.remove_days_at_{kind}", many(OWNER, OF, FIRST, "0"))
    case(f"statistics.remove_weeks_at_{kind}", many(OWNER, OF, A_MONDAY, "0"))
    case(f"statistics.hours_at_{kind}", many(OWNER, "date_trunc('hour', now())"))
    case(f"statistics.hours_of_{kind}", of(OWNER, "now() - interval '1 day'"))
    case(f"statistics.put_hours_{kind}", many(OWNER, "date_trunc('hour', now())", "1", BYTES))
    case(f"statistics.remove_hours_{kind}", many(OWNER, "now() - interval '1 day'"))
    case(f"statistics.add_totals_{kind}", many(OWNER, OF, "1"))
    case(f"statistics.remove_totals_{kind} statistics.totals_of_{kind}", of(OWNER))
    case(f"statistics.executions_{kind}", of(OWNER, "now() - interval '1 day'", NOW, "onggi_first_id(now() - interval '2 days')", "onggi_first_id(now())"),
         reads=50_000, why="all of a user and a day, to make its statistics anew")
    case(f"statistics.executions_each_{kind}", many(OWNER, "now() - interval '1 day'", NOW, "onggi_first_id(now() - interval '2 days')", "onggi_first_id(now())"),
         reads=50_000, why="all of a user and a day")
    case(f"statistics.newest_{kind}", of(OWNER, LATEST))
    case(f"statistics.oldest_{kind}", of(OWNER, EPOCH))
    case(f"statistics.name_of_{kind}", many(SUBJECT, OWNER, "0"))
case("statistics.zone_of_user", of(OWNER))
case("statistics.owners", of(NIL, "256"))
A_DASHBOARD = of(OWNER, NOW, FIRST, LAST, EPOCH, EPOCH, NIL, NIL, "now() - interval '1 day'", "-1", "0", "-1")
case("statistics.dashboard_and_executions", A_DASHBOARD | {number + 1: value for number, value in A_GAP.items()}, reads=100_000, why="counts what a user owns, and reads all of a day")
case("statistics.dashboard", A_DASHBOARD, reads=50_000, why="counts what a user owns")
case("statistics.dashboard_of_everybody", A_DASHBOARD, reads=200_000, sorts=100_000, why=EVERYTHING)
case("statistics.newest_of", of(OWNER, "10"))
case("statistics.newest_of_everybody", of(OWNER, "10"), reads=100_000, sorts=100_000, why=EVERYBODYS)
case("statistics.count_of", of(OWNER))
case("statistics.favorites", of(OWNER))
case("statistics.count_of_everybody statistics.favorites_of_everybody", of(OWNER), reads=100_000, sorts=100_000, why=EVERYBODYS)
case("statistics.favorite", many(OWNER, "(select id from agents order by id limit 1)"))
case("statistics.favorite_of_everybody", many(OWNER, "(select id from agents order by id limit 1)"), reads=100_000, why=EVERYBODYS)
case("statistics.stuck_of", of(OWNER, "now() - interval '30 days'"), reads=10_100, why="counts to 10,000")
case("statistics.stuck_of_everybody", of(OWNER, "now() - interval '30 days'"), reads=100_000, why=EVERYBODYS)
case("prices.list prices.clear", reads=1_000, why="all prices there are, which are few")
case("prices.insert", many("'new'", "'model'", "1", "1"))
case("prices.of_agent", of(numbered(AGENT, 7)))
case("prices.executions", of(NIL, "100"), reads=1_000, why="a hundred executions, and their agents")
case("prices.update_execution", many(newest_execution("agent"), "1", NOW, "2", BYTES))
for kind in ("agent", "workflow"):
    case(f"moving.read_{kind}_execution_stats", {1: NIL, 2: "''", 3: NIL}, reads=200_000, why="what is frozen, once")
    case(f"moving.read_{kind}_execution_days", {1: NIL, 2: "''"}, reads=200_000, why="what is frozen, once")
    case(f"moving.read_{kind}_execution_lifetimes", {1: NIL}, reads=1_000, why="users of whom something is frozen, once")
    case(f"moving.insert_{kind}_execution_stats", many(NEW, "'2026-01-01'", OWNER, "true", *FIGURES))
    case(f"moving.insert_{kind}_execution_days", many(OWNER, "'2021-01-01'", "true", *FIGURES))
    case(f"moving.insert_{kind}_execution_lifetimes", many(numbered(USER, 50), NOW, NOW, "'2026-01-01'"))
case("moving.read_prices", of("''", "''"), reads=1_000, why="all prices there are, which are few")
case("moving.insert_prices", many("'new'", "'model'", "1", "1"))
