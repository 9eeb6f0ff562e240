"""Two stores, one behaviour: a server on a file and a server on PostgreSQL are asked the same, and answer the same, byte for byte.

The PostgreSQL database sorts and compares texts as people do (ICU, English), which no answer may depend on.
"""

import copy
import json
import random
import string

import pytest

from client import Client, Server, edge, new_key, node, now_ms, timestamp, uuid7
from stores import Database, postgres_only
from support_executions import DAY_MS, STATUSES, STEP_TYPES
from support_same import Difference, Pair

pytestmark = postgres_only
ICU = "template template0 encoding 'UTF8' locale_provider icu icu_locale 'en-US' locale 'C'"
HOUR_MS = 3_600_000


@pytest.fixture(scope="module")
def admins(tmp_path_factory):
    key = new_key()
    database = Database(options=ICU)
    servers = [Server(tmp_path_factory.mktemp("embedded"), admin_key=key, store="embedded"),
               Server(tmp_path_factory.mktemp("postgres"), admin_key=key, database_url=database.url)]
    pair = Pair([Client(server, key) for server in servers])
    pair.learn("admin", *(client.get("/me").expect(200)["id"] for client in pair.clients))
    yield pair
    for server in servers:
        server.close()
    database.drop()


def user_of(admins, name, **over):
    """A user that exists on both, under one id."""
    id = uuid7()
    admins.post("/users", json={"id": id, "name": name, **over})
    keys = admins.post(f"/users/{id}/keys", json={"name": "k"}, made=f"key of {name} {id}")
    user = {"id": id, "name": name}
    return admins.as_user(*(Client(client.server, answer.json()["key"], user) for client, answer in zip(admins.clients, keys)))


@pytest.fixture
def pair(admins):
    return user_of(admins, "Ana")


class Ids:
    """Ascending, so that what is made in one millisecond is in the same order on both."""

    def __init__(self, random):
        self.random, self.last = random, now_ms() - 1000

    def __call__(self):
        self.last += 1
        bits = self.last << 80 | 7 << 76 | self.random.getrandbits(12) << 64 | 2 << 62 | self.random.getrandbits(62)
        text = f"{bits:032x}"
        return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))


# That the comparison compares

def test_a_difference_is_seen(pair):
    one = pair.clients[0].get("/me")
    assert one.etag
    for change in (lambda a: setattr(a, "status", 201), lambda a: setattr(a, "body", a.body.replace(b"Ana", b"Bea")),
                   lambda a: a.headers.replace_header("Content-Type", "text/plain"), lambda a: a.headers.replace_header("ETag", '"2-x"')):
        two = copy.deepcopy(one)
        pair.compare("the same", one, two)
        change(two)
        with pytest.raises(Difference):
            pair.compare("changed", one, two)


# JSON

NUMBERS = ["0", "-0", "0.0", "-0.0", "0e5", "-0e-5", "1", "-1", "1.0", "1.50", "1e3", "1E3", "1e+3", "1e-3", "100e-2", "0.1", "0.30000000000000004",
           "1e15", "1e16", "1e17", "1e21", "1e22", "1.5e300", "1e308", "-1e308", "1.7976931348623157e308", "5e-324", "2.2250738585072014e-308",
           "1e-7", "1.234e-5", "123456789.123456789", "9007199254740993", "9007199254740993.0", "9223372036854775807", "-9223372036854775808",
           "9223372036854775808", "-9223372036854775809", "9223372036854775808.0", "18446744073709551616", "1e19", "12345678901234567890",
           "100000000000000000000", "1e400", "-1e400", "1e-400", "0." + "3" * 60, "3" * 60 + ".0", "1e0000000000001", "4.35", "0.000001", "1e23"]
TEXTS = [r'""', r'"a"', r'"\u0000"', r'"\ud83d\ude00"', r'"\ud83d"', r'"\udc00x"', '"é"', '"e\u0301"', r'"\u00e9"', '"옹기"', '"\u2028"', r'"\u2028"',
         '"\x7f"', r'"\u0001\u001f"', r'"\b\f\n\r\t"', r'"\/"', '"/"', r'"\\u0000"', '"\\""', '"\U0001f469\u200d\U0001f4bb"', '"\ufffe\uffff"', '"\ufeff"',
         '" "', '"a\tb"', '"' + "x" * 3000 + '"', '"' + "옹" * 3000 + '"', r'"\x41"', '"<script>&"']
