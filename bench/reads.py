"""Pages that are read: onggi and Fastify + pg, on the embedded store beside nginx with the same bytes and the bare loop."""

from measure import in_turn, loop, wrk
from pages import PEER_FACTOR
from process import Failed
from same import check
from servers import Onggi, fetch

COMPARED = 5  # of the paths of a page that is spread


class Reads:
    """What the pages of every store have in common; EmbeddedReads and StoreReads (postgres_reads.py) say beside whom they are measured."""

    def __init__(self, bench, onggi, fastify):
        self.bench, self.onggi, self.fastify = bench, onggi, fastify
        self.without_memory = Onggi.flags_without_memory(bench.binary)

    def measure(self, page):
        """The row of one page; where it cannot be measured the row says why."""
        row = {"key": page.key, "title": page.title}
        try:
            self._measure(page, row)
        except Failed as failure:
            row["error"] = str(failure)
            self.bench.say(f"{page.title}: FAILED: {failure}")
        return row

    def _measure(self, page, row):
        self.onggi.serve(*(() if page.from_memory else self.without_memory))
        answer = self._first(page)
        if page.is_spread:
            self._paths(page).write_text("".join(f"{path}\n" for path in page.paths))
        self._compare(page)
        again = fetch(self.onggi.url + page.paths[0], self.bench.data.key)
        row.update(bytes=len(answer.body), queries=int(again.headers["Onggi-Queries"]))

        contenders = {"onggi": self._server(self.onggi.url, page), **self._others(page, answer, row),
                      "fastify": self._server(self.fastify.url, page)}
        for server in (self.onggi, self.fastify):
            self._server(server.url, page, self.bench.warm_up_s)()
        figures = in_turn(contenders, self.bench.rounds, self.bench.say)
        row["contenders"] = {name: each.as_json() for name, each in figures.items()}
        row["targets"] = list(self._targets(page, figures)) if figures["onggi"].runs else []

    def _first(self, page):
        answer = fetch(self.onggi.url + page.paths[0], self.bench.data.key)
        if answer.status != 200:
            raise Failed(f"onggi answers {answer.status}: {answer.body[:200].decode(errors='replace')}")
        return answer

    def _paths(self, page):
        return self.bench.work / f"requests-{page.key}.paths"

    def _compare(self, page):
        """The peer shows what onggi does."""
        for path in page.paths[::max(1, len(page.paths) // COMPARED)]:
            expected, peer = (fetch(server.url + path, self.bench.data.key) for server in (self.onggi, self.fastify))
            wrong = check("Fastify", expected.json(), peer.json(), page.but)
            if expected.status != 200 or peer.status != 200 or wrong:
                raise Failed(wrong or f"{path} answers {expected.status} and {peer.status}")

    def _server(self, url, page, seconds=None):
        paths = self._paths(page) if page.is_spread else None
        return lambda: wrk(url + page.paths[0], seconds or self.bench.seconds, self.bench.data.key, paths=paths)

    def _others(self, page, answer, row):
        """Contenders by name, which show what `answer` does; what is to be said of them goes into the row."""
        raise NotImplementedError

    def _targets(self, page, figures):
        raise NotImplementedError


class EmbeddedReads(Reads):
    def __init__(self, bench, onggi, nginx, fastify):
        super().__init__(bench, onggi, fastify)
        self.nginx = nginx

    def _others(self, page, answer, row):
        contenders = {}
        if not page.is_spread:
            static = self.nginx.publish(page.key, answer.body)
            if fetch(static).body != answer.body:
                raise Failed("nginx serves other bytes")
            contenders["nginx"] = lambda: wrk(static, self.bench.seconds)
        if not page.loop:
            return contenders
        requests = self.bench.work / f"requests-{page.key}"
        requests.write_text("".join(f"{self.bench.samples.reader} {each}\n" for each in page.arguments))
        wrong = check("the bare loop", answer.json(), loop(self.bench.loop, "show", self.bench.data.rows, page.loop, requests))
        if wrong:
            raise Failed(wrong)
        contenders["loop"] = lambda: loop(self.bench.loop, "read", self.bench.data.rows, page.loop, requests, self.bench.seconds)
        return contenders

    def _targets(self, page, figures):
        onggi = figures["onggi"]
        if page.at_least:
            yield target(f"at least {page.at_least:,}/s", onggi.median(), page.at_least)
        if page.of_static and figures["nginx"].runs:
            yield target("at least half of nginx", onggi.median() / figures["nginx"].median(), page.of_static)
        if figures["fastify"].runs:
            yield target(f"at least {PEER_FACTOR} times Fastify", onggi.median() / figures["fastify"].median(), PEER_FACTOR)


def target(text, value, bound, is_upper=False):
    """One thing that was promised, and whether it holds here."""
    return {"text": text, "value": round(value, 4), "bound": bound, "met": value <= bound if is_upper else value >= bound}
