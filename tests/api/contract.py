"""The published contract, walked: its operations, a world of objects to fill their paths with, and a body for each.

Whoever adds an endpoint meets this file: a path parameter or a body that it does not know fails the tests that walk, so that no
endpoint escapes the tests of isolation and of budgets.
"""

import re
import time
from dataclasses import dataclass, field

from client import (PREFIX, edge, in_parallel, make_agent, make_block, make_knowledgebase, make_user, make_workflow, node, timestamp,
                    unique)

METHODS = ("get", "head", "post", "put", "patch", "delete", "options", "trace")
ADMIN_ONLY = re.compile(r"(GET|POST|PUT|PATCH|DELETE) /users(/\{\})?$|(POST|PUT|PATCH|DELETE) /tools|\w+ /jobs\b|GET /memory/scheduler/status|POST /memory/cleanup"
                        r"|POST /statistics/rebuild|\w+ /prices")
OF_USERS = re.compile(r"\w+ /(users|me)\b")


@dataclass
class Operation:
    method: str
    template: str  # from the root, prefix included
    spec: dict
    parameters: list  # references resolved, those of the path item included

    @property
    def is_under_prefix(self):
        return self.template.startswith(PREFIX + "/")

    @property
    def name(self):
        """Such as `GET /agents/{}/versions`, whatever the parameter is called."""
        path = self.template[len(PREFIX):] if self.is_under_prefix else self.template
        return self.method + " " + re.sub(r"\{[^}]*\}", "{}", path)

    @property
    def budget(self):
        return self.spec.get("x-query-budget")

    @property
    def is_for_admins(self):
        return bool(ADMIN_ONLY.match(self.name))

    @property
    def has_path_parameters(self):
        return "{" in self.template

    def query_names(self):
        return [parameter["name"] for parameter in self.parameters if parameter["in"] == "query"]

    def matches(self, path):
        return re.fullmatch(re.sub(r"\\\{[^}]*\\\}", "[^/]+", re.escape(self.template)), path) is not None


def resolve(document, schema):
    """Follows $ref until there is none."""
    while "$ref" in schema:
        reference = schema["$ref"]
        assert reference.startswith("#/"), f"{reference}: only references within the document are expected"
        schema = document
        for token in reference[2:].split("/"):
            token = token.replace("~1", "/").replace("~0", "~")
            assert isinstance(schema, dict) and token in schema, f"{reference} leads to nowhere"
            schema = schema[token]
    return schema


def operations(document):
    found = []
    for path, item in document["paths"].items():
        for method in METHODS:
            if method not in item:
                continue
            spec = item[method]
            template = path
            if not path.startswith(PREFIX):
                servers = spec.get("servers") or item.get("servers") or document.get("servers") or [{"url": "/"}]
                template = re.sub(r"^https?://[^/]+", "", servers[0]["url"]).rstrip("/") + path
            parameters = [resolve(document, parameter) for parameter in item.get("parameters", []) + spec.get("parameters", [])]
            found.append(Operation(method.upper(), template, spec, parameters))
    assert found, "the document has no operations"
    return found


def load(client):
    document = client.get("//openapi.json").expect(200)
    return document, operations(document)


