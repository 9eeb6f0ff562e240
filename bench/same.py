"""Whether two answers show the same: a benchmark that measures something else is a defect."""

import re
from datetime import datetime

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$")
OWN = {"next_cursor"}  # opaque, everybody's own


def comparable(value):
    """Times as instants, numbers as numbers; everything else as it is."""
    if isinstance(value, dict):
        return {name: comparable(member) for name, member in value.items() if name not in OWN}
    if isinstance(value, list):
        return [comparable(entry) for entry in value]
    if isinstance(value, str) and TIME.match(value):
        return datetime.fromisoformat(value)
    if isinstance(value, float):
        return round(value, 9)
    return value


def difference(left, right, place=""):
    """Where the two differ first; None where they do not."""
    if isinstance(left, dict) and isinstance(right, dict):
        for name in left.keys() | right.keys():
            if name not in left or name not in right:
                return f"{place}/{name} is missing on one side"
            found = difference(left[name], right[name], f"{place}/{name}")
            if found:
                return found
        return None
    if isinstance(left, list) and isinstance(right, list):
        if len(left) != len(right):
            return f"{place} has {len(left)} entries and {len(right)}"
        for at, (one, other) in enumerate(zip(left, right)):
            found = difference(one, other, f"{place}/{at}")
            if found:
                return found
        return None
    return None if left == right else f"{place}: {left!r} and {right!r}"


def without(value, names):
    """The same without members of these names, wherever they are."""
    if isinstance(value, dict):
        return {name: without(member, names) for name, member in value.items() if name not in names}
    return [without(entry, names) for entry in value] if isinstance(value, list) else value


def check(name, expected, answer, but=()):
    """None where `answer` shows what `expected` does, else what is wrong with it. `but`: names of members that need not agree."""
    found = difference(*(comparable(without(each, but)) for each in (expected, answer)))
    return f"{name} shows something else: {found}" if found else None
