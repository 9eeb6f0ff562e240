#!/usr/bin/python3
"""embed_sql.py <sql folder> <output folder>: makes catalogue.h and catalogue.cc.

sql/<area>.sql holds statements, each under its name:

    -- name: get
    -- What it is for; becomes the comment in catalogue.h.
    select * from agents where id = $1;

In C++ that is `sql::agents_get`, and Statement.name is "agents.get". Comments do not reach the
text. A line `-- for: agent, workflow` right after the name makes the statement once per word, with
{kind} in name and text replaced by the word.

sql/<area>.postgres.sql holds the statements that must read differently on PostgreSQL, under the same
names, and those that only PostgreSQL needs. A line `-- planner: enable_seqscan = off; ...` after the
name gives settings for as long as the statement runs.

What several statements of an area share stands once, in either kind of file, and is put in by its name in braces:

    -- part: live
    created_at >= $3

    -- rows: shelves (number, type)
    -- 0 | short_term
    -- 1 | long_term

`select 1 from t where {live}` has the part. Lines between `{each shelves}` and `{end}` stand once a row, its values
put in by their names, with what follows `{each shelves} ` between the rows: `{each shelves} union all`. Where the
parts that a shared statement uses read differently on PostgreSQL, so does the statement.

sql/migrations/{sqlite,postgres}/NNNN_name.sql are embedded as they are, numbered from 1 without a gap,
and so is sql/sqlite/triggers.sql, which every writing connection of the embedded store runs when it opens.
"""

import re
import sys
from dataclasses import dataclass
from pathlib import Path

RAW = "onggi"  # delimiter of the raw string literals

# What may stand in SQL and must not be searched for comments or `;` inside.
TOKEN = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|--[^\n]*|;")


class Mistake(Exception):
    """Something to correct in a .sql file; its text is `file:line: what`."""

    def __init__(self, path, line, what):
        super().__init__(f"{path}:{line}: {what}")


@dataclass
class Block:
    """The lines of one `-- name:`, before {kind} is replaced."""

    path: Path
    line: int
    name: str
    kinds: list
    body: list
    planner: str = ""
    is_part: bool = False


@dataclass
class Shared:
    """What statements of an area put in: parts by name; rows by name, each a dictionary."""

    parts: dict
    rows: dict

    def fill(self, block, text):
        for _ in range(20):  # parts may name parts
            before = text
            text = re.sub(r"^[ ]*\{each (\w+)\}([^\n]*)\n(.*?)^[ ]*\{end\}[ ]*$", self.each(block), text, flags=re.S | re.M)
            text = re.sub(r"\{(\w+)\}", lambda name: self.parts.get(name[1], name[0]), text)
            if text == before:
                return text
        raise Mistake(block.path, block.line, "parts that name each other")

    def each(self, block):
        def repeated(match):
            rows = self.rows.get(match[1])
            if rows is None:
                raise Mistake(block.path, block.line, f"no rows `{match[1]}`")
            def of(row):
                return re.sub(r"\{(\w+)\}", lambda name: row.get(name[1], name[0]), match[3]).rstrip("\n")
            return f"\n{match[2].strip()}\n".join(of(row) for row in rows)
        return repeated


@dataclass
class Statement:
    area: str
    name: str
    comment: list
    text: str  # empty: of PostgreSQL alone
    postgres: str = ""  # empty: as text
    planner: str = ""

    @property
    def identifier(self):
        return f"{self.area}_{self.name}"


def blocks_of(path):
    """Cuts a file at its `-- name:` lines."""
    block = None
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if match := re.fullmatch(r"--\s*name:\s*(\S*)\s*", line):
            if block:
                yield block
            block = Block(path, number, match[1], [], [])
        elif match := re.fullmatch(r"--\s*part:\s*(\S*)\s*", line):
            if block:
                yield block
            block = Block(path, number, match[1], [], [], is_part=True)
        elif match := re.fullmatch(r"--\s*for:(.*)", line):
            if not block or number != block.line + 1:
                raise Mistake(path, number, "`-- for:` belongs directly after `-- name:`")
            block.kinds = [word.strip() for word in match[1].split(",")]
            if not all(re.fullmatch(r"[a-z][a-z0-9_]*", kind) for kind in block.kinds):
                raise Mistake(path, number, "`-- for:` takes words, separated by commas")
        elif match := re.fullmatch(r"--\s*planner:\s*(.*?);?\s*", line):
            if not block or any(not known.startswith("--") for known in block.body):
                raise Mistake(path, number, "`-- planner:` belongs before its statement")
            block.planner = match[1]
        elif block:
            block.body.append(line)
        elif line.strip() and not line.startswith("--"):
            raise Mistake(path, number, "SQL before the first `-- name:`")
    if block:
        yield block


