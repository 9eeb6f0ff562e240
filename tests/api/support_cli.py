"""The options as `onggi config` prints them, and keys as the command line prints them."""

import re

from support_process import onggi

# A value other than the default for options whose default does not tell what else would be valid. Integers and booleans need none.
OTHER_VALUES = {
    "database_pooler": ["transaction"],
    "data": ["/tmp/elsewhere"], "listen": ["127.0.0.1:8421"], "timezone": ["Asia/Seoul"], "cors_origin": ["https://app.example"],
    "cors_origins": ["https://app.example"], "log_level": ["warning", "warn", "error", "debug"], "log_format": ["text", "json", "console"],
    "database_url": ["postgres://app:hunter2hunter2@db.example/onggi"], "admin_key": ["onggi_" + "k" * 43], "tls_cert": ["/tmp/c.pem"],
    "tls_key": ["/tmp/k.pem"], "redis_url": ["redis://:hunter2hunter2@cache.example/0"], "control_socket": ["/tmp/onggi.sock"],
}
LINE = re.compile(r"""^\s*#?\s*(?P<name>[a-z][a-z0-9_-]*)\s*=\s*(?P<value>.*?)\s*$""")


def options(*arguments, **named):
    """{name: value} as `onggi config` prints it, values as text without quotes."""
    found = {}
    for line in onggi("config", *arguments, **named).succeeded().stdout.splitlines():
        if match := LINE.match(line):
            value = re.sub(r"\s+#.*$", "", match["value"])
            found[match["name"]] = value.strip("[]").strip().strip('"\'')
    assert found, "onggi config prints no options"
    return found


def flag_of(name):
    return "--" + name.replace("_", "-")


def variable_of(name):
    return "ONGGI_" + name.replace("-", "_").upper()


def is_number(value):
    return re.fullmatch(r"-?\d+", value) is not None


def other_values(name, value):
    """Candidates for another value than this one."""
    if value in ("true", "false"):
        return ["false" if value == "true" else "true"]
    if is_number(value):
        return [str(int(value) + 1), str(max(1, int(value) - 1)), str(int(value) // 2)]
    if re.fullmatch(r"\d+(\.\d+)?[a-zA-Z]+", value):  # 30s, 16MiB
        number, unit = re.match(r"([\d.]+)(.*)", value).groups()
        return [f"{int(float(number)) + 1}{unit}", f"{max(1, int(float(number)) // 2)}{unit}"]
    if name.replace("-", "_").endswith("_cron"):
        return ["*/5 4 * * mon"]
    return OTHER_VALUES.get(name.replace("-", "_"), ["another"])


def in_file(name, value):
    """A line of TOML."""
    if value in ("true", "false") or is_number(value):
        return f"{name} = {value}\n"
    return f'{name} = "{value}"\n'


def printed_key(ended):
    """The one API key (256 bits, however they are spelled) in what a command printed."""
    found = {word for word in re.findall(r"[A-Za-z0-9_\-+/=]{43,}", ended.succeeded().stdout)}
    assert len(found) == 1, f"{len(found)} keys in {ended!r}"
    return found.pop()


def printed_ids(text):
    return re.findall(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b", text)
