"""Containment: what a filter in JSON finds, by PostgreSQL's rules for @>, whatever else is asked for."""

import json
import threading
import urllib.parse

import pytest

from client import edge, make_agent, make_block, make_execution, make_workflow, node, timestamp, unique
from stores import IS_POSTGRES
from support_process import fewest_queries

# Documents, and the filters that each contains; every other combination is to find nothing of it.
CASES = {
    '{}': {'{}'},
    '{"a":1}': {'{}', '{"a":1}', '{"a":1.0}', '{"a":1e0}'},
    '{"a":"1"}': {'{}', '{"a":"1"}'},
    '{"a":null}': {'{}', '{"a":null}'},
    '{"a":{}}': {'{}', '{"a":{}}'},
    '{"a":{"b":2}}': {'{}', '{"a":{}}', '{"a":{"b":2}}'},
    '{"a":[]}': {'{}', '{"a":[]}'},
    '{"a":[1,"x",{"b":2,"c":3}]}': {'{}', '{"a":[]}', '{"a":[1]}', '{"a":["x",1,1]}', '{"a":[{}]}', '{"a":[{"b":2}]}',
                                    '{"a":[{"b":2,"c":3}]}', '{"a":[{"b":2},{"c":3}]}'},
    '{"a":[{"b":2},{"c":3}]}': {'{}', '{"a":[]}', '{"a":[{}]}', '{"a":[{"b":2}]}', '{"a":[{"b":2},{"c":3}]}'},
    '{"":0}': {'{}', '{"":0}'},
    '{"a.b":1}': {'{}', '{"a.b":1}'},
    '{"\\"":1}': {'{}', '{"\\"":1}'},
    '{"온도":"높음"}': {'{}', '{"온도":"높음"}'},
}
FILTERS = sorted(set().union(*CASES.values()) | {'[]', '1', 'null', '"a"', '{"a":[[]]}', '{"b":1}'})


def ids(items):
    return [item["id"] for item in items]


def q(value):
    return urllib.parse.quote(value if isinstance(value, str) else json.dumps(value), safe="")


def expect_cases(alice, by_text, path, parameter):
    for text in FILTERS:
        found = {item["id"] for item in alice.items(f"{path}{parameter}={q(text)}")}
        assert found == {identifier for document, identifier in by_text.items() if text in CASES[document]}, text


def test_configurations_of_agents(alice):
    made = {text: make_agent(alice, configuration=json.loads(text))["id"] for text in CASES}
    expect_cases(alice, made, "/agents?is_public=false&", "configuration")


def test_configurations_of_blocks(alice):
    made = {text: make_block(alice, configuration=json.loads(text))["id"] for text in CASES}
    expect_cases(alice, made, "/blocks?is_public=false&", "configuration")


def test_data_of_nodes(alice):
    odd = unique("odd")
    graph = {"nodes": [node(f"n{i}", type=odd, data=json.loads(text)) for i, text in enumerate(CASES)], "edges": []}
    make_workflow(alice, graph_definition=graph)
    made = {text: f"n{i}" for i, text in enumerate(CASES)}
    expect_cases(alice, made, f"/workflows/nodes?type={odd}&", "data")


def test_inputs_of_executions(alice):
    agent = make_agent(alice)
    made = {text: make_execution(alice, agent["id"], input_data=json.loads(text))["id"] for text in CASES}
    start = q(timestamp(hours=-1))
    expect_cases(alice, made, f"/executions?agent_id={agent['id']}&from={start}&", "input_data")


