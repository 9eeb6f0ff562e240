"""Counters that are written through some servers and read through others, and whoever watches that nobody reads too little.

A subject is something that a write numbered n changes and that pages show: an agent's configuration, the name of an agent within a
workflow, a tool's category within an agent. What was acknowledged before a read began, or was seen by a read that had ended by then, is
the least that the read may show; what had been begun when it ended is the most.
"""

import threading

from client import edge, make_agent, make_knowledgebase, make_tool, make_workflow, node


class Subject:
    """Subclasses write(pick, n), where pick() gives a client of the owner on some server, read(reader), and say what shows(n)."""

    writes = 60

    def __init__(self):
        self._lock = threading.Lock()
        self.begun = self.least = 0
        self.tags = {}  # (reader, path) -> (entity tag, what was read with it)

    def advance(self, pick):
        n = self.begun + 1
        self.begun = n
        self.write(pick, n)
        self.saw(n)

    def saw(self, n):
        with self._lock:
            self.least = max(self.least, n)

    def look(self, reader):
        """A complaint, or None."""
        least = self.least
        shown = self.read(reader)
        most = self.begun
        possible = [n for n in range(least, most + 1) if self.shows(n) == shown]
        if not possible:
            return f"{type(self).__name__}: {shown!r} is shown, which is none of {[self.shows(n) for n in range(least, most + 1)]!r:.300}"
        self.saw(possible[0])
        return None

    def shows(self, n):
        """What a reader sees after write n."""
        return n

    def page(self, reader, path):
        """The page as JSON, None when it is not found; now and then by its entity tag."""
        known = self.tags.get((reader, path))
        answer = reader.get(path, headers={"If-None-Match": known[0]} if known else {})
        if answer.status == 304:
            return known[1]
        if answer.status == 404:
            return None
        page = answer.expect(200)
        self.tags[reader, path] = (answer.etag, page)
        return page


class Configuration(Subject):
    """Of an agent, by PATCH and PUT; name and configuration change together."""

    def __init__(self, owner, **_):
        super().__init__()
        self.agent = make_agent(owner, name="v0", configuration={"n": 0})
        self.path = f"/agents/{self.agent['id']}"

    def write(self, pick, n):
        if n % 2:
            pick().patch(self.path, json={"name": f"v{n}", "configuration": {"n": n}}).expect(200)
        else:
            pick().put(self.path, json={"name": f"v{n}", "llm_provider": "p", "llm_model": "m", "configuration": {"n": n}}).expect(200)

    def read(self, reader):
        page = self.page(reader, self.path)
        assert page["name"] == f"v{page['configuration']['n']}", f"half a change: {page}"
        return page["configuration"]["n"]


class InAList(Configuration):
    """The same, as a list shows it, and as a search finds it."""

    def read(self, reader):
        items = reader.get("/agents", params={"is_public": "false", "limit": 500}).expect(200)["items"]
        return next(item["configuration"]["n"] for item in items if item["id"] == self.agent["id"])


class Graph(Subject):
    """Of a workflow: document and rows change together."""

    def __init__(self, owner, **_):
        super().__init__()
        self.path = f"/workflows/{make_workflow(owner, **self.body(0))['id']}"

    @staticmethod
    def body(n):
        nodes = [node(f"n{n}"), node("other")]
        return {"name": f"g{n}", "graph_definition": {"nodes": nodes, "edges": [edge("e", f"n{n}", "other")], "n": n}}

    def write(self, pick, n):
        (pick().patch if n % 2 else pick().put)(self.path, json=self.body(n)).expect(200)

    def read(self, reader):
        page = self.page(reader, self.path)
        n = page["graph_definition"]["n"]
        assert page["name"] == f"g{n}" and page["nodes"][0]["id"] == f"n{n}" == page["edges"][0]["source"], f"half a change: {page}"
        return n


class NameWithin(Subject):
    """An agent's name, as a workflow that refers to it shows it."""

    def __init__(self, owner, **_):
        super().__init__()
        self.agent = make_agent(owner, name=self.shows(0))
        self.path = f"/workflows/{make_workflow(owner, nodes=[node('a', data={'agent_id': self.agent['id']})])['id']}"

    def shows(self, n):
        return f"named {n}"

    def write(self, pick, n):
        pick().patch(f"/agents/{self.agent['id']}", json={"name": self.shows(n)}).expect(200)

    def read(self, reader):
        return self.page(reader, self.path)["nodes"][0]["ref_name"]