def without_comments(block, text):
    """One statement: no comments, no blank lines, no `;` at its end."""
    text = TOKEN.sub(lambda token: "" if token[0].startswith("--") else token[0], text)
    text = "\n".join(line.rstrip() for line in text.splitlines() if line.strip())
    text = text.removesuffix(";").rstrip()
    if ";" in TOKEN.findall(text):
        raise Mistake(block.path, block.line, f"more than one statement under `{block.name}`")
    if not text:
        raise Mistake(block.path, block.line, f"no statement under `{block.name}`")
    return text


def rows_of(path):
    """`-- rows: name (column, ...)`, and a line `-- value | value` for each."""
    found = {}
    rows = columns = None
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if match := re.fullmatch(r"--\s*rows:\s*(\w+)\s*\(([^)]*)\)\s*", line):
            columns = [column.strip() for column in match[2].split(",")]
            rows = found[match[1]] = []
        elif rows is not None and line.startswith("--") and "|" in line:
            values = [value.strip() for value in line.lstrip("-").split("|")]
            if len(values) != len(columns):
                raise Mistake(path, number, f"{len(columns)} values are expected")
            rows.append(dict(zip(columns, values)))
        else:
            rows = None
    return found


def statements_of(block, shared):
    """The block as one statement, or as one for each of its kinds."""
    first = next((i for i, line in enumerate(block.body) if not line.startswith("--")), len(block.body))
    for kind in block.kinds or [None]:
        def filled(text):
            return text.replace("{kind}", kind) if kind else text

        name = filled(block.name)
        if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
            raise Mistake(block.path, block.line, f"`{name}` is not a name (a-z, 0-9, _)")
        text = without_comments(block, filled(shared.fill(block, "\n".join(block.body))))
        if "{kind}" in text:
            raise Mistake(block.path, block.line, "{kind} without a line `-- for:`")
        comment = [filled(line.lstrip("-").strip()) for line in block.body[:first]]
        yield Statement(block.path.name.split(".")[0], name, comment, text, planner=block.planner)


def read_shared(paths):
    """By area what its files share."""
    shared = {}
    for path in paths:
        of_area = shared.setdefault(path.name.split(".")[0], Shared({}, {}))
        of_area.rows.update(rows_of(path))
        for block in blocks_of(path):
            if block.is_part:
                lines = [line for line in block.body if line.strip() and not line.startswith("--")]
                of_area.parts[block.name] = "\n".join(lines)
    return shared


def read_statements(paths, shared):
    """The statements of some files, by identifier."""
    seen = {}
    statements = {}
    for path in paths:
        area = path.name.split(".")[0]
        if not re.fullmatch(r"[a-z][a-z0-9_]*", area):
            raise Mistake(path, 1, "the file's name is not an area (a-z, 0-9, _)")
        for block in blocks_of(path):
            if block.is_part:
                continue
            for statement in statements_of(block, shared[area]):
                # By identifier: `a.b_c` and `a_b.c` would be the same in C++.
                if other := seen.get(statement.identifier):
                    raise Mistake(path, block.line, f"`{statement.name}` is already at {other}")
                seen[statement.identifier] = f"{path}:{block.line}"
                statements[statement.identifier] = statement
    return statements