@dataclass
class World:
    """The objects of one user, `size` of everything that can be many. `ids` by the segment in front of the path parameter."""
    owner: object
    admin: object
    size: int
    marker: str  # in every name and document of it
    tool_ids: list
    knowledgebase_ids: list = field(default_factory=list)
    agent_ids: list = field(default_factory=list)
    block_ids: list = field(default_factory=list)
    session_id: str = ""
    ids: dict = field(default_factory=dict)
    steps_given: int = 0

    def path(self, operation):
        """The operation's path, every parameter filled with an id of this world."""
        segments = operation.template.split("/")
        for i, segment in enumerate(segments):
            if "{" in segment:
                collection = segments[i - 1]
                assert re.fullmatch(r"\{\w+\}", segment) and collection in self.ids, (
                    f"{operation.method} {operation.template}: teach contract.World what {segment} after /{collection}/ is")
                segments[i] = str(self.ids[collection])
        return "/".join(segments)

    def request(self, operation):
        """method, path and the arguments that make a valid request of the operation."""
        BEFORE.get(operation.name, lambda world: None)(self)
        arguments = {"params": dict(QUERIES.get(operation.name, lambda world: {})(self))}
        for parameter in operation.parameters:
            if parameter["in"] == "query" and parameter.get("required"):
                assert parameter["name"] in arguments["params"], f"{operation.name}: teach contract.QUERIES ?{parameter['name']}="
        if operation.method in ("POST", "PUT", "PATCH"):
            if operation.name in BODIES:
                arguments["json"] = BODIES[operation.name](self)
            else:
                assert operation.name in NO_BODY, f"{operation.name}: teach contract.BODIES what it takes"
        return operation.method, self.path(operation), arguments

    def send(self, client, operation, **over):
        method, path, arguments = self.request(operation)
        arguments["params"].update(over.pop("params", {}))
        return client.request(method, path, absolute=True, **{**arguments, **over})

    # Bodies of the definitions, as large as the world

    def agent(self):
        return {"name": self.marker + unique(), "description": self.marker, "llm_provider": "ollama", "llm_model": "llama3.1",
                "configuration": {"prompt": self.marker},
                "tools": [{"tool_id": tool_id, "configuration": {"secret": self.marker}, "order": i} for i, tool_id in enumerate(self.tool_ids)],
                "knowledgebases": [{"knowledgebase_id": id, "priority": i} for i, id in enumerate(self.knowledgebase_ids)]}

    def workflow(self):
        references = [{"agent_id": id} for id in self.agent_ids] + [{"block_id": id} for id in self.block_ids]
        nodes = [node(f"n{i}", data={**references[i * 2 % len(references)], "label": self.marker}) for i in range(self.size)]
        edges = [edge(f"e{i}", f"n{i}", f"n{(i + 1) % self.size}") for i in range(self.size)]
        return {"name": self.marker + unique(), "description": self.marker, "graph_definition": {"nodes": nodes, "edges": edges},
                "schedules": [{"cron_expression": f"{i % 60} 2 * * *", "input_data": {"m": self.marker}} for i in range(self.size)],
                "webhooks": [{"webhook_path": unique("hook"), "secret": self.marker} for _ in range(self.size)]}

    def execution(self, of, steps=1):
        started = timestamp(minutes=-10)
        return {of: self.ids[of.replace("_id", "s")], "session_id": self.session_id, "status": "completed", "started_at": started,
                "duration_ms": 1500, "input_data": {"m": self.marker}, "output_data": {"m": self.marker},
                "execution_context": {"m": self.marker}, "metrics": {"llm_call_count": 1, "cost_usd": 0.01},
                "steps": self.steps(1, steps)}

    def memory(self):
        return {"type": "episodic", "content": self.marker, "metadata": {"m": self.marker}, "session_id": self.session_id}

    def more_steps(self):
        """As many as the world is large, of numbers that no earlier call gave."""
        self.steps_given += self.size
        return self.steps(1_000_000 + self.steps_given, self.size)

    def steps(self, first, count):
        return [{"step_number": first + i, "step_type": "thought", "content": self.marker} for i in range(count)]


BODIES = {
    "POST /users": lambda world: {"name": unique("user")},
    "PUT /users/{}": lambda world: {"name": unique("user")},
    "PATCH /users/{}": lambda world: {"timezone": "Asia/Seoul"},
    "POST /users/{}/keys": lambda world: {"name": world.marker},
    "POST /tools": lambda world: {"id": unique("tool").replace("-", "_"), "name": "T", "input_schema": {}, "implementation_type": "custom"},
    "PUT /tools/{}": lambda world: {"id": world.ids["tools"], "name": unique("T"), "input_schema": {}, "implementation_type": "custom"},
    "PATCH /tools/{}": lambda world: {"description": unique()},
    "POST /knowledgebases": lambda world: {"name": unique("knowledgebase")},
    "PUT /knowledgebases/{}": lambda world: {"name": unique("knowledgebase")},
    "PATCH /knowledgebases/{}": lambda world: {"name": unique("knowledgebase")},
    "POST /blocks": lambda world: {"name": unique("block"), "block_type": "logic"},
    "PUT /blocks/{}": lambda world: {"name": unique("block"), "block_type": "logic"},
    "PATCH /blocks/{}": lambda world: {"name": unique("block")},
    "POST /agents": World.agent,
    "PUT /agents/{}": World.agent,
    "PATCH /agents/{}": lambda world: {"name": unique("agent"), "configuration": {unique("k"): 1}},
    "POST /agents/{}/clone": lambda world: {"name": unique("clone")},
    "POST /agents/import": lambda world: {"format": "onggi-agent", "format_version": 1, "agent": {**world.agent(), "agent_type": "custom", "is_public": False}},
    "POST /agents/{}/memory": lambda world: [world.memory() for _ in range(world.size)],
    "POST /agents/{}/memory/search": lambda world: {"query": world.marker, "top_k": 100},
    "PATCH /agents/{}/memory/{}": lambda world: {"metadata": {unique("k"): 1}},
    "PUT /agents/{}/memory/settings": lambda world: {"short_term_retention_hours": 48},
    "POST /workflows": World.workflow,
    "PUT /workflows/{}": World.workflow,
    "PATCH /workflows/{}": lambda world: {"name": unique("workflow"), "graph_definition": {"viewport": {"zoom": 2}}},
    "POST /executions": lambda world: world.execution("agent_id", steps=world.size),
    "PUT /executions/{}": lambda world: world.execution("agent_id"),
    "PATCH /executions/{}": lambda world: {"output_data": {"patched": unique()}},
    "POST /executions/batch": lambda world: [world.execution("agent_id") for _ in range(world.size)],
    "POST /executions/{}/steps": World.more_steps,
    "POST /workflow-executions": lambda world: world.execution("workflow_id", steps=world.size),
    "PUT /workflow-executions/{}": lambda world: world.execution("workflow_id"),
    "PATCH /workflow-executions/{}": lambda world: {"output_data": {"patched": unique()}},
    "POST /workflow-executions/batch": lambda world: [world.execution("workflow_id") for _ in range(world.size)],
    "POST /workflow-executions/{}/steps": World.more_steps,
    "PUT /prices": lambda world: {"prices": [{"llm_provider": "ollama", "llm_model": f"m{i}", "prompt_usd_per_million": 1.5,
                                              "completion_usd_per_million": 2} for i in range(world.size)]},
    "POST /statistics/rebuild": lambda world: {"user_id": world.owner.id},
}
NO_BODY = {"POST /agents/{}/versions/{}/restore", "POST /agents/{}/memory/consolidate", "POST /agents/{}/memory/{}/undo", "POST /memory/cleanup",
           "POST /memory/consolidate/{}", "POST /jobs/{}/run", "POST /prices/apply"}