class Published(Subject):
    """Another's agent, made public and private by turns, as others see it: itself, and its name within a workflow of their own."""

    def __init__(self, owner, other, **_):
        super().__init__()
        self.agent = make_agent(owner, name="p0", is_public=True)
        self.path = f"/agents/{self.agent['id']}"
        self.workflow_path = f"/workflows/{make_workflow(other, nodes=[node('a', data={'agent_id': self.agent['id']})])['id']}"
        self.turn = 0

    def shows(self, n):
        return None if n % 2 else f"p{n}"

    def write(self, pick, n):
        pick().patch(self.path, json={"is_public": n % 2 == 0, "name": f"p{n}"}).expect(200)

    def read(self, reader):
        self.turn += 1
        if self.turn % 2:
            return self.page(reader, self.workflow_path)["nodes"][0]["ref_name"]
        page = self.page(reader, self.path)
        return page and page["name"]


class Deleted(Subject):
    """Agents that a workflow refers to, one after the other, and that are deleted: their names go."""

    def __init__(self, owner, **_):
        super().__init__()
        self.agent = make_agent(owner, name=self.shows(0))
        self.path = f"/workflows/{make_workflow(owner, nodes=[node('a', data={'agent_id': self.agent['id']})])['id']}"

    def shows(self, n):
        return None if n % 2 else f"d{n}"

    def write(self, pick, n):
        if n % 2:
            pick().delete(f"/agents/{self.agent['id']}").expect(204)
        else:
            self.agent = make_agent(pick(), name=self.shows(n))
            nodes = [node("a", data={"agent_id": self.agent["id"]})]
            pick().patch(self.path, json={"graph_definition": {"nodes": nodes, "edges": []}}).expect(200)

    def read(self, reader):
        return self.page(reader, self.path)["nodes"][0]["ref_name"]


class Tool(Subject):
    """A tool's category, as an agent shows it; an admin changes it."""

    def __init__(self, owner, admins, **_):
        super().__init__()
        self.admins = admins
        self.tool = make_tool(admins[0], category=self.shows(0))
        self.path = f"/agents/{make_agent(owner, tools=[{'tool_id': self.tool['id']}])['id']}"

    def shows(self, n):
        return f"category {n}"

    def write(self, pick, n):
        self.admins[n % len(self.admins)].patch(f"/tools/{self.tool['id']}", json={"category": self.shows(n)}).expect(200)

    def read(self, reader):
        return self.page(reader, self.path)["tools"][0]["tool"]["category"]


class Knowledgebase(Subject):
    """Knowledgebases of an agent, renamed, deleted and replaced."""

    def __init__(self, owner, **_):
        super().__init__()
        self.base = make_knowledgebase(owner, name="k0")
        self.path = f"/agents/{make_agent(owner, knowledgebases=[{'knowledgebase_id': self.base['id']}])['id']}"

    def shows(self, n):
        return [] if n % 3 == 2 else [f"k{n}"]

    def write(self, pick, n):
        path = f"/knowledgebases/{self.base['id']}"
        if n % 3 == 1:
            pick().patch(path, json={"name": f"k{n}"}).expect(200)
        elif n % 3 == 2:
            pick().delete(path).expect(204)
        else:
            self.base = make_knowledgebase(pick(), name=f"k{n}")
            pick().patch(self.path, json={"knowledgebases": [{"knowledgebase_id": self.base["id"]}]}).expect(200)

    def read(self, reader):
        return [link["name"] for link in self.page(reader, self.path)["knowledgebases"]]


KINDS = (Configuration, InAList, Graph, NameWithin, Published, Deleted, Tool, Knowledgebase)


def watch(subjects, pick, readers, others, turns=1):
    """Every subject is written by one thread, all are read by six; the complaints. `readers`: clients of the owner; `others`: {server: client of another user}."""
    complaints, is_over = [], threading.Event()

    def work(function, *arguments):
        try:
            function(*arguments)
        except BaseException as failure:  # noqa: BLE001 (told in the main thread)
            complaints.append(f"{type(failure).__name__}: {failure}")

    def write(subject):
        for _ in range(subject.writes * turns):
            if complaints:
                return
            subject.advance(pick)

    def read(number):
        turn = number
        while not is_over.is_set() and not complaints:
            reader = readers[turn % len(readers)]
            subject = subjects[(turn // len(readers)) % len(subjects)]
            turn += 1
            if complaint := subject.look(others[reader.server] if isinstance(subject, Published) else reader):
                complaints.append(complaint)

    writing = [threading.Thread(target=work, args=(write, subject)) for subject in subjects]
    reading = [threading.Thread(target=work, args=(read, number)) for number in range(6)]
    for thread in writing + reading:
        thread.start()
    for thread in writing:
        thread.join()
    is_over.set()
    for thread in reading:
        thread.join()
    for subject in subjects:  # what is at rest is the last that was written
        for reader in readers:
            work(lambda s, r: complaints.extend(filter(None, [s.look(r)])), subject, others[reader.server] if isinstance(subject, Published) else reader)
    return complaints
