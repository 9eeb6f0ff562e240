"""/metrics is Prometheus text that counts; the health pages, the documentation and the console stand on their own."""

import gzip
import html.parser
import math
import re
import urllib.parse

import pytest

from client import make_agent, make_execution, unique, uuid7
from support_http import Wire, once

NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
SAMPLE = re.compile(r"^(?P<name>[a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(?P<labels>.*)\})? (?P<value>\S+)(?: (?P<time>-?\d+))?$")
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\n"])*)"(?:,|$)')
TYPES = {"counter", "gauge", "histogram", "summary", "untyped"}


class Exposition:
    """Prometheus's text format 0.0.4, read strictly."""

    def __init__(self, text):
        assert text.endswith("\n") and "\r" not in text
        self.types, self.helps, self.samples = {}, {}, {}
        family, finished = None, set()
        for line in text[:-1].split("\n"):
            if line.startswith("#"):
                _, word, name, *rest = line.split(" ", 3)
                assert word in ("HELP", "TYPE") and NAME.fullmatch(name), line
                if name != family:
                    assert name not in finished, f"{name} does not stand together"
                    finished.add(family)
                    family = name
                told = self.helps if word == "HELP" else self.types
                assert name not in told and rest and rest[0], line
                told[name] = rest[0]
                assert word == "HELP" or rest[0] in TYPES and not any(self.family_of(s) == name for s, _ in self.samples), line
            elif line:
                found = SAMPLE.match(line)
                assert found, f"not a sample: {line!r}"
                labels = found["labels"] or ""
                pairs = LABEL.findall(labels)
                assert sum(len(n) + len(v) + 3 for n, v in pairs) + max(0, len(pairs) - 1) == len(labels.rstrip(",")), f"bad labels: {line!r}"
                assert len({n for n, _ in pairs}) == len(pairs) and not any(n.startswith("__") for n, _ in pairs), line
                series = (found["name"], tuple(sorted(pairs)))
                assert series not in self.samples, f"twice: {line!r}"
                assert self.family_of(found["name"]) == family, f"{line!r} is not under its family"
                self.samples[series] = float(found["value"])

    def family_of(self, name):
        for suffix in ("_bucket", "_sum", "_count"):
            if name.endswith(suffix) and self.types.get(name.removesuffix(suffix)) in ("histogram", "summary"):
                return name.removesuffix(suffix)
        return name

    def total(self, word, suffix):
        return sum(value for (name, _), value in self.samples.items() if word in name and name.endswith(suffix))


def scrape(server):
    with Wire(server) as wire:
        answer = wire.exchange("GET", "/metrics", absolute=True).expect(200)
    assert answer["Content-Type"].startswith("text/plain"), answer["Content-Type"]
    return Exposition(answer.body.decode())


def test_metrics_are_prometheus_text(server, alice):
    make_agent(alice)
    found = scrape(server)
    assert found.samples and found.types
    for name, type in found.types.items():
        assert found.helps.get(name), f"{name} has no help"
        assert name.startswith(("onggi_", "process_")), name
        assert (type == "counter") == name.endswith("_total"), (name, type)
        assert not name.endswith(("_ms", "_milliseconds", "_kb", "_mb")), f"{name}: base units are seconds and bytes"
    for (name, labels), value in found.samples.items():
        assert found.family_of(name) in found.types, f"{name} has no type"
        assert not math.isnan(value)
        assert found.types[found.family_of(name)] != "counter" or value >= 0


def test_histograms_add_up(server, alice):
    for _ in range(20):
        alice.get("/agents")
    found = scrape(server)
    histograms = [name for name, type in found.types.items() if type == "histogram"]
    assert histograms
    for histogram in histograms:
        series = {}
        for (name, labels), value in found.samples.items():
            if name == histogram + "_bucket":
                bound = dict(labels)["le"]
                series.setdefault(tuple(pair for pair in labels if pair[0] != "le"), []).append((float(bound.replace("Inf", "inf")), value))
        for labels, buckets in series.items():
            buckets.sort()
            counts = [count for _, count in buckets]
            assert counts == sorted(counts), f"{histogram}{labels} is not cumulative"
            assert buckets[-1][0] == math.inf and counts[-1] == found.samples[histogram + "_count", labels]
            total = found.samples[histogram + "_sum", labels]
            assert total >= 0 and (total == 0 or counts[-1] > 0)


def test_requests_are_counted(server, alice):
    before = scrape(server)
    for _ in range(50):
        alice.get("/me").expect(200)
    after = scrape(server)
    counted = max(after.total("request", suffix) - before.total("request", suffix) for suffix in ("_total", "_count"))
    assert counted >= 50
    for series, value in before.samples.items():
        if before.types.get(before.family_of(series[0])) in ("counter", "histogram"):
            assert after.samples.get(series, 0) >= value, f"{series} went down"


