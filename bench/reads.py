"""Pages that are read: onggi, nginx with the same bytes, the bare loop, Fastify + pg."""

from measure import in_turn, loop, wrk
from pages import PEER_FACTOR
from process import Failed
from same import check
from servers import Onggi, fetch

WARM_UP_S = 2
COMPARED = 5  # of the paths of a page that is spread


class Reads:
    def __init__(self, bench, onggi, nginx, fastify):
        self.bench, self.onggi, self.nginx, self.fastify = bench, onggi, nginx, fastify
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
        key = self.bench.data.key
        self.onggi.serve(*(() if page.from_memory else self.without_memory))
        answer = self._first(page, key)
        requests = self._write_requests(page)
        self._compare(page, key, requests)
        again = fetch(self.onggi.url + page.paths[0], key)
        row.update(bytes=len(answer.body), queries=int(again.headers["Onggi-Queries"]))

        contenders = {"onggi": self._server(self.onggi.url, page, key)}
        if not page.is_spread:
            static = self.nginx.publish(page.key, answer.body)
            if fetch(static).body != answer.body:
                raise Failed("nginx serves other bytes")
            contenders["nginx"] = lambda: wrk(static, self.bench.seconds)
        contenders["loop"] = lambda: loop(self.bench.loop, "read", self.bench.data.rows, page.loop, requests, self.bench.seconds)
        contenders["fastify"] = self._server(self.fastify.url, page, key)
        for name in ("onggi", "fastify"):
            self._server(self.onggi.url if name == "onggi" else self.fastify.url, page, key, WARM_UP_S)()
        figures = in_turn(contenders, self.bench.rounds, self.bench.say)
        row["contenders"] = {name: each.as_json() for name, each in figures.items()}
        row["targets"] = list(self._targets(page, figures))

    def _first(self, page, key):
        answer = fetch(self.onggi.url + page.paths[0], key)
        if answer.status != 200:
            raise Failed(f"onggi answers {answer.status}: {answer.body[:200].decode(errors='replace')}")
        return answer

    def _write_requests(self, page):
        """The page's requests as files: for the bare loop, and for wrk where there are many."""
        requests = self.bench.work / f"requests-{page.key}"
        requests.write_text("".join(f"{self.bench.samples.reader} {each}\n" for each in page.arguments))
        requests.with_suffix(".paths").write_text("".join(f"{path}\n" for path in page.paths))
        return requests

    def _compare(self, page, key, requests):
        """Every contender shows what onggi does."""
        step = max(1, len(page.paths) // COMPARED)
        for path in page.paths[::step]:
            expected = fetch(self.onggi.url + path, key)
            peer = fetch(self.fastify.url + path, key)
            wrong = check("Fastify", expected.json(), peer.json())
            if expected.status != 200 or peer.status != 200 or wrong:
                raise Failed(wrong or f"{path} answers {expected.status} and {peer.status}")
        shown = loop(self.bench.loop, "show", self.bench.data.rows, page.loop, requests)
        wrong = check("the bare loop", fetch(self.onggi.url + page.paths[0], key).json(), shown)
        if wrong:
            raise Failed(wrong)

    def _server(self, url, page, key, seconds=None):
        paths = self.bench.work / f"requests-{page.key}.paths" if page.is_spread else None
        target = url + page.paths[0]
        return lambda: wrk(target, seconds or self.bench.seconds, key, paths=paths)

    @staticmethod
    def _targets(page, figures):
        onggi = figures["onggi"]
        if not onggi.runs:
            return
        if page.at_least:
            yield target(f"at least {page.at_least:,}/s", onggi.median(), page.at_least)
        if page.of_static and figures["nginx"].runs:
            yield target("at least half of nginx", onggi.median() / figures["nginx"].median(), page.of_static)
        if figures["fastify"].runs:
            yield target(f"at least {PEER_FACTOR} times Fastify", onggi.median() / figures["fastify"].median(), PEER_FACTOR)


def target(text, value, bound, is_upper=False):
    """One thing that was promised, and whether it holds here."""
    return {"text": text, "value": round(value, 4), "bound": bound, "met": value <= bound if is_upper else value >= bound}
