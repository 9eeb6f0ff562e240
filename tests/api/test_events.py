"""GET /events: a listener is told what happens to its own objects, in order, and goes on where it was; one that does not keep up is dropped."""

import resource
import time

import pytest

from client import Client, in_parallel, make_agent, make_execution, make_user, make_workflow, make_workflow_execution, unique, uuid7
from support_events import Listener, ids_of
from support_http import Wire, is_alive, once, request
from support_process import eventually

NEVER = "0123456789abcdef0123"


def metric(server, name):
    text = once(server, "GET", "/metrics", absolute=True).body.decode()
    return sum(float(line.rsplit(" ", 1)[1]) for line in text.splitlines() if line.startswith(name) and line[len(name)] in " {")


def finished(agent, **over):
    return {"agent_id": agent["id"], "status": "completed", "duration_ms": 5, **over}


def batch(client, executions):
    return [item["id"] for item in client.post("/executions/batch", json=executions).expect(200)["items"]]


def marker(client, agent):
    """The id of an execution that comes behind everything that was done before."""
    return client.post("/executions", json=finished(agent)).expect(201)["id"]


@pytest.fixture
def agent(alice):
    return make_agent(alice)


# What is told

def test_the_head_says_that_nothing_is_to_be_held_back(alice):
    with Listener(alice) as listener:
        assert listener.header("Content-Type") == "text/event-stream"
        assert listener.header("Cache-Control") == "no-store" and listener.header("X-Accel-Buffering") == "no"
        assert listener.header("Content-Encoding") is None and listener.header("Content-Length") is None
        assert listener.reset is None and listener.retry > 0
    answer = once(alice.server, "HEAD", "/events", key=alice.key).expect(200)
    assert answer["Content-Type"] == "text/event-stream"


def test_a_start_and_an_end_are_events(alice, agent):
    with Listener(alice) as listener:
        started = alice.post("/executions", json={"agent_id": agent["id"], "session_id": "s"}).expect(201)
        ended = alice.patch(f"/executions/{started['id']}", json={"status": "failed"}).expect(200)
        first, second = listener.take(2)
    members = ("id", "agent_id", "session_id", "status", "started_at", "completed_at", "duration_ms")
    assert (first.name, second.name) == ("execution.started", "execution.finished")
    assert first.data == {name: started[name] for name in members}
    assert second.data == {name: ended[name] for name in members}


def test_what_is_recorded_whole_has_an_end_only(alice, agent):
    with Listener(alice) as listener:
        one = marker(alice, agent)
        two = marker(alice, agent)
        events = listener.take(2)
    assert [event.name for event in events] == ["execution.finished"] * 2 and ids_of(events) == [one, two]


def test_workflow_executions_are_told_by_their_names(alice):
    workflow = make_workflow(alice)
    with Listener(alice) as listener:
        execution = make_workflow_execution(alice, workflow["id"], status="running")
        alice.patch(f"/workflow-executions/{execution['id']}", json={"status": "timeout"}).expect(200)
        events = listener.take(2)
    assert [event.name for event in events] == ["workflow_execution.started", "workflow_execution.finished"]
    assert all(event.data["workflow_id"] == workflow["id"] and "agent_id" not in event.data for event in events)


def test_each_new_item_of_a_batch_is_an_event(alice, agent):
    known = {"id": uuid7(), **finished(agent)}
    alice.post("/executions", json=known).expect(201)
    with Listener(alice) as listener:
        items = [finished(agent), {"agent_id": "nonsense"}, known, {"agent_id": agent["id"]}]
        answered = alice.post("/executions/batch", json=items).expect(200)["items"]
        last = marker(alice, agent)
        events = listener.take(3)
    assert [item["status"] for item in answered] == [201, 422, 200, 201]
    assert ids_of(events) == [answered[0]["id"], answered[3]["id"], last]
    assert [event.name for event in events] == ["execution.finished", "execution.started", "execution.finished"]


def test_a_repetition_is_no_event(alice, agent):
    with Listener(alice) as listener:
        body, headers = {"id": uuid7(), "agent_id": agent["id"]}, {"Idempotency-Key": unique()}
        alice.post("/executions", json=body).expect(201)
        alice.post("/executions", json=body).expect(200)
        first = alice.post("/executions", json=finished(agent), headers=headers).expect(201)
        assert alice.post("/executions", json=finished(agent), headers=headers).headers["Idempotent-Replay"] == "true"
        alice.post("/executions/batch", json=[body]).expect(200)
        last = marker(alice, agent)
        assert ids_of(listener.take(3)) == [body["id"], first["id"], last]


