"""What executions of workflows have of their own: the list below a workflow. The rules that they share are in test_executions.py."""

import random

import pytest

from client import edge, make_workflow, make_workflow_execution, node, now_ms, timestamp, unique, uuid7
from support_executions import DAY_MS, STATUSES, WORKFLOWS, create_batch, random_executions, steps


def below(workflow):
    return f"/workflows/{workflow['id']}/executions"


def test_the_list_below_a_workflow_is_the_list_filtered(alice):
    chance = random.Random(5)
    workflows = [make_workflow(alice) for _ in range(3)]
    sessions = [unique("session"), None]
    create_batch(alice, WORKFLOWS, random_executions(chance, WORKFLOWS, workflows, sessions, 60, now_ms() - 9 * DAY_MS, moments=15))
    for workflow in workflows:
        expected = alice.items("/workflow-executions", workflow_id=workflow["id"])
        assert expected
        for limit in (1, 4, 500):
            assert alice.items(below(workflow), limit=limit) == expected
        assert alice.get(below(workflow), count=True, limit=2).expect(200)["total"] == len(expected)
        for status in STATUSES:
            assert alice.items(below(workflow), status=status) == [item for item in expected if item["status"] == status]
        assert alice.items(below(workflow), session_id=sessions[0]) == [item for item in expected if item["session_id"] == sessions[0]]
        middle = expected[len(expected) // 2]["started_at"]
        assert alice.items(below(workflow), from_=middle) == [item for item in expected if item["started_at"] >= middle]
        assert alice.items(below(workflow), to=middle) == [item for item in expected if item["started_at"] < middle]


def test_the_list_below_a_workflow_of_another_is_not_there(alice, bob):
    private, public = make_workflow(alice), make_workflow(alice, is_public=True)
    make_workflow_execution(alice, private["id"])
    make_workflow_execution(alice, public["id"])
    bob.get(below(private)).expect(404)
    bob.get(f"/workflows/{uuid7()}/executions").expect(404)
    bob.get("/workflows/none/executions").expect(404)
    answer = bob.get(below(public))
    assert answer.status == 404 or answer.expect(200)["items"] == []


def test_the_list_below_a_workflow_knows_its_parameters(alice):
    workflow = make_workflow(alice)
    assert alice.get(below(workflow)).expect(200) == {"items": [], "next_cursor": None}
    alice.get(below(workflow), limit=0).rejects("limit")
    alice.get(below(workflow), nonsense=1).rejects("nonsense")


def test_items_carry_the_name_of_the_workflow_and_its_metrics(alice):
    workflow = make_workflow(alice, nodes=[node("a"), node("b")], edges=[edge("e", "a", "b")])
    make_workflow_execution(alice, workflow["id"], steps=steps(2), metrics={"tool_call_count": 2})
    for path in ("/workflow-executions", below(workflow)):
        item = alice.get(path).expect(200)["items"][0]
        assert item["workflow_name"] == workflow["name"] and item["metrics"]["tool_call_count"] == 2
        assert "steps" not in item and "agent_id" not in item


def test_executions_outlive_their_workflow(alice):
    workflow = make_workflow(alice)
    made = make_workflow_execution(alice, workflow["id"], status="completed", duration_ms=0, steps=steps(2))
    alice.delete(f"/workflows/{workflow['id']}").expect(204)
    shown = WORKFLOWS.get(alice, made)
    assert shown["steps"] == made["steps"] and shown["workflow_id"] == workflow["id"]
    assert shown["workflow_name"] in (workflow["name"], None)
    assert alice.get(below(workflow)).status in (200, 404)


@pytest.mark.parametrize("count", [1, 3])
def test_a_changed_graph_leaves_executions_as_they_are(alice, count):
    workflow = make_workflow(alice, nodes=[node("a")])
    made = make_workflow_execution(alice, workflow["id"], started_at=timestamp(minutes=-1))
    graph = {"nodes": [node(f"n{i}") for i in range(count)], "edges": []}
    alice.patch(f"/workflows/{workflow['id']}", json={"graph_definition": graph}).expect(200)
    assert WORKFLOWS.get(alice, made) == made
