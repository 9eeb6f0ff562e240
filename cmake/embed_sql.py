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


def statements_of(block):
    """The block as one statement, or as one for each of its kinds."""
    first = next((i for i, line in enumerate(block.body) if not line.startswith("--")), len(block.body))
    for kind in block.kinds or [None]:
        def filled(text):
            return text.replace("{kind}", kind) if kind else text

        name = filled(block.name)
        if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
            raise Mistake(block.path, block.line, f"`{name}` is not a name (a-z, 0-9, _)")
        text = without_comments(block, filled("\n".join(block.body)))
        if "{kind}" in text:
            raise Mistake(block.path, block.line, "{kind} without a line `-- for:`")
        comment = [filled(line.lstrip("-").strip()) for line in block.body[:first]]
        yield Statement(block.path.name.split(".")[0], name, comment, text, planner=block.planner)


def read_statements(paths):
    """The statements of some files, by identifier."""
    seen = {}
    statements = {}
    for path in paths:
        area = path.name.split(".")[0]
        if not re.fullmatch(r"[a-z][a-z0-9_]*", area):
            raise Mistake(path, 1, "the file's name is not an area (a-z, 0-9, _)")
        for block in blocks_of(path):
            for statement in statements_of(block):
                # By identifier: `a.b_c` and `a_b.c` would be the same in C++.
                if other := seen.get(statement.identifier):
                    raise Mistake(path, block.line, f"`{statement.name}` is already at {other}")
                seen[statement.identifier] = f"{path}:{block.line}"
                statements[statement.identifier] = statement
    return statements


def read_catalogue(folder):
    """Every statement, with what PostgreSQL runs instead."""
    of_postgres = sorted(folder.glob("*.postgres.sql"))
    shared = read_statements(sorted(set(folder.glob("*.sql")) - set(of_postgres)))
    for identifier, statement in read_statements(of_postgres).items():
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