def test_the_number_of_series_does_not_grow_with_what_is_asked(server, alice):
    agent = make_agent(alice)
    alice.get(f"/agents/{agent['id']}")
    once(server, "GET", "/none", key=alice.key)
    once(server, "BREW", "/none", key=alice.key)
    before = scrape(server)
    for i in range(60):
        alice.get(f"/agents/{uuid7()}").expect(404)
        alice.get(f"/{unique('path')}").expect(404)
        make_execution(alice, agent["id"], session_id=unique())
        with Wire(server) as wire:
            wire.exchange(f"BREW{i}", f"/{unique()}", key=alice.key)
    after = scrape(server)
    grown = set(after.samples) - set(before.samples)
    histograms = {series for series in grown if series[0].endswith("_bucket")}
    assert len(grown - histograms) < 25, sorted(grown - histograms)
    text = repr(sorted(after.samples))
    assert agent["id"] not in text and alice.id not in text and alice.key not in text


# Pages outside of the prefix

def test_health_needs_no_key(server):
    for path, parts in (("/healthz", {}), ("/readyz", {"parts": {"server": "ready", "database": "ready"}})):
        answer = once(server, "GET", path, absolute=True).expect(200)
        assert answer.json() == {"status": "ok", **parts}
        assert once(server, "GET", path, key="wrong", absolute=True).status == 200


class Links(html.parser.HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.loaded, self.policy = [], None
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if tag in ("script", "img", "iframe", "source", "embed", "video", "audio") and attributes.get("src"):
            self.loaded.append(attributes["src"])
        if tag == "link" and attributes.get("href") and "canonical" not in (attributes.get("rel") or ""):
            self.loaded.append(attributes["href"])


def fetch(server, path):
    for _ in range(3):
        answer = once(server, "GET", path, absolute=True)
        if answer.status not in (301, 302, 303, 307, 308):
            return path, answer
        path = urllib.parse.urljoin(path, answer["Location"])
        assert path.startswith("/"), path
    raise AssertionError(f"{path} leads in circles")


def outside_addresses(text):
    found = set(re.findall(r"""(?:https?:)?//[^\s"'<>)\\]+""", text))
    return {a for a in found if re.match(r"https?://|//[\w-]+\.\w",
        a) and not re.match(r"https?://(127\.0\.0\.1|localhost|\[::1\]|www\.w3\.org/)", a)}


@pytest.mark.parametrize("page", ["/docs", "/"])
def test_a_page_loads_whole_and_nothing_from_outside(server, page):
    path, answer = fetch(server, page)
    answer.expect(200)
    assert answer["Content-Type"].startswith("text/html")
    text = answer.body.decode()
    assert outside_addresses(text) == set()
    for link in Links(text).loaded:
        if link.startswith("data:"):
            continue
        target = urllib.parse.urljoin(path, link)
        assert target.startswith("/") and not target.startswith("//"), link
        asset = once(server, "GET", target, absolute=True).expect(200)
        assert asset.body, target
        media_type = asset["Content-Type"].split(";")[0]
        assert (media_type in ("text/javascript", "application/javascript")) == target.split("?")[0].endswith(".js"), (target, media_type)
        if media_type == "text/css":
            assert outside_addresses(asset.body.decode()) == set()
        if asset["ETag"]:
            once(server, "GET", target, absolute=True, headers=[("If-None-Match", asset["ETag"])]).expect(304)


@pytest.mark.parametrize("path", ["/docs/../../etc/passwd", "/docs/%2e%2e/%2e%2e/etc/passwd", "/..%2f..%2fetc%2fpasswd",
    "/%2e%2e/admin.key", "/admin.key", "/docs/%00",
                                  "/docs//etc/passwd", "/.git/config"])
def test_nothing_but_the_pages_is_served(server, path):
    answer = once(server, "GET", path, absolute=True)
    answer.expect(400, 404)
    assert b"root:" not in answer.body and server.admin_key.encode() not in answer.body


def test_pages_come_compressed_or_not_as_asked(server):
    for page in ("/docs", "/", "/openapi.json"):
        path, plain = fetch(server, page)
        assert plain["Content-Encoding"] is None
        packed = once(server, "GET", path, absolute=True, headers=[("Accept-Encoding", "gzip")]).expect(200)
        if packed["Content-Encoding"] == "gzip":
            assert gzip.decompress(packed.body) == plain.body
