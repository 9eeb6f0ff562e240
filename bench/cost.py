"""What statistics cost who records: recording beside recording on a copy where nothing gets into their queue, so that nothing
is folded either."""

import os
import re
import statistics
import time

from facts import fact
from measure import CONNECTIONS, wrk
from process import Failed
from reads import target
from seed_load import cpu_s
from servers import PREFIX, fetch

SHARE = 0.9
PAIRS = 6          # at least, of each figure; which of the two is first changes from one to the next
FOLDED_WITHIN_S = 60


class StatisticsCost:
    """`servers`: onggi `with` and `without`; `database_cpu_s` of either: what its database has taken of the processors."""

    def __init__(self, bench, servers, database_cpu_s):
        self.bench, self.servers, self.database_cpu_s = bench, servers, database_cpu_s

    def measure(self, title, path, body, clients, rows):
        """The fact of one way to record."""
        title = f"{title}, against the same without statistics"
        self.bench.say(title)
        try:
            pairs = self._pairs(path, body, clients, rows)
        except Failed as failure:
            return {**fact(title, None, ""), "error": str(failure)}
        return shown(title, pairs)

    def _pairs(self, path, body, clients, rows):
        counted = {name: self._counted(server) for name, server in self.servers.items()}
        pairs = []
        self._once("with", path, body, clients, rows)
        self._once("without", path, body, clients, rows)
        for number in range(max(self.bench.rounds, PAIRS)):
            names = ("with", "without") if number % 2 == 0 else ("without", "with")
            pairs.append({name: self._once(name, path, body, clients, rows) for name in names})
        if [name for name, server in self.servers.items() if self._counted(server) == counted[name]] != ["without"]:
            raise Failed("what was recorded is in the statistics where it should not be, or is not where it should")
        return pairs

    def _once(self, name, path, body, clients, rows):
        """How many a second, and processor time of each until it is in the statistics, in us: of the server and its database."""
        server = self.servers[name]
        os.sync()
        before = self._cpu_s(name)
        run = wrk(f"{server.url}{PREFIX}{path}", self.bench.seconds, self.bench.data.key, post=body, connections=clients, weight=rows)
        self._fold(server)
        return {"per_second": run["per_second"], "cpu_us": (self._cpu_s(name) - before) / run["done"] * 1e6}

    def _cpu_s(self, name):
        return cpu_s(self.servers[name].process.pid) + self.database_cpu_s(name)

    def _fold(self, server):
        until = time.monotonic() + FOLDED_WITHIN_S
        while waiting(fetch(server.url + "/metrics").body.decode()):
            if time.monotonic() > until:
                raise Failed(f"what was recorded is not folded after {FOLDED_WITHIN_S} s")
            time.sleep(0.05)

    def _counted(self, server):
        return fetch(f"{server.url}{PREFIX}/dashboard/stats", self.bench.data.key).json()["executions"]["total"]


def waiting(metrics):
    """What /metrics says of the queue."""
    return float(re.search(r"^onggi_statistics_waiting_changes (\S+)", metrics, re.MULTILINE)[1])


def shown(title, pairs):
    """Medians of the pairs' ratios: what changes about the machine meanwhile changes for both of a pair."""
    def middle(of):
        return statistics.median(of(pair) for pair in pairs)
    share = middle(lambda pair: pair["with"]["per_second"] / pair["without"]["per_second"])
    cpu_share = middle(lambda pair: pair["with"]["cpu_us"] / pair["without"]["cpu_us"])
    of = {name: {figure: middle(lambda pair, name=name, figure=figure: pair[name][figure]) for figure in ("per_second", "cpu_us")}
          for name in ("with", "without")}
    made = fact(title, round(share, 2),
                f"times ({of['with']['per_second']:,.0f}/s, {of['without']['per_second']:,.0f}/s); processor time of each, folds included,"
                f" {cpu_share:.2f} times ({of['with']['cpu_us']:,.0f} us, {of['without']['cpu_us']:,.0f} us)",
                target("within 10 %", share, SHARE))
    return {**made, "pairs": pairs, "cpu_share": round(cpu_share, 3)}


def recorded(cost, single, batch, batch_rows):
    """Both ways."""
    yield cost.measure(f"recording one execution, {CONNECTIONS} clients", "/executions", single, CONNECTIONS, 1)
    yield cost.measure(f"recording {batch_rows:,} executions a request, one client", "/executions/batch", batch, 1, batch_rows)
