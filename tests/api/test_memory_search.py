"""Search in memory, as a client sees it: what is found, in which order, and what is not."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from client import make_agent, make_user
from support_process import eventually



@pytest.fixture
def agent(alice):
    return Memory(alice, make_agent(alice)["id"])


class Memory:
    """One agent's memory."""

    def __init__(self, client, id):
        self.client, self.id = client, id

    def remember(self, content, **fields):
        return self.client.post(f"/agents/{self.id}/memory", json={"type": "semantic", "content": content, **fields}).expect(201)

    def search(self, query, **fields):
        return self.client.post(f"/agents/{self.id}/memory/search", json={"query": query, **fields}).expect(200)

    def found(self, query, **fields):
        return [item["memory"]["content"] for item in self.search(query, **fields)]


def test_a_search_finds_what_was_said_in_other_forms_of_the_words(agent):
    agent.remember("Caroline adopted two children last year")
    agent.remember("The kiln did not fit through the door")
    agent.remember("메모리를 늘렸다")
    agent.remember("기억이 난다")
    assert agent.found("Who is adopting a child?") == ["Caroline adopted two children last year"]
    assert agent.found("메모리") == ["메모리를 늘렸다"]
    assert agent.found("기억") == ["기억이 난다"]
    assert agent.found("zebra") == []


def test_an_item_shows_the_memory_its_score_and_where_it_was_hit(agent):
    made = agent.remember("She paints <b>sunsets</b> & painted the old harbour", metadata={"k": 1}, importance="high")
    [item] = agent.search("painting")
    assert set(item) == {"memory", "relevance_score", "snippet"}
    assert {name: item["memory"][name] for name in ("id", "content", "metadata", "importance", "type")} == {
        "id": made["id"], "content": made["content"], "metadata": {"k": 1}, "importance": "high", "type": "semantic"}
    assert 0 < item["relevance_score"] <= 1
    assert item["snippet"] == "She <mark>paints</mark> <b>sunsets</b> & <mark>painted</mark> the old harbour"
    [explained] = agent.search("painting", explain=True)
    assert explained["explanation"]["words"][0]["term"] == "paint" and explained["explanation"]["bm25"] > 0
    assert explained["relevance_score"] == item["relevance_score"]


def test_the_best_come_first_and_top_k_is_a_beginning_of_more(agent):
    for i in range(30):
        agent.remember(f"note {i} about coffee" + (" and chocolate" if i % 3 == 0 else "") + (" in Lisbon" if i == 12 else ""))
    whole = agent.search("coffee with chocolate in Lisbon", top_k=100)
    assert whole[0]["memory"]["content"] == "note 12 about coffee and chocolate in Lisbon"
    scores = [item["relevance_score"] for item in whole]
    assert scores == sorted(scores, reverse=True) and len(whole) == 30
    assert [item["memory"]["id"] for item in agent.search("coffee with chocolate in Lisbon")] == [item["memory"]["id"] for item in whole[:10]]
    assert len(agent.search("coffee", top_k=3)) == 3


def test_importance_and_age_break_ties_and_lift_nothing(agent, admin_agent):
    low, high = (agent.remember("the train to Busan", importance=importance) for importance in ("low", "high"))
    agent.remember("a train", importance="high")
    assert [item["memory"]["id"] for item in agent.search("train to Busan")][:2] == [high["id"], low["id"]]
    old = admin_agent.remember("the same words", created_at="2024-01-01T00:00:00Z")
    new = admin_agent.remember("the same words")
    assert [item["memory"]["id"] for item in admin_agent.search("same words")] == [new["id"], old["id"]]


@pytest.fixture
def admin_agent(admin):
    return Memory(admin, make_agent(admin)["id"])


def test_filters_hold_inside_the_search(agent):
    for i in range(40):
        agent.remember("tea tea tea in the garden")
    wanted = agent.remember("some tea", type="episodic", importance="low", metadata={"place": {"town": "Jeju", "tags": ["a", "b"]}})
    for fields in ({"memory_type": "episodic"}, {"type": "episodic"}, {"importance": "low"}, {"metadata": {"place": {"town": "Jeju"}}},
                   {"metadata": {"place": {"tags": ["b"]}}}, {"memory_type": "episodic", "importance": "low", "metadata": {"place": {}}}):
        assert [item["memory"]["id"] for item in agent.search("tea", top_k=5, **fields)] == [wanted["id"]], fields
    assert len(agent.search("tea", metadata={}, top_k=100)) == 41


