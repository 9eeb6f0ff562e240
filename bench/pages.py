"""The pages that are measured, and what is expected of them."""

from dataclasses import dataclass
from urllib.parse import quote

from servers import PREFIX

PEER_FACTOR = 7      # every page, against Fastify + pg
STATIC_SHARE = 0.5   # what was read before, against nginx
OLLAMA = '{"llm_provider":"ollama"}'
RARE = '{"nodes":[{"type":"rare_review"}]}'
SPREAD_MAX = 1000
STORE_DASHBOARD_FACTOR = 20  # on PostgreSQL, against Fastify + pg
# What moves with the clock, and what daily rows without percentiles cannot show.
DASHBOARD_BUT = ("timestamp", "last_24h", "p95_duration_ms")


@dataclass
class Page:
    key: str
    title: str
    paths: list          # one, or many that are asked for in turn
    loop: str            # its name in the bare loop; empty where nobody else has statistics: then there is no best statement either
    arguments: list      # the bare loop's, for each path, after the reader
    from_memory: bool    # whether onggi may answer it from memory
    at_least: int | None = None  # requests per second
    of_static: float | None = None
    grows: bool = False  # measured at other numbers of executions as well
    filter: str = ""     # what is to be contained, JSON
    store_factor: int | None = None  # on PostgreSQL, against Fastify + pg, where it is another than all pages'
    but: tuple = ()      # members that the peer need not show alike

    @property
    def is_spread(self):
        return len(self.paths) > 1

    @property
    def content(self):
        """The key without how often it was read."""
        return self.key.removesuffix("_first")


def _containing(resource, parameter, document):
    return f"{PREFIX}/{resource}?{parameter}={quote(document)}"


def pages(samples):
    workflows = samples.workflows[:SPREAD_MAX]
    agents = samples.agents[:SPREAD_MAX]
    busiest = samples.busiest_agents[0]
    workflow_paths = [f"{PREFIX}/workflows/{each}" for each in workflows]
    agent_paths = [f"{PREFIX}/agents/{each}" for each in agents]
    return [
        Page("workflow", "a workflow of 50 nodes and 60 edges, read before", workflow_paths[:1], "workflow", workflows[:1],
             from_memory=True, of_static=STATIC_SHARE),
        Page("workflow_first", "a workflow of 50 nodes and 60 edges, first read", workflow_paths, "workflow", workflows,
             from_memory=False, at_least=8000, grows=True),
        Page("agent", "an agent with ten tools, read before", agent_paths[:1], "agent", agents[:1],
             from_memory=True, of_static=STATIC_SHARE),
        Page("agent_first", "an agent with ten tools, first read", agent_paths, "agent", agents,
             from_memory=False, at_least=8000, grows=True),
        Page("executions", "the 50 newest executions of a user and an agent", [f"{PREFIX}/executions?agent_id={busiest}"], "executions",
             [busiest], from_memory=True, at_least=12000, grows=True),
        Page("agents_containing", "agents by a value of their configuration, 50 of 190 in 20,000",
             [_containing("agents", "configuration", OLLAMA)], "agents", ["ollama"],
             from_memory=True, at_least=8000, grows=True, filter=OLLAMA),
        Page("workflows_containing", "workflows by what their graph contains, 10 of 1,000",
             [_containing("workflows", "graph_definition", RARE)], "workflows", ["rare_review"],
             from_memory=True, at_least=8000, grows=True, filter=RARE),
        Page("dashboard", "the dashboard of 30 days of the user with three in ten executions", [f"{PREFIX}/dashboard/stats?days=30"], "", [],
             from_memory=True, of_static=STATIC_SHARE, store_factor=STORE_DASHBOARD_FACTOR, but=DASHBOARD_BUT),
        Page("trend", "executions day by day, 30 days of the same user", [f"{PREFIX}/dashboard/execution-trend?days=30"], "", [],
             from_memory=True, of_static=STATIC_SHARE, store_factor=STORE_DASHBOARD_FACTOR),
    ]
