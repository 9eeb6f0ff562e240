"""Statistics of each agent over 90 days, one client: first read, and read again."""

from datetime import datetime, timedelta, timezone

from facts import fact
from measure import Figures, wrk
from process import Failed
from reads import target
from servers import PREFIX, Onggi, fetch

DAYS = 90
WITHIN_MS = 20


def subjects(bench, onggi):
    today = datetime.now(timezone.utc).date()
    path = f"{PREFIX}/statistics/agents?group_by=agent&from={today - timedelta(days=DAYS - 1)}&to={today}"
    for flags, how in ((Onggi.flags_without_memory(bench.binary), "first read"), ((), "read before")):
        title = f"statistics of each agent over {DAYS} days with percentiles, {how}, one client, p50"
        bench.say(title)
        try:
            onggi.serve(*flags)
            answer = fetch(onggi.url + path, bench.data.key)
            if answer.status != 200:
                raise Failed(f"onggi answers {answer.status}: {answer.body[:200].decode(errors='replace')}")
            figures = Figures([wrk(onggi.url + path, max(bench.seconds, 2), bench.data.key, connections=1) for _ in range(bench.rounds)])
        except Failed as failure:
            yield {**fact(title, None, ""), "error": str(failure)}
            continue
        median = figures.median("p50_ms")
        yield {**fact(title, round(median, 2), f"ms, of {len(answer.json()['items'])} agents, {len(answer.body):,} bytes",
                      target(f"under {WITHIN_MS} ms", median, WITHIN_MS, is_upper=True)), "runs": figures.runs}
