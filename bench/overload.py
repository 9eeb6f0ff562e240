"""Three times the load that onggi can take: what it does with the rest, and how soon it is itself again."""

import json
from urllib.parse import urlsplit

from facts import fact
from measure import wrk
from process import Failed, run
from reads import target
from servers import PREFIX

FACTOR = 3
CLIENTS = 16        # that wait for their answers: what it can take, and nobody is refused
CONNECTIONS = 2048  # more than it lets in at once
P99_MS = 100
AGAIN_MS = 1000
PHASES = ((0.5, 1), (FACTOR, 2), (0.5, 2))  # of what it can take, and for how many runs' seconds
TITLE = f"recording executions at {FACTOR} times the rate that it can take"


def overload(bench, onggi, body):
    generator = bench.build / "onggi_bench_load"
    if not generator.exists():
        return {**fact(TITLE, None, ""), "skipped": f"{generator.name} is not built"}
    bench.say(TITLE)
    try:
        return _measure(bench, generator, onggi, body)
    except Failed as failure:
        return {**fact(TITLE, None, ""), "error": str(failure)}


def _measure(bench, generator, onggi, body):
    url = onggi.url + PREFIX + "/executions"
    capacity = wrk(url, bench.seconds, bench.data.key, post=body, connections=CLIENTS)["per_second"]
    rates = ",".join(f"{capacity * share:.0f}:{bench.seconds * runs}" for share, runs in PHASES)
    measured = json.loads(run(generator, "--target", urlsplit(onggi.url).netloc, "--path", PREFIX + "/executions", "--key",
                              bench.data.key, "--body", body, "--connections", CONNECTIONS, "--rates", rates))
    _, over, after = measured["phases"]
    unanswered = sum(phase["failed"] + phase["other"] for phase in measured["phases"])
    again_ms = after["normal_after_ms"]
    share = over["ok_per_second"] / capacity
    made = fact(TITLE, round(over["ok_per_second"]), f"recorded/s of {over['offered'] / (bench.seconds * PHASES[1][1]):,.0f} offered"
                f" ({share:.0%} of what it can take), {over['shed_503'] + over['shed_429']:,} shed at once,"
                f" p99 of an accepted one {over['answered_p99_ms']:.0f} ms",
                target("answered by nothing else than a 2xx or a 503", unanswered, 0, is_upper=True),
                target("p99 of an accepted one under 100 ms", over["answered_p99_ms"], P99_MS, is_upper=True),
                target("itself again within a second", 1e6 if again_ms is None else again_ms, AGAIN_MS, is_upper=True))
    made["phases"] = measured["phases"]
    made["late_p99_ms"] = measured["late_p99_ms"]
    return made