def test_graphs_of_workflows(alice):
    kind = unique("rare")
    rare = make_workflow(alice, graph_definition={"nodes": [node("a", type=kind, data={"k": 1}), node("b")],
                                                  "edges": [edge("e", "a", "b")], "viewport": {"zoom": 1.5}})
    make_workflow(alice, graph_definition={"nodes": [node("a", type="plain", data={"k": 1})], "edges": []})
    for wanted in ({"nodes": [{"type": kind}]}, {"nodes": [{"type": kind, "data": {"k": 1}}]}, {"viewport": {"zoom": 1.50}},
                   {"edges": [{"source": "a", "target": "b"}]}, {"nodes": [{"id": "a"}, {"id": "b"}]}):
        assert ids(alice.items(f"/workflows?is_public=false&graph_definition={q(wanted)}")) == [rare["id"]], wanted
    for wanted in ({"nodes": [{"type": kind, "id": "b"}]}, {"nodes": {"type": kind}}, []):
        assert alice.items(f"/workflows?is_public=false&graph_definition={q(wanted)}") == [], wanted


def test_the_short_form(alice):
    provider = unique("p")
    one = make_agent(alice, configuration={"llm_provider": provider, "limits": {"tokens": 1000}, "on": True, "n": None})
    make_agent(alice, configuration={"llm_provider": unique("q"), "on": "true"})
    for query in (f"configuration.llm_provider={provider}", f"configuration.llm_provider=%22{provider}%22",
                  f"configuration.limits.tokens=1e3&configuration.llm_provider={provider}",
                  f"configuration.llm_provider={provider}&configuration.on=true&configuration.n=null",
                  f"configuration.limits=%7B%7D&configuration={q({'llm_provider': provider})}"):
        assert ids(alice.items("/agents?" + query)) == [one["id"]], query
    for query in ("configuration.limits.tokens=%221000%22", "configuration.on=false", f"configuration.llm_provider=%27{provider}%27",
                  f"configuration.llm_provider={provider}&configuration.on=false", "configuration.limits=%5B%5D"):
        assert alice.items("/agents?" + query) == [], query
    # What is no JSON is a text, also where it looks like some.
    odd = make_agent(alice, configuration={"k": "[1,"})
    assert ids(alice.items("/agents?configuration.k=%5B1,")) == [odd["id"]]


def test_with_other_filters_and_pages(alice):
    tag = unique("t")
    made = [make_agent(alice, name=f"n{i % 2}", llm_provider=f"p{i % 3}", configuration={"tag": tag, "i": i})["id"] for i in range(24)]
    newest = made[::-1]
    assert ids(alice.items(f"/agents?configuration.tag={tag}&limit=5")) == newest
    assert ids(alice.items(f"/agents?configuration.tag={tag}&name=n1&limit=2")) == [one for i, one in reversed(list(enumerate(made))) if i % 2]
    both = [one for i, one in reversed(list(enumerate(made))) if i % 2 and i % 3 == 0]
    assert ids(alice.items(f"/agents?configuration.tag={tag}&name=n1&llm_provider=p0&limit=1")) == both
    page = alice.get(f"/agents?configuration.tag={tag}&limit=7&count=true").expect(200)
    assert (page["total"], len(page["items"]), "total_is_capped" in page) == (24, 7, False)
    assert alice.get(f"/agents?configuration.tag={tag}&limit=24").expect(200)["next_cursor"] is None


def test_what_changes_is_found_as_it_is(alice, bob):
    tag = unique("t")
    agent = make_agent(alice, configuration={"tag": tag})
    found = lambda client, value: ids(client.items(f"/agents?configuration.tag={value}"))
    assert found(alice, tag) == [agent["id"]] and found(bob, tag) == []
    alice.patch(f"/agents/{agent['id']}", json={"is_public": True}).expect(200)
    assert found(bob, tag) == [agent["id"]] == found(alice, tag)
    alice.patch(f"/agents/{agent['id']}", json={"configuration": {"tag": tag + "2"}, "is_public": False}).expect(200)
    assert found(bob, tag + "2") == found(alice, tag) == [] and found(alice, tag + "2") == [agent["id"]]
    alice.delete(f"/agents/{agent['id']}").expect(204)
    assert found(alice, tag + "2") == []


