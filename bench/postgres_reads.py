"""Pages on PostgreSQL: onggi and Fastify + pg beside pgbench on onggi's own database, with the best statement for the same content and, for
what was read before, with the whole page as one stored row."""

import hashlib
import json
from pathlib import Path

from measure import CONNECTIONS, in_turn
from pages import STATIC_SHARE
from postgres import PLANS_EACH, PLANS_ONCE, pgbench
from process import Failed
from reads import Reads, target
from same import check

STATEMENTS = Path(__file__).parent / "peers/postgres"
KINDS = ("columns", "documents")  # what the JSON is made of
STATEMENT_SHARE = 0.7   # every page, against the best statement
STORED_SHARE = STATIC_SHARE
PEER_FACTOR = 3         # every page, against Fastify + pg
WORKFLOW_FACTOR = 8     # a workflow in memory
TRIES, TRIED_S = 2, 1
PLANS = {"one plan for all": PLANS_ONCE, "a plan each": PLANS_EACH}
# PostgreSQL 15 does not cost what it takes to unpack large documents, and passes its GIN indexes by.
FORCED = {"one plan for all, GIN forced": f"{PLANS_ONCE} -c enable_seqscan=off -c enable_indexscan=off"}


class StoreReads(Reads):
    def __init__(self, bench, onggi, fastify):
        super().__init__(bench, onggi, fastify)
        self.postgres, self.database = bench.data.postgres, bench.data.database

    def _others(self, page, answer, row):
        if not page.loop:
            return {}
        if page.of_static:
            return {"stored": self._stored(page, answer)}
        return {kind: self._best(page, kind, answer, row) for kind in KINDS}

    def _stored(self, page, answer):
        text = f"select page from bench.{page.content} where id = {{id}}"
        wrong = check("the stored row", answer.json(), self._shown(page, text))
        if wrong:
            raise Failed(wrong)
        script = self._script(page, "stored", text)
        return self._contender(page, script, PLANS_ONCE)

    def _best(self, page, kind, answer, row):
        """The fastest of the statements of a kind and of the ways to plan it; what was found when the data was new holds."""
        texts = {path.stem: statement(path) for path in sorted(STATEMENTS.glob(f"{page.content}.{kind}*.sql"))}
        for name, text in texts.items():
            wrong = check(f"{name}.sql", answer.json(), self._shown(page, text))
            if wrong:
                raise Failed(wrong)
        scripts = {name: self._script(page, name, text) for name, text in texts.items()}
        plans = {**PLANS, **(FORCED if page.filter else {})}
        candidates = {f"{name}.sql, {plan}": self._contender(page, script, settings, TRIED_S)
                      for name, script in scripts.items() for plan, settings in plans.items()}
        note = self.bench.data.directory.parent / f"tried-{self.database}-{page.key}-{kind}.json"
        rates = tried(note, [texts, plans], candidates)
        best = max(rates, key=rates.get)
        row.setdefault("statements", {})[kind] = {"best": best, "tried": rates}
        name, plan = best.split(".sql, ")
        return self._contender(page, scripts[name], plans[plan])

    def _contender(self, page, script, settings, seconds=None):
        return lambda: pgbench(self.postgres, self.database, script, seconds or self.bench.seconds, self._variables(page), settings,
                               CONNECTIONS)

    def _variables(self, page, at=0):
        named = {"reader": self.bench.samples.reader, "id": page.arguments[at]}
        if page.filter:
            named.update(filter=page.filter, value=page.arguments[at])
        return named

    def _script(self, page, name, text):
        """For pgbench. Of a page that is spread a random one is asked for."""
        path = self.bench.work / f"pgbench-{page.key}-{name}.sql"
        if page.is_spread:
            asked = f"(select id from bench.{page.content} where number = :number)"
            head = f"\\set number random(0, {len(page.arguments) - 1})\n"
        else:
            asked, head = ":id", ""
        path.write_text(head + filled(text, id=asked, reader=":reader", filter=":filter", value=":value") + ";\n")
        return path

    def _shown(self, page, text):
        """What a statement shows of the first path."""
        values = {name: "'" + value.replace("'", "''") + "'" for name, value in self._variables(page).items()}
        shown = self.postgres.sql(filled(text, **values), self.database)
        if not shown.strip():
            raise Failed(f"a statement of {page.key} shows nothing")
        return json.loads(shown)

    def _targets(self, page, figures):
        onggi = figures["onggi"].median()
        best = max((figures[kind].median() for kind in KINDS if kind in figures and figures[kind].runs), default=None)
        if best:
            yield target("at least 70 % of the best statement", onggi / best, STATEMENT_SHARE)
        if "stored" in figures and figures["stored"].runs:
            yield target("at least half of the stored row", onggi / figures["stored"].median(), STORED_SHARE)
        if figures["fastify"].runs:
            factor = page.store_factor or (WORKFLOW_FACTOR if page.key == "workflow" else PEER_FACTOR)
            yield target(f"at least {factor} times Fastify", onggi / figures["fastify"].median(), factor)


def tried(note, what, candidates):
    """What each candidate gives at its best, as the note has it of the same `what`, else tried and noted: names to rates."""
    asked = hashlib.sha256(json.dumps(what).encode()).hexdigest()
    if note.exists():
        noted = json.loads(note.read_text())
        if noted["asked"] == asked:
            return noted["rates"]
    figures = in_turn(candidates, TRIES)
    failed = [each.error for each in figures.values() if each.error]
    if failed:
        raise Failed(failed[0])
    rates = {name: round(each.range()[1], 1) for name, each in figures.items()}
    note.write_text(json.dumps({"asked": asked, "rates": rates}))
    return rates


def statement(path):
    """Without its comment: pgbench would look for variables in it."""
    return "".join(line for line in path.read_text().splitlines(keepends=True) if not line.startswith("--")).strip()


def filled(text, **values):
    for name, value in values.items():
        text = text.replace(f"{{{name}}}", value)
    return text