def read_catalogue(folder):
    """Every statement, with what PostgreSQL runs instead."""
    of_postgres = sorted(folder.glob("*.postgres.sql"))
    of_both = sorted(set(folder.glob("*.sql")) - set(of_postgres))
    shared = read_statements(of_both, read_shared(of_both))
    parts = read_shared(of_both + of_postgres)
    for identifier, statement in read_statements(of_both, parts).items():
        if statement.text != shared[identifier].text:
            shared[identifier].postgres = statement.text
    for identifier, statement in read_statements(of_postgres, parts).items():
        known = shared.setdefault(identifier, Statement(statement.area, statement.name, statement.comment, ""))
        known.postgres = statement.text
        known.planner = statement.planner
    return list(shared.values())


def read_migrations(folder):
    migrations = []
    for expected, path in enumerate(sorted(folder.glob("*.sql")), 1):
        match = re.fullmatch(r"(\d{4})_([a-z0-9_]+)", path.stem)
        if not match or int(match[1]) != expected:
            raise Mistake(path, 1, f"expected a migration named {expected:04}_<name>.sql")
        migrations.append((expected, match[2], path.read_text().strip()))
    return migrations


def literal(text):
    # The suffix carries the length, so that the compiler need not count it in a constant expression.
    return f'R"{RAW}({text}){RAW}"sv'


def header(statements):
    lines = [
        "// Made by cmake/embed_sql.py from sql/.",
        "#pragma once",
        "",
        "#include <span>",
        "",
        '#include "db/statement.h"',
        "",
        "namespace onggi::sql {",
        "",
        "// Every statement below.",
        "std::span<const db::Statement* const> catalogue();",
        "// Every migration in the order of its version, and the triggers.",
        "db::Schema sqlite_schema();",
        "db::Schema postgres_schema();",
        "",
    ]
    for statement in statements:
        lines += [f"// {line}".rstrip() for line in statement.comment]
        lines += [f"extern const db::Statement {statement.identifier};"]
    return "\n".join(lines + ["", "}  // namespace onggi::sql", ""])


def table(type_name, rows):
    # C++ has no empty arrays: without rows, an empty span.
    if not rows:
        return "  return {};"
    return "\n".join([f"  static constexpr {type_name} all[] = {{", *(f"    {row}," for row in rows),
                      "  };", "  return all;"])


def migrations_function(name, migrations):
    rows = [f'{{{version}, "{title}"sv, {literal(text)}}}' for version, title, text in migrations]
    return [f"static std::span<const db::Migration> {name}() {{", table("db::Migration", rows), "}", ""]


def source(statements, of_sqlite, of_postgres, triggers):
    lines = [
        "// Made by cmake/embed_sql.py from sql/.",
        '#include "sql/catalogue.h"',
        "",
        "#include <string_view>",
        "",
        "using namespace std::string_view_literals;",
        "",
        "namespace onggi::sql {",
        "",
    ]
    for s in statements:
        texts = f'"{s.area}.{s.name}"sv, {literal(s.text)}'
        if s.postgres:
            texts += f', {literal(s.postgres)}, {literal(s.planner)}'
        lines += [f"constexpr db::Statement {s.identifier}{{{texts}}};", ""]
    lines += [
        "std::span<const db::Statement* const> catalogue() {",
        table("const db::Statement*", [f"&{s.identifier}" for s in statements]),
        "}",
        "",
        *migrations_function("sqlite_migrations", of_sqlite),
        *migrations_function("postgres_migrations", of_postgres),
        "db::Schema sqlite_schema() {",
        f"  return {{sqlite_migrations(), {literal(triggers)}}};",
        "}",
        "",
        "db::Schema postgres_schema() {",
        "  return {postgres_migrations()};",
        "}",
        "",
        "}  // namespace onggi::sql",
        "",
    ]
    return "\n".join(lines)


def write_if_changed(path, text):
    """An untouched header spares the stores a rebuild when only a statement's text changes."""
    if not path.exists() or path.read_text() != text:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def main(sql, output):
    try:
        statements = read_catalogue(sql)
        of_sqlite = read_migrations(sql / "migrations" / "sqlite")
        of_postgres = read_migrations(sql / "migrations" / "postgres")
        triggers = (sql / "sqlite" / "triggers.sql").read_text()
    except Mistake as mistake:
        sys.exit(str(mistake))
    write_if_changed(output / "catalogue.h", header(statements))
    write_if_changed(output / "catalogue.cc", source(statements, of_sqlite, of_postgres, triggers))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
