"""JSON bodies at and beyond every limit: syntax, UTF-8, depth, numbers, members, length."""

import json

import pytest

from client import make_agent, node, unique
from support_http import is_alive, once

AGENT = {"llm_provider": "ollama", "llm_model": "llama3.1"}


def agent_with(configuration):
    """The bytes of a creation whose configuration is {"a": <these>}."""
    head = json.dumps({**AGENT, "name": unique()})[:-1]
    inner = configuration if isinstance(configuration, bytes) else configuration.encode()
    return head.encode() + b', "configuration": {"a": ' + inner + b"}}"


def post(client, body):
    return once(client.server, "POST", "/agents", key=client.key, body=body)


@pytest.mark.parametrize("body", [
    b"", b" ", b"{", b"}", b'{"name": "x"', b'{"name": "x"}}', b'{"name": "x"} x', b'{"name": "x"}{}', b"{'name': 'x'}", b'{"name": "x",}',
    b'{name: "x"}', b'{"name" "x"}',
    b'{"name": "x\n"}', b'{"name": "\t"}', b'{"name": "\\x"}', b'{"name": "\\u12"}', b'{"name": nul}', b'{"name": True}', b'{"name": NaN}',
    b'{"name": Infinity}', b'{"name": -}',
    b'{"name": 01}', b'{"name": 1.}', b'{"name": .5}', b'{"name": +1}', b'{"name": 1e}', b'{"name": 0x1}', b'// x\n{}',
    b'{"name": /* x */ 1}', b'[1,]', b'{"a": 1 "b": 2}', b"\x00", b'{"name": "x"}\x00',
    b'"unterminated', b"\xff\xfe{\x00}\x00"])
def test_what_is_not_json_is_refused(alice, body):
    post(alice, body).is_problem(400)


@pytest.mark.parametrize("raw", [b"\xff", b"\xc3", b"\xc0\xaf", b"\xe0\x80\xaf", b"\xed\xa0\x80", b"\xf4\x90\x80\x80",
    b"\xf8\x88\x80\x80\x80", b"\x80", b"a\xe9b"])
def test_what_is_not_utf8_is_refused(alice, raw):
    post(alice, agent_with(b'"' + raw + b'"')).is_problem(400)
    post(alice, agent_with(b'{"' + raw + b'": 1}')).is_problem(400)


@pytest.mark.parametrize("opening, closing", [("[", "]"), ('{"k":', "}")])
def test_a_document_is_at_most_a_hundred_deep(alice, opening, closing):
    nested = lambda depth: opening * depth + "1" + closing * depth  # noqa: E731 (the two objects around it count)
    assert post(alice, agent_with(nested(98))).expect(201).json()["configuration"]["a"] == json.loads(nested(98))
    post(alice, agent_with(nested(99))).is_problem(400)
    post(alice, agent_with(nested(5_000))).is_problem(400)


@pytest.mark.parametrize("body", [b"[" * 1_000_000, b'{"a":' * 500_000, b"[" * 500_000 + b"]" * 500_000, b'[{"a":' * 300_000])
def test_endless_nesting_is_refused(alice, body):
    post(alice, body).is_problem(400)
    is_alive(alice.server, alice.key)


@pytest.mark.parametrize("value", ["9223372036854775808", "-9223372036854775809", "1e400", "-1e400", "1e999999999999999999", "9" * 400,
    "1" * 100_000, "1e" + "9" * 100_000,
                                   '"\\u0000"', '"a\\u0000b"', '"\\ud800"', '"\\udc00"', '"\\ud800x"', '"\\udc00\\ud800"', '{"\\ud800": 1}',
                                   '{"\\u0000": 1}',
                                   '{"x": 1, "x": 1}', '{"x": 1, "y": 2, "\\u0078": 3}', '{"": 1, "": 2}'])
def test_what_cannot_be_kept_exactly_is_refused_naming_the_place(alice, value):
    problem = post(alice, agent_with(value)).is_problem(422)
    assert any(error["field"].startswith("/configuration/a") for error in problem["errors"]), problem


def test_a_member_twice_at_the_top_is_refused(alice):
    body = json.dumps({**AGENT, "name": "one"})[:-1].encode() + b', "name": "two"}'
    post(alice, body).is_problem(422)
    agent = make_agent(alice)
    once(alice.server, "PATCH", f"/agents/{agent['id']}", key=alice.key, body=b'{"name": "one", "name": "two"}').is_problem(422)
    assert alice.get(f"/agents/{agent['id']}").expect(200)["name"] == agent["name"]