def test_a_filter_is_exact_whatever_metadata_is_made_of(agent):
    pairs = lambda *each: {"a": [{"x": x, "y": y} for x, y in each]}
    bodies = [{"type": "semantic", "content": f"pelican pelican {i}", "metadata": pairs((1, 2), (3, 4))} for i in range(2_000)]
    for begin in (0, 1_000):
        agent.client.post(f"/agents/{agent.id}/memory", json=bodies[begin:begin + 1_000]).expect(201)
    wanted = agent.remember("in the morning a pelican", metadata=pairs((1, 4)))
    agent.remember("pelican", metadata={f"n{i}": i for i in range(1_000)})
    for fields in ({}, {"embedding": [1, 0]}):
        assert [item["memory"]["id"] for item in agent.search("pelican", metadata=pairs((1, 4)), **fields)] == [wanted["id"]]
    assert agent.found("pelican", metadata={"n5": 6}) == [] and agent.found("pelican", metadata={"n999": 999}) == ["pelican"]


def test_from_and_to_bound_the_creation(admin_agent):
    for month in range(1, 7):
        admin_agent.remember(f"report {month}", created_at=f"2024-{month:02}-01T00:00:00Z")
    found = admin_agent.found("report", **{"from": "2024-02-01T00:00:00Z", "to": "2024-04-01T00:00:00Z"})
    assert sorted(found) == ["report 2", "report 3"]


def test_what_was_changed_removed_or_added_is_found_as_it_is_now(agent):
    made = agent.remember("my favourite colour is green")
    assert agent.found("green") == ["my favourite colour is green"]
    agent.client.patch(f"/agents/{agent.id}/memory/{made['id']}", json={"content": "my favourite colour is blue"}).expect(200)
    assert agent.found("green") == []
    assert agent.found("blue colors") == ["my favourite colour is blue"]
    agent.client.delete(f"/agents/{agent.id}/memory/{made['id']}").expect(204)
    assert agent.found("blue") == []
    agent.remember("blue again")
    assert agent.found("blue") == ["blue again"]


def test_what_has_expired_is_neither_found_nor_counted(admin_agent):
    admin_agent.remember("alpha one")
    alone = admin_agent.search("alpha", explain=True)
    for i in range(5):
        admin_agent.remember("alpha expired", type="short_term", created_at="2024-01-01T00:00:00Z")
    again = admin_agent.search("alpha", explain=True)
    assert [item["memory"]["content"] for item in again] == ["alpha one"]
    assert again[0]["explanation"]["words"] == alone[0]["explanation"]["words"]
    admin_agent.client.put(f"/agents/{admin_agent.id}/memory/settings", json={"auto_cleanup": False}).expect(200)
    assert len(admin_agent.found("alpha")) == 6


def test_nobody_elses_words_weigh(alice):
    mine, other = (Memory(alice, make_agent(alice)["id"]) for _ in range(2))
    mine.remember("rare words of mine")
    before = mine.search("rare words", explain=True)[0]["explanation"]["words"]
    for _ in range(20):
        other.remember("rare rare rare words")
    after = mine.search("rare words", explain=True)
    assert len(after) == 1 and after[0]["explanation"]["words"] == before


def test_a_turn_before_lends_its_words_to_its_answer(agent):
    turns = ["Nora: Where did you meet Marta?", "Felix: At the dog park, her dachshund stole a ball."]
    agent.client.post(f"/agents/{agent.id}/memory", json=[
        {"type": "episodic", "content": turn, "session_id": "s1", "importance": "medium"} for turn in
        [*turns, *[f"Nora: small talk about nothing {i}" for i in range(20)]]]).expect(201)
    assert agent.found("Where did Felix meet Marta?")[0] == turns[1]


def test_an_agent_of_somebody_else_is_not_there(admin, agent):
    agent.remember("secret word")
    stranger = make_user(admin)
    stranger.post(f"/agents/{agent.id}/memory/search", json={"query": "secret"}).expect(404)


@pytest.mark.parametrize("body, field", [
    ({}, "/query"), ({"query": ""}, "/query"), ({"query": "a", "top_k": 0}, "/top_k"), ({"query": "a", "top_k": 101}, "/top_k"),
    ({"query": "a", "memory_type": "other"}, "/memory_type"), ({"query": "a", "importance": "urgent"}, "/importance"),
    ({"query": "a", "metadata": []}, "/metadata"), ({"query": "a", "from": "yesterday"}, "/from"), ({"query": "a", "embedding": []}, "/embedding"),
    ({"query": "a", "embedding": ["x"]}, "/embedding/0"), ({"query": "a", "unknown": 1}, "/unknown"), ({"query": "a", "explain": "yes"}, "/explain"),
    ({"query": 5}, "/query")])
def test_what_is_not_a_search_is_422(agent, body, field):
    problem = agent.client.post(f"/agents/{agent.id}/memory/search", json=body).expect(422)
    assert field in [error["field"] for error in problem["errors"]]