def test_a_correction_is_no_event(alice, agent):
    running = make_execution(alice, agent["id"], status="running")
    with Listener(alice) as listener:
        for patch in ({"output_data": 1}, {"status": "completed"}, {"status": "completed"}, {"status": "failed"}, {"duration_ms": 9}):
            alice.patch(f"/executions/{running['id']}", json=patch).expect(200)
        alice.post(f"/executions/{running['id']}/steps", json={"step_number": 7, "step_type": "thought"}).expect(201)
        alice.delete(f"/executions/{running['id']}").expect(204)
        last = marker(alice, agent)
        assert ids_of(listener.take(2)) == [running["id"], last]


def test_what_was_refused_is_no_event(alice, agent):
    running = make_execution(alice, agent["id"], status="running")
    taken = {"id": uuid7(), **finished(agent)}
    alice.post("/executions", json=taken).expect(201)
    with Listener(alice) as listener:
        alice.post("/executions", json={"agent_id": uuid7()}).expect(422)
        alice.post("/executions", json={**taken, "session_id": "other"}).expect(409)
        path = f"/executions/{running['id']}"
        alice.patch(path, json={"status": "completed"}, headers={"If-Match": '"99"'}).expect(412)
        alice.patch(path, json={"status": "completed", "agent_id": uuid7()}).expect(422)
        assert ids_of([listener.next() for _ in [marker(alice, agent)]]) != [running["id"]]


def test_ids_are_unique_and_events_come_in_the_order_of_their_answers(alice, agent):
    with Listener(alice) as listener:
        made = [marker(alice, agent) for _ in range(50)]
        events = listener.take(50)
    assert ids_of(events) == made and len({event.id for event in events}) == 50


def test_writers_at_once_lose_no_event(alice, agent):
    with Listener(alice) as listener:
        made = in_parallel(lambda _: marker(alice, agent), range(300))
        assert sorted(ids_of(listener.take(300))) == sorted(made)


def test_many_listeners_hear_the_same(alice, agent):
    listeners = [Listener(alice) for _ in range(20)]
    made = batch(alice, [finished(agent) for _ in range(500)])
    heard = [[(event.id, event.data["id"]) for event in listener.take(500)] for listener in listeners]
    for listener in listeners:
        listener.close()
    assert all(one == heard[0] for one in heard) and [id for _, id in heard[0]] == made


# To whom

def test_nobody_hears_what_is_anothers(admin, alice, bob, agent):
    theirs = make_agent(bob)
    with Listener(alice) as of_alice, Listener(bob) as of_bob, Listener(admin) as of_admin:
        mine = [marker(alice, agent) for _ in range(3)]
        his = [marker(bob, theirs) for _ in range(3)]
        mine += batch(alice, [finished(agent)] * 3)
        own = marker(admin, make_agent(admin))
        assert ids_of(of_alice.take(6)) == mine
        assert ids_of(of_bob.take(3)) == his
        assert ids_of([of_admin.next()]) == [own]


def test_an_admin_hears_for_a_user(admin, alice, agent):
    with Listener(admin, params=f"?user_id={alice.id}") as listener:
        made = marker(alice, agent)
        assert ids_of([listener.next()]) == [made]


def test_what_an_admin_does_for_a_user_is_the_users(admin, alice, agent):
    with Listener(alice) as listener:
        made = admin.post("/executions", json=finished(agent), user_id=alice.id).expect(201)["id"]
        assert ids_of([listener.next()]) == [made]


def test_the_place_of_another_shows_nothing(alice, bob, agent):
    with Listener(alice) as listener:
        place = listener.last_id
    marker(alice, agent)
    theirs = make_agent(bob)
    with Listener(bob, last_id=place) as listener:
        made = marker(bob, theirs)
        assert ids_of([listener.next()]) == [made]


# Going on

def test_a_listener_goes_on_where_it_was(alice, agent):
    with Listener(alice) as listener:
        first = marker(alice, agent)
        assert ids_of([listener.next()]) == [first]
        place = listener.last_id
    missed = [marker(alice, agent) for _ in range(5)]
    for _ in range(2):  # a place is not used up
        with Listener(alice, last_id=place) as listener:
            assert listener.reset is None
            later = marker(alice, agent)
            missed.append(later)
            assert ids_of(listener.take(len(missed))) == missed


