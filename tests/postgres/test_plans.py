"""Every statement has a plan: prepared and bound as the server runs it, over realistic rows, in the generic plan and in a custom one."""

from pathlib import Path

import pytest

import plans
from conftest import connect
from plan_cases import CASES, EVERYTHING, MONTHS, PASSED_OVER

STATEMENTS = plans.catalogue()
# Indexes of the platform that this one took its schema from; each must have a use.
SEED_INDEXES = {
    "ix_workflow_exec_user_workflow_status", "ix_workflow_exec_status_started", "ix_workflow_exec_user_started", "ix_agent_exec_user_agent_started",
    "ix_agent_exec_session_status", "ix_agents_configuration_gin", "ix_workflows_graph_definition_gin", "ix_workflow_nodes_configuration_gin",
    "ix_agents_llm_provider", "ix_agent_stats_user_date", "ix_agent_stats_agent_date", "ix_workflow_stats_user_date",
}
# They hold a row for each user, or what belongs to the last minute: an index of theirs may be walked from end to end.
SMALL = {"users", "feed_batches", "feed_listeners", "jobs", "retention_horizons", "prices", "agent_execution_changes", "workflow_execution_changes",
         "agent_execution_lifetimes", "workflow_execution_lifetimes"}
# What a foreign key or a constraint alone looks at: no statement's plan shows them.
OF_CONSTRAINTS = {"ix_agent_knowledgebases_knowledgebase", "ix_former_names_user", "ix_memory_embedding_queue_agent"}


def passed_over(name):
    return any(name.startswith(prefix) for prefix in PASSED_OVER)


@pytest.fixture(scope="session")
def cursor(postgres_url, new_database):
    connection = connect(postgres_url, new_database())
    with connection.cursor() as cursor:
        cursor.execute((Path(__file__).parent / "plans_data.sql").read_text())
        cursor.execute("set client_min_messages = error")
        cursor.execute("vacuum (analyze)")
        for setting, value in plans.SESSION.items():
            cursor.execute(f"set {setting} = {value}")
        yield cursor
    connection.close()


@pytest.fixture(scope="session")
def explained(cursor):
    """Plans of every case, made when they are first asked for."""
    known = {}

    def explain(name, mode):
        if (name, mode) not in known:
            known[name, mode] = [(case, plans.explain(cursor, STATEMENTS[name], case.values, mode)) for case in CASES[name] if mode in case.modes]
        return known[name, mode]

    return explain


@pytest.fixture(scope="session")
def empty_cursor(postgres_url, new_database):
    """Of a database in which nobody has written, and nothing was analyzed."""
    connection = connect(postgres_url, new_database())
    with connection.cursor() as cursor:
        for setting, value in plans.SESSION.items():
            cursor.execute(f"set {setting} = {value}")
        yield cursor
    connection.close()


def test_every_statement_is_looked_at():
    covered = {name for name in STATEMENTS if name in CASES or passed_over(name)}
    assert set(STATEMENTS) - covered == set()
    assert set(CASES) - set(STATEMENTS) == set()


@pytest.mark.parametrize("mode", plans.MODES)
@pytest.mark.parametrize("name", [name for name in STATEMENTS if name in CASES])
def test_a_statement_reads_about_what_it_shows(name, mode, explained):
    for case, plan in explained(name, mode):
        assert plan.sequential() == set(), f"scans whole tables, with {case.values}"
        most = plan.rows_read().most_common(1)
        assert not most or most[0][1] <= case.reads, f"reads {most[0][1]} rows of {most[0][0]}, with {case.values}"
        assert plan.rows_sorted() <= case.sorts, f"sorts {plan.rows_sorted()} rows, with {case.values}"


@pytest.mark.parametrize("mode", plans.MODES)
def test_a_dashboard_of_30_days_reads_a_hundred_rows_of_summaries(mode, explained):
    ((_, plan),) = explained("statistics.dashboard", mode)
    read = {table: count for table, count in plan.rows_read().items() if table.startswith(("agent_execution", "workflow_execution"))}
    waiting = read.pop("agent_execution_changes", 0)
    assert 0 < sum(read.values()) <= 100 and set(read) <= {"agent_execution_days", "agent_execution_hours", "agent_execution_lifetimes"}, read
    assert waiting <= 10, "as many as there are"


@pytest.mark.parametrize("name", [name for name in STATEMENTS if name in CASES])
def test_a_plan_made_while_tables_are_empty_serves_when_they_are_full(name, empty_cursor):
    # Servers start on an empty database, months begin empty, and a generic plan is kept until somebody analyzes the table.
    plan = plans.explain(empty_cursor, STATEMENTS[name], CASES[name][0].values, "generic", analyze=False)
    assert plan.sequential() == set()
    walked = SMALL | {"agents"} if CASES[name][0].why == EVERYTHING else SMALL
    assert plan.unbounded() <= walked, "walks an index from end to end"


def test_a_bound_that_is_wider_has_a_reason():
    wide = [name for name, cases in CASES.items() for case in cases if case.reads >= 1_000 and not case.why]
    assert wide == []


def used_indexes(explained):
    return {index for name in CASES for mode in plans.MODES for _, plan in explained(name, mode) for index in plan.indexes()}


def test_every_index_of_the_seed_is_in_use(explained):
    assert SEED_INDEXES - used_indexes(explained) == set()


def test_every_index_is_in_use(cursor, explained):
    cursor.execute("""select c.relname from pg_index i join pg_class c on c.oid = i.indexrelid
        where c.relnamespace = 'public'::regnamespace and not c.relispartition and not i.indisunique""")
    every = {row[0] for row in cursor.fetchall()}
    assert every - used_indexes(explained) - OF_CONSTRAINTS == set()


@pytest.mark.parametrize("mode", plans.MODES)
@pytest.mark.parametrize("kind", ["agent", "workflow"])
@pytest.mark.parametrize("verb", ["get", "head", "find", "update", "touch", "remove", "remove_steps", "insert_step"])
def test_one_execution_is_in_one_month(verb, kind, mode, explained):
    for _, plan in explained(f"executions.{verb}_{kind}", mode):
        for table in (f"{kind}_executions", "execution_steps"):
            assert len(plan.partitions(table)) <= 1


@pytest.mark.parametrize("mode", plans.MODES)
@pytest.mark.parametrize("kind", ["agent", "workflow"])
@pytest.mark.parametrize("verb", ["list", "list_of", "list_session", "export"])
def test_a_range_of_time_leaves_other_months_closed(verb, kind, mode, explained):
    for case, plan in explained(f"executions.{verb}_{kind}", mode):
        opened = plan.partitions(f"{kind}_executions", begun=False)
        is_window = "191 days" in case.values[9]
        assert len(opened) <= (2 if is_window else MONTHS), f"opens {sorted(opened)}"