SHAPES = ["null", "true", "false", "[]", "{}", "[[]]", "[{}]", '{"a":{}}', '{"a":[]}', '{"":{"":{"":[]}}}', '[[],[[]],{},[{}]]', '[null,[null],{"a":null}]',
          '{"b":1,"a":2,"aa":3,"":4,"é":5,"zz":6,"Z":7,"ab":8,"옹":9,"\U0001f600":10,"~":11}', '{"a":1,"a":1}', '{"a":1,"\\u0061":2}', '{"a":{"b":1,"b":2}}',
          "[" * 99 + "]" * 99, "[" * 98 + "]" * 98, "[" * 150 + "]" * 150, '{"a":' * 97 + "1" + "}" * 97, '{"a":' * 120 + "1" + "}" * 120, " [ 1 , 2 ] ",
          '[1,2', '{"a"}', "nul", "01", "1.", ".5", "+1", "1e", "--1", "'a'", "[1,]", '{"a":1,}', "NaN", "Infinity", "[1]]", '{"__proto__":{"constructor":1}}',
          json.dumps({"k" + str(i): i for i in range(300)}), json.dumps({"x" * i: i for i in range(1, 80)}), json.dumps(list(range(1000)))]


@pytest.mark.parametrize("documents", [NUMBERS, TEXTS, SHAPES], ids=["numbers", "texts", "shapes"])
def test_json_of_every_kind_is_taken_and_shown_alike(pair, documents):
    """Wherever JSON is taken: as a whole, as a value, as a key, in columns of every kind."""
    ids = Ids(random.Random(1))
    agent = ids()
    pair.post("/agents", json={"id": agent, "name": "a", "llm_provider": "p", "llm_model": "m"})
    for document in documents:
        started = timestamp(minutes=-5)
        id = uuid7(now_ms() - 300_000)
        body = (f'{{"id":"{id}","agent_id":"{agent}","started_at":"{started}","input_data":{document},"output_data":[{document}],'
                f'"execution_context":{{"k":{document}}},"steps":[{{"step_number":1,"step_type":"thought","timestamp":"{started}",'
                f'"step_metadata":{{"m":{document}}}}}]}}').encode("utf-8", "surrogatepass")
        pair.post("/executions", body=body)
        pair.get(f"/executions/{id}")
        pair.post("/executions", body=body)
        if document.startswith('"'):
            key = (f'{{"id":"{uuid7(now_ms() - 300_000)}","agent_id":"{agent}","started_at":"{started}","execution_context":{{{document}:{document}}}}}')
            pair.post("/executions", body=key.encode("utf-8", "surrogatepass"))
        alone = ids()
        pair.post("/agents", body=f'{{"id":"{alone}","name":"x","llm_provider":"p","llm_model":"m","configuration":{document}}}'.encode())
        pair.post("/agents", body=f'{{"id":"{ids()}","name":"x","llm_provider":"p","llm_model":"m","configuration":{{"k":[{document}]}}}}'.encode())
        pair.patch(f"/agents/{agent}", body=f'{{"configuration":{{"k":{document}}}}}'.encode())
        pair.patch(f"/agents/{agent}", body=f'{{"description":{document}}}'.encode())
        pair.put(f"/agents/{agent}", body=f'{{"name":{document},"llm_provider":"p","llm_model":"m"}}'.encode())
        pair.get(f"/agents/{agent}")
        graph = f'{{"nodes":[{{"id":"a","position":{{"x":0,"y":1}},"data":{{"k":{document}}},"k":{document}}}],"edges":[],"v":{document}}}'
        workflow = ids()
        pair.post("/workflows", body=f'{{"id":"{workflow}","name":"w","graph_definition":{graph}}}'.encode())
        pair.get(f"/workflows/{workflow}")
        pair.post("/agents", body=document.encode("utf-8", "surrogatepass"))
    pair.everything("/executions", limit=7)
    pair.everything("/agents", is_public="false", limit=7)
    pair.everything("/workflows", is_public="false", limit=7)
    pair.everything("/workflows/nodes", limit=7)
    pair.get("/executions/export")


