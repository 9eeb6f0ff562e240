"""Two servers that are asked the same, and whose answers must be the same, byte for byte.

What cannot be the same is blanked in the bytes before they are compared: times that a server's clock gave, ids that a server made, what
is derived from these (a tag of a page that shows them, a cursor of a list that is ordered by them).
"""

import re

from client import PREFIX

CLOCK = re.compile(rb'"(created_at|updated_at)":"[0-9TZ:.-]{24}"')
REQUEST = re.compile(rb'"request_id":"[^"]*"')
CURSOR = re.compile(rb'"next_cursor":"[^"]*"')
KEY = re.compile(rb'"key":"onggi_[^"]*"')
TAG = re.compile(r'^(W/)?"(\d+-)?([^"]+)"$')
HEADERS = ("Content-Type", "Allow", "Retry-After", "Idempotent-Replay", "Cache-Control", "WWW-Authenticate", "Accept-Patch")
# Lists whose cursor holds created_at. Searches go on from wherever they have looked.
BY_CLOCK = ("/agents", "/workflows", "/blocks", "/knowledgebases", "/tools", "/users", "/nodes", "/versions", "/keys")


class Difference(AssertionError):
    pass


def around(one, two):
    """Where two texts part, with what stands before and after."""
    at = next((i for i, (a, b) in enumerate(zip(one, two)) if a != b), min(len(one), len(two)))
    start = max(0, at - 200)
    return f"at {at} of {len(one)} and {len(two)} bytes\n  {one[start:at + 300]!r}\n  {two[start:at + 300]!r}"


class Pair:
    """The two as one client. `clients`: one for each server, of the same user."""

    def __init__(self, clients, known=None):
        self.clients = clients
        self.known = known if known is not None else []  # (label, (bytes of the one, bytes of the other))
        self.compared = 0

    def as_user(self, *clients):
        """The same servers, another caller."""
        other = Pair(clients, self.known)
        return other

    def learn(self, label, *values):
        """These stand for the same thing: an id that each server made."""
        self.known.append((f"<{label}>".encode(), tuple(value.encode() for value in values)))

    def learn_made(self, label, answers):
        """The id of what both have made now, unless it was given."""
        if any(answer.status != 201 for answer in answers):
            return
        documents = [answer.json() for answer in answers]
        ids = [document.get("id", "") if isinstance(document, dict) else "" for document in documents]
        if ids[0] != ids[1]:
            self.learn(label or f"made {len(self.known)}", *ids)

    def blanked(self, side, body, has_own_cursors):
        for label, values in self.known:
            body = body.replace(values[side], label)
        body = CLOCK.sub(rb'"\1":"<time>"', REQUEST.sub(b'"request_id":"<id>"', KEY.sub(b'"key":"<key>"', body)))
        return CURSOR.sub(b'"next_cursor":"<cursor>"', body) if has_own_cursors else body

    def request(self, method, path, made=None, cursors=None, **arguments):
        """The two answers, after comparing them. `made`: what the id in them is to be known as (`<made>` in later paths); `cursors`: one for each."""
        answers = []
        for side, client in enumerate(self.clients):
            own = {**arguments, **({"cursor": cursors[side]} if cursors else {})}
            place = path
            for label, values in self.known:
                place = place.replace(label.decode(), values[side].decode())
            answers.append(client.request(method, place, **own))
        self.learn_made(made, answers)
        self.compare(f"{method} {path} {repr(arguments)[:600]}", *answers, has_own_cursors="input_data" in arguments or path.split("?")[0].endswith(BY_CLOCK))
        return answers

    def compare(self, what, one, two, has_own_cursors=False):
        self.compared += 1
        if one.status != two.status:
            raise Difference(f"{what}\n  {one!r}\n  {two!r}")
        bodies = [self.blanked(side, answer.body, has_own_cursors) for side, answer in enumerate((one, two))]
        if bodies[0] != bodies[1]:
            raise Difference(f"{what}: {one.status}\n  {around(*bodies)}")
        for name in HEADERS:
            if one.headers[name] != two.headers[name]:
                raise Difference(f"{what}: {name} is {one.headers[name]!r} and {two.headers[name]!r}")
        places = [self.blanked(side, (answer.headers["Location"] or "").encode(), False) for side, answer in enumerate((one, two))]
        if places[0] != places[1]:
            raise Difference(f"{what}: Location is {places[0]!r} and {places[1]!r}")
        self.compare_tags(what, one, two)

    def compare_tags(self, what, one, two):
        tags = one.headers["ETag"], two.headers["ETag"]
        if (tags[0] is None) != (tags[1] is None):
            raise Difference(f"{what}: ETag is {tags}")
        if tags[0] is None:
            return
        if one.body == two.body and one.body:
            if tags[0] != tags[1]:
                raise Difference(f"{what}: the bodies are equal, the tags are {tags}")
        shapes = [TAG.match(tag).group(1, 2) for tag in tags]
        if shapes[0] != shapes[1]:
            raise Difference(f"{what}: the versions of {tags} differ")

    def get(self, path, **arguments):
        return self.request("GET", path, **arguments)

    def post(self, path, **arguments):
        return self.request("POST", path, **arguments)

    def put(self, path, **arguments):
        return self.request("PUT", path, **arguments)

    def patch(self, path, **arguments):
        return self.request("PATCH", path, **arguments)

    def delete(self, path, **arguments):
        return self.request("DELETE", path, **arguments)

    def everything(self, path, **query):
        """A list to its end, page by page; its items as the first server gives them."""
        items, cursors = [], None
        for _ in range(10_000):
            answers = self.get(path, cursors=cursors, **query)
            if answers[0].status != 200:
                return items
            pages = [answer.json() for answer in answers]
            items += pages[0]["items"]
            cursors = [page["next_cursor"] for page in pages]
            if None in cursors:
                return items
        raise AssertionError(f"{PREFIX}{path} has no end")