def wait_until_idle(world, job=None):
    """A run that goes on refuses another."""
    deadline = time.monotonic() + 60
    while world.admin.get(f"/jobs/{job or world.ids['jobs']}").expect(200)["state"] != "idle":
        assert time.monotonic() < deadline
        time.sleep(0.01)


BEFORE = {"POST /jobs/{}/run": wait_until_idle, "POST /prices/apply": lambda world: wait_until_idle(world, "prices_apply"),
          "POST /statistics/rebuild": lambda world: wait_until_idle(world, "statistics_rebuild")}
QUERIES = {
    "DELETE /users/{}": lambda world: {"erase": "true"},
    "DELETE /executions": lambda world: {"session_id": world.session_id},
    "DELETE /workflow-executions": lambda world: {"session_id": world.session_id},
}


def make_world(admin, size, tool_ids, marker=None):
    """A new user who has `size` of everything."""
    marker = marker or unique("world")
    owner = make_user(admin, marker)
    world = World(owner, admin, size, marker, list(tool_ids[:size]), session_id=unique(marker))
    each = range(size)
    keys = in_parallel(lambda i: owner.post(f"/users/{owner.id}/keys", json={"name": f"{marker} {i}"}).expect(201)["id"], each)
    world.knowledgebase_ids = in_parallel(lambda i: make_knowledgebase(owner, name=f"{marker} {i}", description=marker)["id"], each)
    world.block_ids = in_parallel(lambda i: make_block(owner, name=f"{marker} {i}", description=marker)["id"], each)
    of_one_tool = [{"tool_id": world.tool_ids[0]}]  # so that the tool, too, has `size` related rows
    world.agent_ids = in_parallel(lambda i: make_agent(owner, name=f"{marker} {i}", tools=of_one_tool)["id"], each)
    in_parallel(lambda i: make_workflow(owner, name=f"{marker} {i}"), each)
    agent = owner.post("/agents", json=world.agent()).expect(201)
    for i in range(min(size, 100)):  # a hundred versions are kept
        owner.patch(f"/agents/{agent['id']}", json={"description": f"{marker} {i}"}).expect(200)
    versions = owner.items(f"/agents/{agent['id']}/versions")
    workflow = owner.post("/workflows", json=world.workflow()).expect(201)
    world.ids = {"users": owner.id, "keys": keys[0], "tools": world.tool_ids[0], "knowledgebases": world.knowledgebase_ids[0],
                 "blocks": world.block_ids[0], "agents": agent["id"], "workflows": workflow["id"], "jobs": "partition_maintenance",
                 "versions": versions[len(versions) // 2]["version"]}  # neither the present one nor one about to go
    owner.post(f"/agents/{agent['id']}/memory", json=[world.memory() for _ in each]).expect(201)
    # One that was promoted, so that this can be undone.
    used = {**world.memory(), "type": "short_term", "access_count": 3, "created_at": timestamp(hours=-13)}
    memory = admin.post(f"/agents/{agent['id']}/memory", params={"user_id": owner.id}, json=used).expect(201)
    owner.post(f"/agents/{agent['id']}/memory/consolidate").expect(200)
    world.ids |= {"memory": memory["id"], "consolidate": agent["id"]}
    for kind, of in (("executions", "agent_id"), ("workflow-executions", "workflow_id")):
        batch = [world.execution(of, steps=size if i == 0 else 1) for i in each]
        items = owner.post(f"/{kind}/batch", json=batch).expect(200)["items"]
        assert all(item["status"] == 201 for item in items), items[0]
        world.ids[kind] = items[0]["id"]
    return world
