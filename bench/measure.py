"""How a figure comes about: one run of wrk or of the bare loop, and rounds of them in turn."""

import json
import os
import statistics
from dataclasses import dataclass, field
from pathlib import Path

from process import Failed, run

CONNECTIONS = 16
LUA = Path(__file__).parent / "wrk" / "requests.lua"


@dataclass
class Figures:
    """What several runs of one contender gave."""

    runs: list = field(default_factory=list)
    error: str | None = None

    def add(self, one):
        self.runs.append(one)

    def median(self, name="per_second"):
        return statistics.median(one[name] for one in self.runs)

    def range(self, name="per_second"):
        values = [one[name] for one in self.runs]
        return min(values), max(values)

    def as_json(self):
        if self.error is not None or not self.runs:
            return {"error": self.error or "not measured"}
        low, high = self.range()
        shown = {"per_second": round(self.median(), 1), "per_second_range": [round(low, 1), round(high, 1)]}
        if "p99_ms" in self.runs[0]:
            shown.update(p50_ms=round(self.median("p50_ms"), 3), p99_ms=round(self.median("p99_ms"), 3),
                         p99_ms_range=[round(value, 3) for value in self.range("p99_ms")])
        return {**shown, "runs": self.runs}


def wrk(url, seconds, key=None, paths=None, post=None, connections=CONNECTIONS, weight=1):
    """One run. `paths` and `post` name files (requests.lua). `weight`: how many things a request is. Any answer but a 2xx
    fails the run: what refuses is not being measured."""
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "30s", "-s", LUA, url, "--"]
    if paths:
        command += ["paths", paths]
    if post:
        command += ["post", post]
    environment = {**os.environ, **({"BENCH_KEY": key} if key else {})}
    figures = json.loads(run(*command, env=environment).strip().splitlines()[-1])
    if figures["refused"] or figures["broken"]:
        raise Failed(f"{figures['refused']} of {figures['requests']} requests were refused, {figures['broken']} broken: {url}")
    if figures["requests"] == 0:
        raise Failed(f"no request was answered: {url}")
    return {"per_second": figures["requests"] * weight / figures["seconds"], "p50_ms": figures["p50_ms"], "p99_ms": figures["p99_ms"],
            "done": figures["requests"] * weight}


def loop(binary, *arguments):
    """One run of the bare loop, alone on its thread."""
    return json.loads(run(binary, *arguments))


def in_turn(contenders, rounds, say=lambda text: None):
    """A B C, A B C, ...: what changes about the machine meanwhile changes for all. `contenders` are names to functions that
    run once. One that fails is left out from then on, and says why."""
    all_figures = {name: Figures() for name in contenders}
    for number in range(rounds):
        for name, once in contenders.items():
            figures = all_figures[name]
            if figures.error is not None:
                continue
            try:
                figures.add(once())
            except Failed as failure:
                figures.error = str(failure)
                say(f"{name} FAILED: {failure}")
    return all_figures