def test_the_place_of_the_opening_is_one_to_go_on_from(alice, agent):
    with Listener(alice) as listener:
        place = listener.last_id
    missed = marker(alice, agent)
    with Listener(alice, last_id=place) as listener:
        assert listener.reset is None and ids_of([listener.next()]) == [missed]


@pytest.mark.parametrize("place, reason", [("x", "unknown"), (f"{NEVER}-x", "restarted"), (f"{NEVER}-7", "restarted"), ("-1", "unknown"),
                                           ("'; drop table agents", "unknown")])
def test_a_place_that_is_not_known_is_told(alice, agent, place, reason):
    reason = "unknown" if place.endswith("-x") else reason
    with Listener(alice, last_id=place) as listener:
        assert listener.reset.data["reason"] == reason and listener.reset.id != place
        made = marker(alice, agent)
        assert ids_of([listener.next()]) == [made]


def test_a_place_ahead_of_all_events_is_told(alice):
    with Listener(alice) as listener:
        ahead = listener.last_id.rsplit("-", 1)[0] + "-999999999999"
    for place in (ahead, ahead + "9" * 20):
        with Listener(alice, last_id=place) as listener:
            assert listener.reset.data["reason"] == "unknown"


def test_an_empty_place_is_none(alice):
    with Listener(alice, last_id="") as listener:
        assert listener.reset is None


def test_a_restart_is_told(new_server):
    server = new_server()
    user = make_user(server.admin())
    agent = make_agent(user)
    with Listener(user) as listener:
        marker(user, agent)
        place = listener.next().id
    server.restart()
    with Listener(user, last_id=place) as listener:
        assert listener.reset.data["reason"] == "restarted"
        made = marker(user, agent)
        event = listener.next()
        assert event.data["id"] == made and event.id.split("-")[0] != place.split("-")[0]


def large(agent, count):
    return [finished(agent, session_id="s" * 500) for _ in range(count)]


def test_a_place_that_is_too_old_is_told(new_server):
    server = new_server()
    user = make_user(server.admin())
    agent = make_agent(user)
    with Listener(user) as listener:
        place = listener.last_id
    for _ in range(2):
        batch(user, large(agent, 10_000))  # more than what is kept
    with Listener(user, last_id=place) as listener:
        assert listener.reset.data["reason"] == "expired"
        made = marker(user, agent)
        assert ids_of([listener.next()]) == [made]


def test_one_who_does_not_read_is_dropped_and_holds_nobody_up(new_server):
    server = new_server()
    user, other = make_user(server.admin()), make_user(server.admin())
    agent, others = make_agent(user), make_agent(other)
    with Listener(user, receive_buffer=4096) as slow, Listener(other) as quick:
        for _ in range(3):
            batch(user, large(agent, 10_000))
            made = marker(other, others)
            assert ids_of([quick.next()]) == [made]
        heard = 0
        while True:
            try:
                slow.next()
                heard += 1
            except Exception as error:
                assert str(error) == "the stream has ended", error
                break
        assert 0 < heard < 30_000
        assert metric(server, "onggi_event_listeners_dropped_total") == 1
        place = slow.last_id
    with Listener(user, last_id=place) as listener:
        assert listener.reset.data["reason"] == "expired"


# How long

def test_a_client_that_goes_is_forgotten(new_server):
    server = new_server()
    user = make_user(server.admin())
    listeners = [Listener(user) for _ in range(3)]
    assert metric(server, "onggi_event_listeners") == 3
    listeners[0].close()
    listeners[1].wire.socket.shutdown(1)  # no more from this side: as good as gone
    eventually(lambda: metric(server, "onggi_event_listeners") == 1)
    assert listeners[1].has_ended()
    listeners[2].wire.send(request("GET", "/me", key=user.key))  # pipelined behind a stream without an end
    listeners[2].close()
    eventually(lambda: metric(server, "onggi_event_listeners") == 0)
    assert metric(server, "onggi_event_listeners_dropped_total") == 0


