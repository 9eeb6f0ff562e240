"""How PostgreSQL carries out the statements of the catalogue: prepared and explained as the server runs them, over realistic rows."""

import re
import sys
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "cmake"))

from embed_sql import read_catalogue  # noqa: E402

# As the server's sessions run (src/db/postgres): a plan is kept, so the planner must not settle on what serves while a table is still small, nor
# believe in few rows and sort them where an index has the order.
CONNECTOR = (ROOT / "src/db/postgres/connector.cc").read_text()
SESSION = dict(re.findall(r'\{"(\w+)", "(\w+)"\}', re.search(r"planner_settings\{([^;]*);", CONNECTOR)[1]))
assert '"plan_cache_mode", "force_generic_plan"' in CONNECTOR  # of which both are tried
assert len(SESSION) == 3
MODES = {"generic": "force_generic_plan", "custom": "force_custom_plan"}


def catalogue():
    return {f"{s.area}.{s.name}": s for s in read_catalogue(ROOT / "sql")}


def numbered_without_gaps(text):
    """The text, and which parameters it takes: the driver sends only those."""
    numbers = sorted({int(number) for number in re.findall(r"\$(\d+)", text)})
    return re.sub(r"\$(\d+)", lambda found: f"${numbers.index(int(found[1])) + 1}", text), numbers


class Plan:
    """What EXPLAIN ANALYZE says, flattened."""

    def __init__(self, root, parents):
        self.nodes = []
        self._parents = parents
        self._walk(root)

    def _walk(self, node):
        self.nodes.append(node)
        for child in node.get("Plans", []):
            self._walk(child)

    def sequential(self):
        """Tables that are scanned from end to end, or would be."""
        return {self.table(node) for node in self.nodes if node["Node Type"] == "Seq Scan"}

    def unbounded(self):
        """Tables of which an index is walked from end to end, or would be."""
        return {self.table(node) for node in self.nodes
                if node["Node Type"] in ("Index Scan", "Index Only Scan") and "Index Cond" not in node}

    def table(self, node):
        return self._parents.get(node.get("Relation Name"), node.get("Relation Name"))

    def rows_read(self):
        """Rows that any scan of a table looked at, most first."""
        read = Counter()
        for node in self.nodes:
            if "Relation Name" in node and "Scan" in node["Node Type"]:
                passed_over = node.get("Rows Removed by Filter", 0) + node.get("Rows Removed by Index Recheck", 0)
                read[self.table(node)] += node["Actual Loops"] * (node["Actual Rows"] + passed_over)
        return read

    def rows_sorted(self):
        return max((node["Actual Loops"] * node["Plans"][0]["Actual Rows"] for node in self.nodes
                    if node["Node Type"] in ("Sort", "Incremental Sort") and node["Actual Loops"]), default=0)

    def indexes(self):
        """Those that were read, a partition's as its parent's."""
        return {self._parents.get(node["Index Name"], node["Index Name"]) for node in self.nodes
                if "Index Name" in node and node["Actual Loops"]}

    def partitions(self, table, begun=True):
        """Partitions of a table that were read (or that are in the plan at all)."""
        return {node["Relation Name"] for node in self.nodes
                if node.get("Relation Name") and node["Relation Name"] != table and self.table(node) == table
                and (node["Actual Loops"] or not begun)}


def explain(cursor, statement, values, mode, analyze=True):
    """With `analyze`, runs it, and takes it back. `values`: SQL expressions by parameter; what is left out is null."""
    text, numbers = numbered_without_gaps(statement.postgres or statement.text)
    arguments = ", ".join(literal(cursor, values.get(number, "null")) for number in numbers)
    cursor.execute("begin")
    try:
        cursor.execute(f"set local plan_cache_mode = {MODES[mode]}")
        for setting in filter(None, (part.strip() for part in statement.planner.split(";"))):
            if not setting.startswith("plan_cache_mode"):  # both ways are looked at
                cursor.execute(f"set local {setting}")
        cursor.execute(f"prepare it as {text}")
        cursor.execute(f"explain ({'analyze, ' if analyze else ''}format json) execute it{f'({arguments})' if numbers else ''}")
        root = cursor.fetchone()[0][0]["Plan"]
    finally:
        cursor.execute("rollback")
        cursor.execute("deallocate all")
    return Plan(root, parents(cursor))


def literal(cursor, expression):
    """Its value, as the text that the parameter's type takes."""
    cursor.execute(f"select cast({expression} as text)")
    return cursor.mogrify("%s", cursor.fetchone()).decode()


def parents(cursor):
    """Partitions and their indexes, to what they are part of."""
    cursor.execute("select c.relname, p.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid join pg_class p on p.oid = i.inhparent")
    return dict(cursor.fetchall())