def test_nodes_say_where_they_are(alice, bob):
    agent = make_agent(alice, name="Planner")
    t1, t2, v = unique("t"), unique("t"), unique("v")
    graph = {"nodes": [node("x", type=t1, data={"agent_id": agent["id"], "k": v}), node("y", type=t2, data={"k": v})], "edges": []}
    older = make_workflow(alice, name="older", graph_definition=graph)
    newer = make_workflow(alice, name="newer", graph_definition=graph)
    places = lambda query: [(one["workflow_id"], one["id"]) for one in alice.items("/workflows/nodes?" + query)]
    first, last = newer["id"], older["id"]
    assert places(f"data.k={v}&limit=1") == [(first, "x"), (first, "y"), (last, "x"), (last, "y")]
    assert places(f"type={t2}") == [(first, "y"), (last, "y")]
    assert len(alice.items("/workflows/nodes?limit=1")) >= 4
    assert places(f"agent_id={agent['id'].upper()}") == [(first, "x"), (last, "x")]
    assert places(f"type={t2}&data.k={v}&limit=1") == [(first, "y"), (last, "y")]
    assert places(f"type={t2}&agent_id={agent['id']}") == []
    one = alice.get(f"/workflows/nodes?type={t1}&limit=1").expect(200)["items"][0]
    shown = next(row for row in alice.get(f"/workflows/{first}").expect(200)["nodes"] if row["id"] == "x")
    assert one == {**shown, "workflow_id": first, "workflow_name": "newer"} and one["ref_name"] == "Planner"
    assert bob.items(f"/workflows/nodes?type={t1}") == []
    alice.patch(f"/workflows/{last}", json={"is_public": True}).expect(200)
    assert [(row["workflow_id"], row["ref_name"]) for row in bob.items(f"/workflows/nodes?type={t1}")] == [(last, None)]
    alice.delete(f"/workflows/{last}").expect(204)
    assert bob.items(f"/workflows/nodes?data.k={v}") == []


def test_executions_within_a_time_and_with_other_filters(alice):
    agent, other = make_agent(alice), make_agent(alice)
    tag = unique("t")
    made = {}
    for hours in range(0, 240, 12):
        made[hours] = make_execution(alice, (agent if hours % 24 else other)["id"], input_data={"tag": tag, "n": [hours]}, session_id=f"s{hours % 36}",
                                     status="completed" if hours % 48 else "failed", started_at=timestamp(hours=-hours, seconds=-60))["id"]
    found = lambda query: ids(alice.items(f"/executions?input_data.tag={tag}&limit=3&{query}"))
    long_ago, a_day_ago = q(timestamp(hours=-1000)), q(timestamp(hours=-24))
    assert found(f"from={long_ago}") == list(made.values())
    assert found(f"to={a_day_ago}") == [one for hours, one in made.items() if hours >= 24]
    assert found(f"from={a_day_ago}") == [made[0], made[12]]
    assert found(f"from={long_ago}&status=failed") == [one for hours, one in made.items() if hours % 48 == 0]
    assert found(f"from={long_ago}&agent_id={agent['id']}&session_id=s12") == [one for hours, one in made.items() if hours % 36 == 12 and hours % 24]
    assert found(f"from={long_ago}&input_data={q({'n': [36]})}") == [made[36]]
    assert alice.get(f"/executions?input_data.tag={tag}&from={long_ago}&count=true&limit=1").expect(200)["total"] == len(made)
    alice.get(f"/executions?input_data.tag={tag}").rejects("from")
    alice.patch(f"/executions/{made[0]}", json={"input_data": {"tag": None}}).expect(200)
    alice.delete(f"/executions/{made[12]}").expect(204)
    assert found(f"from={a_day_ago}") == []
    alice.delete("/executions?session_id=s24").expect(204)
    assert not {one for hours, one in made.items() if hours % 36 == 24} & set(found(f"from={long_ago}"))