def test_a_quiet_stream_is_kept_alive_and_its_place_fresh(alice, bob):
    theirs = make_agent(bob)
    with Listener(alice, deadline_s=30) as listener:
        before = listener.last_id
        marker(bob, theirs)
        assert listener.block() is None and listener.pings == 1
        assert listener.last_id != before
    with Listener(alice, last_id=listener.last_id) as again:
        assert again.reset is None


def test_a_stream_is_no_request_in_flight(new_server):
    server = new_server()
    user = make_user(server.admin())
    listeners = [Listener(user) for _ in range(10)]
    assert metric(server, "onggi_http_requests_in_flight") <= 1  # the one that asks
    for listener in listeners:
        listener.close()


def test_streams_end_with_the_server_at_once(new_server):
    server = new_server()
    user = make_user(server.admin())
    agent = make_agent(user)
    with Listener(user) as listener, Listener(user, receive_buffer=4096):
        batch(user, large(agent, 2_000))  # which the second does not take
        listener.take(2_000)
        started = time.monotonic()
        server.stop()
        assert time.monotonic() - started < 5  # not the 10 s after which everything is cut
        assert listener.has_ended()


def test_a_revoked_key_ends_its_streams_alone(alice, agent):
    made = alice.post(f"/users/{alice.id}/keys", json={"name": "second"}).expect(201)
    second = Client(alice.server, made["key"], alice.user)
    with Listener(alice) as stays, Listener(second) as goes:
        alice.delete(f"/users/{alice.id}/keys/{made['id']}").expect(204)
        assert goes.has_ended()
        event = marker(alice, agent)
        assert ids_of([stays.next()]) == [event]
    once(alice.server, "GET", "/events", key=second.key).is_problem(401)


def test_a_user_who_goes_hears_no_more(admin):
    user = make_user(admin)
    with Listener(user) as own, Listener(admin, params=f"?user_id={user.id}") as acting:
        admin.delete(f"/users/{user.id}").expect(204)
        assert own.has_ended() and acting.has_ended()


def test_an_admin_who_is_none_any_more_hears_for_nobody(admin, alice):
    second = make_user(admin, role="admin")
    with Listener(second, params=f"?user_id={alice.id}") as for_alice, Listener(second) as own:
        admin.patch(f"/users/{second.id}", json={"role": "user"}).expect(200)
        assert for_alice.has_ended()
        made = marker(second, make_agent(second))
        assert ids_of([own.next()]) == [made]


# How many

def test_listeners_are_bounded_for_a_user_and_for_all(new_server):
    server = new_server("--max-listeners", "3", "--max-listeners-per-user", "2")
    user, other, third = (make_user(server.admin()) for _ in range(3))
    with Listener(user) as first, Listener(user):
        refused = once(server, "GET", "/events", key=user.key)
        assert refused.is_problem(429) and refused["Retry-After"]
        with Listener(other):
            refused = once(server, "GET", "/events", key=third.key)
            assert refused.is_problem(503) and refused["Retry-After"]
        eventually(lambda: metric(server, "onggi_event_listeners") == 2)
        first.close()
        eventually(lambda: metric(server, "onggi_event_listeners") == 1)
        Listener(user).close()
    assert metric(server, "onggi_event_listeners_refused_total") == 2


def test_a_thousand_listeners_are_served_and_hold_nobody_up(new_server):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, 4_096)), hard))
    server = new_server()
    user = make_user(server.admin())
    agent = make_agent(user)
    listeners = in_parallel(lambda _: Listener(user), range(1_000))
    assert metric(server, "onggi_event_listeners") == 1_000
    once(server, "GET", "/events", key=user.key).is_problem(429)
    made = [marker(user, agent) for _ in range(5)]
    is_alive(server, user.key)
    assert all(ids_of(listener.take(5)) == made for listener in listeners)
    for listener in listeners:
        listener.close()
    eventually(lambda: metric(server, "onggi_event_listeners") == 0)


def test_other_methods_and_parameters_are_refused(alice):
    for method in ("POST", "PUT", "DELETE"):
        once(alice.server, method, "/events", key=alice.key, body={}).is_problem(405)
    once(alice.server, "GET", "/events?agent_id=x", key=alice.key).is_problem(422)
    once(alice.server, "GET", "/events").is_problem(401)
    with Wire(alice.server) as wire:  # a refusal leaves the connection usable
        wire.exchange("GET", "/events?x=1", key=alice.key).expect(422)
        wire.exchange("GET", "/me", key=alice.key).expect(200)
