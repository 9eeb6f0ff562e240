"""More requests than can be served: some are refused with 503 and Retry-After and never executed, the others are answered, none is lost."""

import threading

from client import in_parallel, make_agent, make_user, unique
from support_http import Wire, once, request
from support_process import eventually


def flood(server, raw, method, connections, rounds):
    """The answers to `rounds` requests on each of so many connections, all of them sent before the first answer is read."""
    answers, lock = [], threading.Lock()

    def work(_):
        wires = [Wire(server, deadline_s=60) for _ in range(connections // 4)]
        for _ in range(rounds):
            for wire in wires:
                wire.send(raw)
            mine = [wire.read(method) for wire in wires]
            with lock:
                answers.extend(mine)
        for wire in wires:
            wire.close()

    in_parallel(work, range(4), threads=4)
    assert len(answers) == connections // 4 * 4 * rounds
    return answers


def refused_of(answers, expected):
    for answer in answers:
        if answer.status == 503:
            assert answer.is_problem(503) and int(answer["Retry-After"]) >= 1 and answer["Onggi-Queries"] is not None
        else:
            answer.expect(expected)
    return sum(answer.status == 503 for answer in answers)


def count(server, *series):
    """What /metrics counts under names that begin so; a label, where it is asked for, is the last one."""
    text = once(server, "GET", "/metrics", absolute=True).body.decode()
    lines = [line.rsplit(" ", 1) for line in text.splitlines()]
    return sum(float(value) for name, value in lines for begin, end in series if name.startswith(begin) and name.endswith(end))


def shed(server):
    """Requests turned away: before they reached a handler, and by one that was told that too many writes wait."""
    return count(server, ('onggi_http_shed_total{reason="congestion"}', ""), ("onggi_http_requests_total{", 'status="503"}'))


def test_reads_beyond_what_can_be_done_are_refused_or_answered(new_server):
    server = new_server("--loops", "1", "--longest-wait-ms", "1")
    user = make_user(server.admin())
    agent = make_agent(user)
    user.post("/executions/batch", json=[{"agent_id": agent["id"], "session_id": unique()} for _ in range(500)]).expect(200)
    list_page = request("GET", "/executions?limit=500", key=user.key)
    refused = refused_of(flood(server, list_page, "GET", 400, 5), 200)
    assert refused == shed(server) and refused < 2_000
    eventually(lambda: once(server, "GET", "/me", key=user.key).status == 200)


def test_writes_beyond_what_can_be_done_are_refused_or_executed(new_server):
    server = new_server("--longest-wait-ms", "1")
    user = make_user(server.admin())
    agent = make_agent(user)
    raw = request("POST", "/executions", key=user.key, body={"agent_id": agent["id"]})
    answers = flood(server, raw, "POST", 400, 5)
    refused = refused_of(answers, 201)
    assert refused == shed(server)
    # The server's own writes (statistics folded, accesses counted) are turned away like anybody's, and tried again.
    assert refused <= count(server, ('onggi_http_shed_total{reason="congestion"}', ""), ("onggi_db_writes_shed_total", ""))
    eventually(lambda: once(server, "GET", "/me", key=user.key).status == 200)
    made = {answer.json()["id"] for answer in answers if answer.status == 201}
    assert made == {item["id"] for item in user.items("/executions", limit=500)}  # each that was answered, and none that was refused


def test_health_and_metrics_are_answered_however_much_there_is_to_do(new_server):
    server = new_server("--loops", "1", "--longest-wait-ms", "1")
    user = make_user(server.admin())
    flooding = threading.Thread(target=flood, args=(server, request("GET", "/agents", key=user.key), "GET", 400, 10))
    flooding.start()
    for _ in range(20):
        for path in ("/healthz", "/readyz", "/metrics"):
            once(server, "GET", path, absolute=True).expect(200)
    flooding.join()


def test_what_can_be_done_is_never_refused(new_server):
    server = new_server("--longest-wait-ms", "1")
    user = make_user(server.admin())
    agent = make_agent(user)
    for _ in range(100):
        user.post("/executions", json={"agent_id": agent["id"]}).expect(201)
        user.get("/executions").expect(200)
    assert shed(server) == 0
