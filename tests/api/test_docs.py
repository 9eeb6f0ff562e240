"""What README, docs/ and the READMEs of contrib/ say of commands, options, variables, metrics and log lines is so; and what there is, is said."""

import functools
import re

import pytest

from client import REPOSITORY, make_agent
from stores import IS_POSTGRES, embedded_only
from support_cli import flag_of, options, variable_of
from support_process import onggi
from test_metrics import scrape

PAGES = [REPOSITORY / "README.md", *sorted((REPOSITORY / "docs").glob("*.md")), *sorted((REPOSITORY / "contrib").rglob("*.md"))]
OPERATIONS = REPOSITORY / "docs/operations.md"
STORE = "PostgreSQL" if IS_POSTGRES else "embedded"
once_is_enough = embedded_only("the same on either store")
each_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(REPOSITORY)))


def blocks(text, language=r"\w*"):
    return re.findall(rf"^ *```{language}\n(.*?)^ *```", text, re.MULTILINE | re.DOTALL)


def commands(text):
    """[words after `onggi`] of every line in a block, and of every piece of code in a sentence."""
    lines = [line for block in blocks(text, "sh") for line in block.replace("\\\n", " ").splitlines()]
    pieces = [piece.replace("\n", " ") for piece in re.findall(r"`([^`]+)`", re.sub(r"```.*?```", "", text, flags=re.DOTALL))]
    found = []
    for line in lines + pieces:
        for called in re.findall(r"(?:^|&& |\| |; )(?:sudo -u onggi )?(?:build/)?onggi ([a-z].*)", line):
            found.append(re.split(r"\s+#|\s*[|;>]|\s+&&", called)[0].split())
    return found


@functools.cache
def help_of(*command):
    asked = onggi(*command, "--help")
    return asked.stdout if asked.code == 0 else None


def is_in(flag, told):
    return re.search(rf"^ +(-\w,)?{flag}\b", told, re.MULTILINE) is not None


def names_of_commands():
    return set(re.findall(r"^  ([a-z]+) ", help_of().split("Commands:")[1], re.MULTILINE))


@once_is_enough
@each_page
def test_every_command_is_one_and_takes_the_options_it_is_given(page):
    for words in commands(page.read_text()):
        group = [words[0]] + [word for word in words[1:2] if words[0] in ("user", "key", "stats", "prices") and word.isalpha()]
        told = help_of(*group)
        assert words[0] in names_of_commands() and told, f"onggi {' '.join(words)}: there is no such command"
        for flag in [word.split("=")[0] for word in words if word.startswith("--")]:
            assert is_in(flag, told), f"onggi {' '.join(words)}: takes no {flag}"


@once_is_enough
@each_page
def test_every_option_and_variable_named_in_a_sentence_is_one(page):
    text = re.sub(r"```.*?```", "", page.read_text(), flags=re.DOTALL)
    all_help = "".join(help_of(name) or "" for name in sorted(names_of_commands())) + help_of("user", "add") + help_of("user", "remove")
    all_help += help_of("stats", "verify")
    for flag in re.findall(r"`(--[a-z-]+)", text):
        assert is_in(flag, all_help), f"no command takes {flag}"
    unknown = set(re.findall(r"\bONGGI_[A-Z_]*[A-Z]\b", page.read_text())) - {variable_of(name) for name in options()}
    assert not unknown, unknown


@once_is_enough
def test_every_option_is_told_of():
    text = OPERATIONS.read_text()
    untold = [name for name in options() if f"`{flag_of(name)}" not in text and variable_of(name) not in text]
    assert not untold, untold


# Metrics

def documented():
    """{name: "both", "embedded" or "PostgreSQL"}: the table."""
    rows = re.findall(r"^\| (`onggi_[^|]*`) \| (both|embedded|PostgreSQL) \|", OPERATIONS.read_text(), re.MULTILINE)
    return {name: store for names, store in rows for name in re.findall(r"`(onggi_\w+)`", names)}


def test_the_table_of_metrics_is_what_a_server_shows(server, alice):
    make_agent(alice)
    there = {name for name in scrape(server).types if name.startswith("onggi_")}
    told = {name for name, store in documented().items() if store in ("both", STORE)}
    assert there == told, (f"not told of: {sorted(there - told)}", f"not there: {sorted(told - there)}")


def selectors(text):
    """[(series, names of labels)] as code has them."""
    code = blocks(text) + re.findall(r"`([^`\n]+)`", text)
    return [(name, re.findall(r"(\w+)[=!]~?\"", labels)) for piece in code for name, labels in re.findall(r"\b(onggi_\w+)(?:\{([^}]*)\})?", piece)]


@each_page
def test_every_series_that_is_named_is_there_with_its_labels(page, server, alice):
    make_agent(alice)
    found = scrape(server)
    labels = {}
    for series, pairs in found.samples:
        labels.setdefault(found.family_of(series), set()).update(name for name, _ in pairs)
    for name, asked in selectors(page.read_text()):
        family = re.sub(r"_(bucket|sum|count)$", "", name)
        if name in ("onggi_restored", "onggi_first_id", "onggi_export", "onggi_export_end"):
            continue  # names within SQL and files
        assert documented().get(family), f"{name} is not in the table of {OPERATIONS.name}"
        if documented()[family] in ("both", STORE):
            assert set(asked) <= labels.get(family, set()), f"{name} has no {asked}"


# The log

@once_is_enough
def test_the_table_of_lines_in_the_log_is_what_is_written():
    section = OPERATIONS.read_text().split("\n## The log\n")[1]
    told = {name for first in re.findall(r"^\| (`[^|]*`) \|", section, re.MULTILINE) for name in re.findall(r"`([a-z_.]+)`", first)} - {"message"}
    code = "\n".join(path.read_text() for path in (REPOSITORY / "src").rglob("*.cc") if not path.name.endswith("_test.cc"))
    written = set(re.findall(r'spdlog::(?:info|warn|error)\(\s*"([a-z_.]+)', code))
    assert told == written, (f"not told of: {sorted(written - told)}", f"not written: {sorted(told - written)}")


# Links

def anchors(path):
    """As they are made of headings."""
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in re.findall(r"^#+ (.*)$", path.read_text(), re.MULTILINE)}


@once_is_enough
@pytest.mark.parametrize("page", [*PAGES, *(REPOSITORY / name for name in ("ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md"))],
                         ids=lambda page: str(page.relative_to(REPOSITORY)))
def test_every_link_leads_somewhere(page):
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text()):
        if "://" in target:
            continue
        path, _, anchor = target.partition("#")
        there = (page.parent / path).resolve() if path else page
        assert there.exists(), target
        assert not anchor or anchor in anchors(there), target