def test_bytes_that_are_no_text_are_refused_alike(pair):
    for bad in (b"\xff", b"\xc3", b"\xed\xa0\x80", b"\xc0\x80", b"\xf4\x90\x80\x80", b"\x00"):
        for body in (b'{"name":"' + bad + b'","llm_provider":"p","llm_model":"m"}', b'{"' + bad + b'":1}', bad):
            pair.post("/agents", body=body)


# Requests that are refused

BODIES = ["{}", "[]", "null", "1", '"x"', "", "{", '{"name":1}', '{"name":""}', '{"name":"  "}', '{"name":"x"}', '{"name":null}', '{"nam":"x"}',
          '{"id":"x"}', '{"id":"01890000-0000-4000-8000-000000000000","name":"n"}', '{"is_public":"true"}', '{"configuration":[]}', '{"user_id":"x"}',
          '{"created_at":"2026-01-01T00:00:00Z"}', '{"version":7}', '{"tools":[{}]}', '{"tools":[{"tool_id":"no-such"}]}', '{"tools":"x"}',
          '{"knowledgebases":[{"knowledgebase_id":"01890000-0000-7000-8000-000000000000"}]}', '{"graph_definition":{"nodes":[{"id":"a"},{"id":"a"}]}}',
          '{"graph_definition":{"nodes":[],"edges":[{"id":"e","source":"a","target":"b"}]}}', '{"graph_definition":{"nodes":{}}}', '{"schedules":[{}]}',
          '{"schedules":[{"cron_expression":"61 * * * *"}]}', '{"webhooks":[{"webhook_path":"a b"}]}', '{"agent_id":"01890000-0000-7000-8000-000000000000"}',
          '{"status":"gone"}', '{"started_at":"yesterday"}', '{"started_at":"1999-01-01T00:00:00Z"}', '{"duration_ms":-1}', '{"duration_ms":1.5}',
          '{"metrics":{"cost_usd":-1}}', '{"metrics":{"nonsense":1}}', '{"steps":[{"step_number":0,"step_type":"x"}]}', '{"session_id":""}',
          '{"completed_at":"2026-01-01T00:00:00Z"}', '{"chunk_size":0}', '{"block_type":"x"}', '{"input_schema":1}', '{"implementation_type":"x"}',
          json.dumps({"name": "x" * 201}), json.dumps({"description": "x" * 10_001}), json.dumps({"session_id": "s" * 501})]
QUERIES = ["?limit=0", "?limit=501", "?limit=x", "?limit=1&limit=2", "?cursor=nonsense", "?cursor=", "?nonsense=1", "?count=maybe", "?status=gone", "?from=x",
           "?from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z", "?user_id=01890000-0000-7000-8000-000000000000", "?user_id=x", "?agent_id=x",
           "?configuration={", "?configuration.a.b=1", "?data={}", "?input_data={}", "?graph_definition=[]", "?is_public=1", "?name=" + "n" * 300, "?session_id="]
RESOURCES = ["/agents", "/workflows", "/blocks", "/knowledgebases", "/executions", "/workflow-executions", "/tools", "/users", "/workflows/nodes"]
NOBODY = "01890000-0000-7000-8000-000000000000"


def test_what_is_refused_is_refused_in_the_same_words(pair):
    for path in RESOURCES:
        for body in BODIES:
            pair.post(path, body=body.encode())
            for method in ("PUT", "PATCH"):
                pair.request(method, f"{path}/{NOBODY}", body=body.encode())
        for query in QUERIES:
            pair.get(path + query)
        for tail in (f"/{NOBODY}", "/x", f"/{NOBODY}/export", f"/{NOBODY}/versions", f"/{NOBODY}/versions/1", f"/{NOBODY}/clone", f"/{NOBODY}/steps",
                     "/export", "/batch", f"/{NOBODY}/executions", "/%00", "/%F0%9F"):
            for method in ("GET", "HEAD", "DELETE", "POST", "OPTIONS", "PUT"):
                pair.request(method, path + tail)
    assert pair.compared > 500