@pytest.mark.parametrize("value, kept", [
    ("9223372036854775807", 2**63 - 1), ("-9223372036854775808", -2**63), ("1e3", 1000), ("1.0", 1), ("-0.0", 0), ("0.1", 0.1),
    ("1.50", 1.5), ("5e-324", 5e-324),
    ("1.7976931348623157e308", 1.7976931348623157e308), ("123456789.123456789", 123456789.123456789), ("1e22", 1e22),
    ('"\\ud83c\\udffa"', "\U0001f3fa"),
    ('"\\u0001\\u001f\\/"', "\x01\x1f/"), ('"\\u2028\x7f"', "\u2028\x7f"), ("[]", []), ("{}", {}), ("[[],{},null,true,false]",
    [[], {}, None, True, False]), ('{"": {"": 1}}', {"": {"": 1}})])
def test_what_can_be_kept_comes_back_equal(alice, value, kept):
    made = post(alice, agent_with(value)).expect(201).json()
    shown = alice.get(f"/agents/{made['id']}").expect(200)["configuration"]
    assert shown == {"a": kept} == made["configuration"]


@pytest.mark.parametrize("body", [b"[]", b"1", b'"x"', b"null", b"true"])
def test_a_body_that_is_no_object_is_refused(alice, body):
    problem = post(alice, body).is_problem(422)
    assert [error["field"] for error in problem["errors"]] == [""]


def test_a_long_string_is_refused_where_it_is_limited(alice):
    for field in ("name", "llm_provider", "llm_model"):
        problem = post(alice, {**AGENT, "name": "x", field: "y" * 10_000_000}).is_problem(413, 422)
        assert problem["status"] == 413 or problem["errors"][0]["field"] == f"/{field}"
        assert len(json.dumps(problem)) < 5_000, "the value is thrown back"
    is_alive(alice.server, alice.key)


@pytest.mark.parametrize("letter", ["x", "\\", "\U0001f3fa"])
def test_a_long_string_is_kept_where_it_is_allowed(alice, letter):
    agent = make_agent(alice)
    text = letter * (10_000_000 // len(json.dumps(letter)[1:-1].encode()))
    made = alice.post("/executions", json={"agent_id": agent["id"], "input_data": {"text": text}}).expect(201)
    assert alice.get(f"/executions/{made['id']}").expect(200)["input_data"] == {"text": text}
    assert alice.get("/executions", limit=1).expect(200)["items"][0]["input_data"] == {"text": text}
    alice.delete(f"/executions/{made['id']}").expect(204)


@pytest.mark.parametrize("nodes, edges, pointer", [(100_000, 0, "nodes"), (10_001, 0, "nodes"), (2, 20_001, "edges")])
def test_a_graph_beyond_its_limits_is_refused(alice, nodes, edges, pointer):
    graph = {"nodes": [{"id": f"n{i}"} for i in range(nodes)], "edges": [{"id": f"e{i}", "source": "n0", "target": "n1"} for i in range(edges)]}
    answer = alice.post("/workflows", json={"name": unique(), "graph_definition": graph}).expect(422)
    assert any(pointer in error["field"] for error in answer["errors"]), answer["errors"][:3]
    assert len(json.dumps(answer)) < 100_000
    assert alice.get("/workflows", is_public="false").expect(200)["items"] == []


def test_a_graph_at_its_limits_is_kept(alice):
    graph = {"nodes": [node(f"n{i}") for i in range(10_000)], "edges": [{"id": f"e{i}", "source": f"n{i % 100}",
        "target": "n1"} for i in range(20_000)]}
    made = alice.post("/workflows", json={"name": unique(), "graph_definition": graph}).expect(201)
    shown = alice.get(f"/workflows/{made['id']}").expect(200)
    assert shown["graph_definition"] == graph and len(shown["nodes"]) == 10_000 and len(shown["edges"]) == 20_000


def test_many_faults_at_once_make_an_answer_of_bounded_length(alice):
    body = {**AGENT, "name": "x", **{f"unknown{i}": i for i in range(50_000)}}
    answer = post(alice, body)
    answer.is_problem(422)
    assert len(answer.body) < 1_000_000
    answer = post(alice, {**AGENT, "name": "x", "k" * 100_000: 1})
    answer.is_problem(422)


def test_many_members_are_read_in_linear_time(alice):
    configuration = json.dumps({f"member-{i}": i for i in range(200_000)})
    made = post(alice, agent_with(configuration)).expect(201, 422)
    assert made.status == 422 or made.json()["configuration"]["a"]["member-199999"] == 199_999
    is_alive(alice.server, alice.key)