@pytest.mark.parametrize("query, names", [
    ("configuration=", "configuration"), ("configuration={", "configuration"), ("configuration={'a':1}", "configuration"),
    ('configuration={"a":1,"a":2}', "configuration"), ("configuration={}&configuration={}", "configuration"),
    ("configuration." + ".".join("a" * 200) + "=1", "configuration"), ("configuration=" + json.dumps(list(range(200))), "configuration"),
    ("configurations=1", "configurations"), ("graph_definition={}", "graph_definition")])
def test_what_is_no_filter_is_refused_by_name(alice, query, names):
    problem = alice.get("/agents?" + urllib.parse.quote(query, safe="=&."))
    assert problem.status in (414, 422), problem.body
    if problem.status == 422:
        assert problem.json()["errors"][0]["field"].startswith(names)


def test_queries_are_the_same_whatever_is_found(alice):
    tag = unique("t")
    spent = set()
    for count in (0, 1, 30):
        for _ in range(count):
            make_agent(alice, configuration={"tag": tag, "list": [{"a": 1, "b": 2}]})
        for query in (f"configuration.tag={tag}", f"configuration={q({'tag': tag, 'list': [{'a': 1, 'b': 2}]})}", f"configuration.tag={tag}&name=x"):
            alice.get("/agents?" + query).expect(200)
            spent.add(fewest_queries(lambda: alice.get("/agents?" + query)))
    assert spent == {1}


def test_beyond_the_bound_of_candidates_the_answer_comes_page_by_page(alice):
    agent = make_agent(alice)
    start = timestamp(hours=-2)
    batch = [{"agent_id": agent["id"], "status": "completed", "input_data": {"common": 1}} for _ in range(10_000)]
    first = make_execution(alice, agent["id"], input_data={"common": 1, "list": [{"a": 1, "b": 1}]}, started_at=timestamp(hours=-1), session_id="first")
    for _ in range(6):
        alice.post("/executions/batch", json=batch).expect(200)
    last = make_execution(alice, agent["id"], input_data={"common": 1}, session_id="last")
    pages, cursor, found = 0, "", []
    while True:
        page = alice.get(f"/executions?input_data.common=1&from={q(start)}&session_id=first{cursor}").expect(200)
        found += ids(page["items"])
        pages += 1
        if page["next_cursor"] is None:
            break
        cursor = "&cursor=" + page["next_cursor"]
    # On PostgreSQL the session is part of what is walked along.
    assert found == [first["id"]] and pages == (1 if IS_POSTGRES else 2)
    assert ids(alice.items(f"/executions?input_data.common=1&from={q(start)}&session_id=last")) == [last["id"]]
    total = alice.get(f"/executions?input_data.common=1&from={q(start)}&count=true&limit=1").expect(200)
    assert (total["total"], total["total_is_capped"]) == (10_000, True)
    # Of two terms the rarer leads, however common the other is.
    rare = f"/executions?input_data={q({'common': 1, 'list': [{'b': 1}]})}&from={q(start)}"
    if IS_POSTGRES:
        assert ids(alice.items(rare)) == [first["id"]]
    else:
        assert ids(alice.get(rare).expect(200)["items"]) == [first["id"]]


def test_readers_and_writers_at_once_never_see_half_a_change(alice):
    agent = make_agent(alice, configuration={"side": "left", "n": 0})
    stop, seen = threading.Event(), []

    def look():
        while not stop.is_set():
            left = ids(alice.items('/agents?is_public=false&configuration={"side":"left"}'.replace('"', "%22")))
            seen.append(left)
            for item in alice.items("/agents?is_public=false&configuration.side=right"):
                assert item["configuration"]["side"] == "right"

    thread = threading.Thread(target=look)
    thread.start()
    for i in range(60):
        alice.patch(f"/agents/{agent['id']}", json={"configuration": {"side": "right" if i % 2 == 0 else "left", "n": i}}).expect(200)
    stop.set()
    thread.join()
    assert seen and all(one in ([], [agent["id"]]) for one in seen)