# What one does

def definitions(random, ids, made):
    """A body for each resource, which refers to what was made."""
    some = lambda kind, most: random.sample(made[kind], min(len(made[kind]), random.randrange(most + 1)))
    text = lambda: "".join(random.choice(string.ascii_letters + " -_옹é~%'\"\\") for _ in range(random.randrange(1, 12))) + "."
    words = lambda: {text(): random.choice([1, 1.5, "x", None, True, [], {}, [1, {"a": 2}]]) for _ in range(random.randrange(4))}
    public = {"is_public": random.random() < 0.3}

    def graph():
        count = random.randrange(6)
        references = [{"agent_id": one} for one in some("agents", 2)] + [{"block_id": one} for one in some("blocks", 2)]
        nodes = [node(f"n{i}", type=text(), data={**words(), **(random.choice(references) if references and i % 2 else {})}) for i in range(count)]
        edges = [edge(f"e{i}", f"n{i}", f"n{(i + 1) % count}") for i in range(count)]
        return {"nodes": nodes, "edges": edges, "viewport": words()}

    return {
        "agents": lambda: {"name": text(), "llm_provider": text(), "llm_model": "m", "configuration": words(), "description": text(), **public,
                           "tools": [{"tool_id": one, "configuration": words(), "order": random.randrange(5)} for one in some("tools", 3)],
                           "knowledgebases": [{"knowledgebase_id": one, "priority": i} for i, one in enumerate(some("knowledgebases", 2))]},
        "blocks": lambda: {"name": text() + ids()[-12:], "block_type": random.choice(["llm", "tool", "logic"]), "configuration": words(), **public},
        "knowledgebases": lambda: {"name": text(), "configuration": words(), "chunk_size": random.randrange(1, 999)},
        "workflows": lambda: {"name": text(), "graph_definition": graph(), **public,
                              "schedules": [{"cron_expression": "0 2 * * *", "input_data": words()}] if random.random() < 0.3 else [],
                              "webhooks": [{"webhook_path": "hook-" + ids(), "secret": "s"}] if random.random() < 0.3 else []},
    }


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_definitions_made_changed_and_removed_at_random(admins, seed):
    chance = random.Random(seed)
    ids = Ids(chance)
    pair, other = user_of(admins, f"Ana {seed}"), user_of(admins, f"Bo {seed}")
    made = {"agents": [], "blocks": [], "knowledgebases": [], "workflows": [], "tools": [f"tool-{seed}-{i}" for i in range(4)]}
    for tool in made["tools"]:
        admins.post("/tools", json={"id": tool, "name": tool, "input_schema": {"b": 1, "a": 2}, "implementation_type": "custom"})
    bodies = definitions(chance, ids, made)
    gone = []
    for _ in range(250):
        kind = chance.choice(list(bodies))
        path = f"/{kind}"
        body = bodies[kind]()
        target = chance.choice(made[kind] or [ids()])
        action = chance.randrange(12)
        if action < 4:
            body["id"] = chance.choice(gone) if gone and chance.random() < 0.1 else ids()
            if pair.post(path, json=body)[0].status == 201:
                made[kind].append(body["id"])
            if chance.random() < 0.2:
                pair.post(path, json=body)
                pair.post(path, json={**body, "name": "another"})
                other.post(path, json=body)
        elif action < 7:
            chosen = dict(chance.sample(list(body.items()), chance.randrange(len(body))))
            pair.patch(f"{path}/{target}", json=chosen, headers={"If-Match": f'"{chance.randrange(1, 4)}-x"'} if chance.random() < 0.2 else {})
        elif action < 8:
            pair.put(f"{path}/{target}", json=body)
        elif action < 9 and chance.random() < 0.5:
            if pair.delete(f"{path}/{target}")[0].status == 204:
                made[kind].remove(target)
                gone.append(target)
        elif action < 10 and kind == "agents":
            pair.get(f"{path}/{target}/versions")
            pair.post(f"{path}/{target}/versions/{chance.randrange(1, 4)}/restore")
            pair.get(f"{path}/{target}/export")
        elif action < 11:
            admins.patch(f"/tools/{chance.choice(made['tools'])}", json={"category": chance.choice(["a", "b", None])})
        else:
            pair.patch(f"{path}/{target}", json={"name": "옹기", "nonsense": 1})
        pair.get(f"{path}/{target}")
        other.get(f"{path}/{target}")
    for path in ("/agents", "/workflows", "/blocks", "/knowledgebases", "/tools", "/workflows/nodes"):
        for query in ({"limit": 3}, {"limit": 500, "count": "true"}):
            pair.everything(path, **query)
            other.everything(path, **query)
    for kind, known in made.items():
        for id in known:
            pair.get(f"/{kind}/{id}")
            other.get(f"/{kind}/{id}")
    assert sum(map(len, made.values())) > 20 and pair.compared > 500