def test_typing_errors_are_forgiven_and_other_words_are_not_taken_for_them(agent):
    agent.remember("Melanie is planning a surprise party")
    agent.remember("The dachshund stole a ball in Kathmandu")
    assert agent.found("dachshnd") == agent.found("Katmandu") == ["The dachshund stole a ball in Kathmandu"]
    assert agent.found("alpha") == agent.found("alphb") == []


def test_only_stop_words_are_looked_for_as_they_are(agent):
    agent.remember("to be or not to be")
    agent.remember("something else")
    assert agent.found("to be or not") == ["to be or not to be"]


def test_vectors_find_what_words_do_not(agent):
    near = agent.remember("felines", embedding=[1, 0, 0.1])
    far = agent.remember("engines", embedding=[0, 1, 0])
    plain = agent.remember("cats and dogs")
    found = agent.search("cats", embedding=[1, 0, 0])
    assert {item["memory"]["id"] for item in found} == {near["id"], far["id"], plain["id"]}
    assert [item["memory"]["id"] for item in found][-1] == far["id"]
    both = agent.remember("two cats", embedding=[1, 0, 0])
    assert agent.search("cats", embedding=[1, 0, 0], explain=True)[0]["memory"]["id"] == both["id"]
    problem = agent.client.post(f"/agents/{agent.id}/memory/search", json={"query": "cats", "embedding": [1, 0]}).expect(422)
    assert problem["errors"][0]["field"] == "/embedding"


def test_being_found_counts_as_an_access(agent):
    made = agent.remember("the harbour at night")
    agent.search("harbour")
    eventually(lambda: agent.client.get(f"/agents/{agent.id}/memory").expect(200)["items"][0]["access_count"] == 1)
    order = agent.search("harbour")
    assert order[0]["memory"]["id"] == made["id"]


def test_a_search_costs_the_same_whatever_there_is(agent):
    costs = set()
    for size in (1, 10, 100, 889):
        agent.client.post(f"/agents/{agent.id}/memory", json=[{"type": "semantic", "content": f"coffee {i}"} for i in range(size)]).expect(201)
        for _ in range(2):
            answer = agent.client.request("POST", f"/agents/{agent.id}/memory/search", json={"query": "coffee"})
            costs.add(int(answer.headers["Onggi-Queries"]))
    assert costs == {3}, costs


class Service(ThreadingHTTPServer):
    """Gives embeddings of two numbers: how many a's and how many b's a text has. Fails as often as it is told."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked, self.failures = [], 0
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_address[1]}/v1/embeddings"


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.asked.append((self.headers.get("Authorization"), body))
        if self.server.failures > 0:
            self.server.failures -= 1
            self.send_response(500)
            self.end_headers()
            return
        data = [{"object": "embedding", "index": i, "embedding": [text.count("a"), text.count("b"), 0.5]} for i, text in enumerate(body["input"])]
        answer = json.dumps({"object": "list", "data": data}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        pass


def test_a_service_fills_in_the_embeddings_that_are_left_out(new_server):
    service = Service()
    service.failures = 1
    server = new_server("--embeddings-url", service.url, "--embeddings-model", "tiny", environment={"ONGGI_EMBEDDINGS_KEY": "sesame"})
    client = server.admin()
    memory = Memory(client, make_agent(client)["id"])
    near = memory.remember("aaa")
    memory.remember("bbb")
    given = memory.remember("ccc", embedding=[0, 1, 0])
    # By the service's vectors alone: no word is shared.
    eventually(lambda: [item["memory"]["content"] for item in memory.search("aa a")][:1] == ["aaa"], deadline_s=60)
    assert all(key == "Bearer sesame" and body["model"] == "tiny" for key, body in service.asked)
    assert "ccc" not in [text for _, body in service.asked for text in body["input"]]
    assert "embedding" not in client.get(f"/agents/{memory.id}/memory").expect(200)["items"][0]
    client.patch(f"/agents/{memory.id}/memory/{near['id']}", json={"content": "bbbb"}).expect(200)
    eventually(lambda: any("bbbb" in body["input"] for _, body in service.asked), deadline_s=60)
    assert client.get(f"/agents/{memory.id}/memory/{given['id']}").expect(200)["embedding"] == [0, 1, 0]


def test_a_service_that_does_not_answer_keeps_nobody_from_searching(new_server):
    server = new_server("--embeddings-url", "http://127.0.0.1:9/v1/embeddings")
    client = server.admin()
    memory = Memory(client, make_agent(client)["id"])
    memory.remember("the harbour at night")
    assert memory.found("harbour") == ["the harbour at night"]