def test_clones_imports_and_replays(pair):
    ids = Ids(random.Random(5))
    agent = ids()
    pair.post("/agents", json={"id": agent, "name": "a", "llm_provider": "p", "llm_model": "m", "configuration": {"z": 1, "aa": [1.0]}})
    pair.post(f"/agents/{agent}/clone", made="clone one")
    pair.post(f"/agents/{agent}/clone", json={"name": "c"}, made="clone two", headers={"Idempotency-Key": "clone"})
    again = pair.post(f"/agents/{agent}/clone", json={"name": "c"}, headers={"Idempotency-Key": "clone"})
    assert again[0].headers["Idempotent-Replay"] == "true"
    pair.post(f"/agents/{agent}/clone", json={"name": "d"}, headers={"Idempotency-Key": "clone"})
    exported = pair.get(f"/agents/{agent}/export")[0].json()
    pair.post("/agents/import", json=exported, made="imported")
    pair.get("/agents/<imported>")
    pair.everything("/agents", is_public="false", limit=1)


# Executions

def executions(random, agents, count, base_ms):
    moments = [base_ms + random.randrange(40 * DAY_MS) for _ in range(count // 3 + 1)]
    for _ in range(count):
        started = random.choice(moments)
        status = random.choice(STATUSES)
        body = {"id": uuid7(started), "agent_id": random.choice(agents), "started_at": timestamp(started), "status": status,
                "session_id": random.choice([None, "s1", "S1", "s-2", "옹", "é", " "]), "input_data": document(random, 3),
                "execution_context": {"n": random.randrange(9)}, "metrics": {"cost_usd": random.randrange(10**12) / 10**9, "llm_call_count": random.randrange(9)},
                "steps": [{"step_number": n, "step_type": random.choice(STEP_TYPES), "content": random.choice([None, "c", "옹"]), "timestamp": timestamp(started + n),
                           "step_metadata": {"k": document(random, 2)}} for n in random.sample(range(50), random.randrange(4))]}
        if status != "running":
            body |= {"duration_ms": random.randrange(10**6), "completed_at": timestamp(started + random.randrange(10**6))}
            if random.random() < 0.3:
                body |= {"error_message": "it\nbroke", "output_data": document(random, 3)}
        yield {name: value for name, value in body.items() if value is not None}


def document(random, depth):
    """Few names and few values, so that filters meet documents often."""
    kind = random.randrange(9 if depth else 5)
    if kind < 5:
        return random.choice([0, 1, 1.0, 1.5, -2, 10**15, "a", "b", "", "옹", True, False, None, "1"])
    if kind < 7:
        return {random.choice(["a", "b", "c", "", "é"]): document(random, depth - 1) for _ in range(random.randrange(4))}
    return [document(random, depth - 1) for _ in range(random.randrange(4))]


@pytest.mark.parametrize("seed", [11, 12])
def test_executions_recorded_changed_listed_and_exported(admins, seed):
    chance = random.Random(seed)
    pair = user_of(admins, f"Cyd {seed}")
    ids = Ids(chance)
    agents = [ids() for _ in range(3)]
    for id in agents:
        pair.post("/agents", json={"id": id, "name": f"agent {id[-3:]}", "llm_provider": "p", "llm_model": "m"})
    base = now_ms() - 45 * DAY_MS
    bodies = list(executions(chance, agents, 150, base))
    for body in bodies[:50]:
        pair.post("/executions", json=body, headers={"Idempotency-Key": body["id"]} if chance.random() < 0.3 else {})
    broken = [{**bodies[0]}, {"agent_id": "x"}, {**bodies[1], "session_id": "other"}, 7, {**bodies[2], "agent_id": NOBODY}]
    pair.post("/executions/batch", json=bodies[50:100] + broken)
    lines = b"".join(json.dumps(body).encode() + b"\n" for body in bodies[100:] + broken)
    pair.post("/executions/batch", body=lines + b'{"broken\n', headers={"Content-Type": "application/x-ndjson"})
    for body in chance.sample(bodies, 100):
        path = f"/executions/{body['id']}"
        change = chance.choice([{"status": "running"}, {"output_data": document(chance, 3)}, {"execution_context": {"n": None, "m": document(chance, 2)}},
            {"duration_ms": 5}, {"completed_at": timestamp(base + 41 * DAY_MS)}, {"session_id": "s9"}, {"metrics": {"cost_usd": 0.1}},
            {"started_at": timestamp(base)}, {"error_message": None}, {"agent_id": chance.choice(agents)}])
        pair.patch(path, json=change)
        if chance.random() < 0.3:
            step = {"step_number": chance.randrange(60), "step_type": "action", "timestamp": timestamp(base), "content": "x"}
            pair.post(path + "/steps", json=chance.choice([step, [step], [step, step], []]))
        pair.get(path)
        if chance.random() < 0.1:
            pair.delete(path)
            pair.get(path)
    filters = [{}, {"agent_id": agents[0]}, {"status": "completed"}, {"session_id": "s1"}, {"session_id": "S1"}, {"session_id": "é"},
               {"agent_id": agents[1], "status": "running"}, {"session_id": "s1", "status": "failed", "agent_id": agents[2]},
               {"from_": timestamp(base + 5 * DAY_MS), "to": timestamp(base + 30 * DAY_MS)}, {"from_": timestamp(base + 20 * DAY_MS), "status": "timeout"}]
    for query in filters:
        for limit in (1, 7, 500):
            items = pair.everything("/executions", limit=limit, count="true", **query)
        assert items or "from_" in query or len(query) > 1, query
        pair.get("/executions/export", **query)
    pair.delete("/executions", session_id="s-2")
    pair.get("/executions/export")
    pair.patch(f"/agents/{agents[0]}", json={"name": "renamed"})
    pair.delete(f"/agents/{agents[1]}")
    pair.everything("/executions", limit=50)
    pair.get(f"/executions/{bodies[0]['id']}")


# Search

def part_of(random, value):
    """Something that the value contains, more often than not."""
    if random.random() < 0.08:
        return document(random, 2)
    if isinstance(value, dict):
        return {name: part_of(random, member) for name, member in value.items() if random.random() < 0.6}
    if isinstance(value, list):
        chosen = [part_of(random, member) for member in value if random.random() < 0.6]
        random.shuffle(chosen)
        return chosen + chosen[:1] if random.random() < 0.2 else chosen
    return value


def test_searches_find_the_same_in_the_same_order(admins):
    chance = random.Random(21)
    ids = Ids(chance)
    pair, other = user_of(admins, "Eve"), user_of(admins, "Flo")
    agents, graphs, inputs = [], [], []
    for i in range(160):
        configuration = {name: document(chance, 3) for name in chance.sample(["a", "b", "c", "", "é"], chance.randrange(5))}
        agents.append(configuration)
        pair.post("/agents", json={"id": ids(), "name": f"n{i % 5}", "llm_provider": f"p{i % 3}", "llm_model": "m", "configuration": configuration,
                                   "is_public": i % 4 == 0})
        if i % 2 == 0:
            pair.post("/blocks", json={"id": ids(), "name": ids(), "block_type": ("llm", "tool")[i % 4 // 2], "configuration": configuration, "is_public": i % 3 == 0})
        if i % 3 == 0:
            graph = {"nodes": [node(f"n{j}", type=f"t{j % 2}", data=part_of(chance, configuration)) for j in range(3)], "edges": [], "extra": configuration}
            graphs.append(graph)
            pair.post("/workflows", json={"id": ids(), "name": "w", "graph_definition": graph, "is_public": i % 2 == 0})
    agent = ids()
    pair.post("/agents", json={"id": agent, "name": "x", "llm_provider": "p", "llm_model": "m"})
    base = now_ms() - 3 * DAY_MS
    batch = [{"id": uuid7(base + i * 1000), "agent_id": agent, "started_at": timestamp(base + i * 1000), "input_data": document(chance, 4),
              "session_id": f"s{i % 3}"} for i in range(200)]
    inputs += [body["input_data"] for body in batch]
    pair.post("/executions/batch", json=batch)
    found = 0
    for _ in range(150):
        wanted = json.dumps(part_of(chance, chance.choice(agents)))
        extra = chance.choice([{}, {"name": "n1"}, {"llm_provider": "p2"}, {"is_public": "true"}, {"is_public": "false", "name": "n3"}, {"count": "true"}])
        found += bool(pair.everything("/agents", configuration=wanted, limit=chance.choice([1, 3, 50]), **extra))
        other.everything("/agents", configuration=wanted)
        pair.everything("/blocks", configuration=wanted, **chance.choice([{}, {"block_type": "llm"}]))
        found += bool(pair.everything("/workflows/nodes", data=wanted, limit=chance.choice([2, 50]), **chance.choice([{}, {"type": "t1"}])))
        graph = json.dumps(part_of(chance, chance.choice(graphs)))
        found += bool(pair.everything("/workflows", graph_definition=graph, limit=chance.choice([1, 50])))
        given = json.dumps(part_of(chance, chance.choice(inputs)))
        found += bool(pair.everything("/executions", input_data=given, from_=timestamp(base), limit=chance.choice([1, 20]),
                                      **chance.choice([{}, {"session_id": "s1"}, {"agent_id": agent, "count": "true"}])))
    for query in ("configuration.a=1", "configuration.a=true", "configuration.a=a", "configuration.a=%22a%22", "configuration.b.a=1", "configuration.a=1&configuration.b=b",
                  "configuration.=1", "configuration.é=옹".encode().decode()):
        pair.get("/agents?" + query.replace("é", "%C3%A9").replace("옹", "%EC%98%B9"))
    assert found > 200, "most searches should find something"


# Users and keys

def test_users_keys_and_erasure(admins):
    ids = Ids(random.Random(31))
    one, two = ids(), ids()
    admins.post("/users", json={"id": one, "name": "u", "timezone": "Asia/Kathmandu"})
    admins.post("/users", json={"id": one, "name": "u", "timezone": "Asia/Kathmandu"})
    admins.post("/users", json={"id": one, "name": "v"})
    admins.post("/users", json={"id": two, "name": "u", "role": "admin"})
    for body in ({"timezone": "Mars/Base"}, {"role": "king"}, {"name": "옹기"}, {"role": "admin"}, {"role": "user"}, {"name": None}):
        admins.patch(f"/users/{one}", json=body)
    key = admins.post(f"/users/{one}/keys", json={"name": "k"}, made="key one")
    admins.post(f"/users/{one}/keys", json={"name": "k"}, headers={"Idempotency-Key": "x"})
    caller = admins.as_user(*(Client(client.server, answer.json()["key"]) for client, answer in zip(admins.clients, key)))
    caller.get("/me")
    caller.get("/users")
    caller.get(f"/users/{one}/keys")
    caller.post("/agents", json={"id": ids(), "name": "a", "llm_provider": "p", "llm_model": "m"})
    admins.delete(f"/users/{one}")
    admins.delete(f"/users/{one}/keys/{NOBODY}")
    admins.delete(f"/users/{one}/keys/<key one>")
    caller.get("/me")
    admins.delete(f"/users/{one}", erase="true")
    admins.get(f"/users/{one}")
    admins.everything("/users", limit=2)
    admins.patch("/users/<admin>", json={"role": "user"})
    admins.patch(f"/users/{two}", json={"role": "user"})
    admins.patch("/users/<admin>", json={"role": "user"})
    admins.delete("/users/<admin>")
    admins.get("/me")
