"""A listener to the live feed, block by block."""

import json
from collections import deque
from dataclasses import dataclass

from support_http import Closed, Wire, request


@dataclass
class Event:
    id: str
    name: str
    data: dict


class Listener:
    """`with Listener(client) as listener: event = listener.next()`. An open stream: the head has been read."""

    def __init__(self, client, last_id=None, params="", receive_buffer=None, deadline_s=20):
        self.wire = Wire(client.server, receive_buffer=receive_buffer, deadline_s=deadline_s)
        headers = [("Last-Event-ID", last_id)] if last_id is not None else []
        self.wire.send(request("GET", "/events" + params, key=client.key, headers=headers))
        status, self.headers = self.wire.read_head()
        assert status == 200, (status, self.headers)
        self._chunks = self.wire.chunks()
        self._text, self._blocks = b"", deque()
        self.last_id = None
        self.retry = None
        self.pings = 0
        opening = self.block()
        assert self.retry and self.last_id, opening
        self.reset = opening if opening and opening.name == "reset" else None

    def header(self, name):
        return next((value for key, value in self.headers if key == name.lower()), None)

    def block(self):
        """What stands before the next empty line: an event, or None where it dispatches none. Closed at the end of the stream."""
        while not self._blocks:
            piece = next(self._chunks, None)
            if piece is None:
                raise Closed("the stream has ended")
            *blocks, self._text = (self._text + piece).split(b"\n\n")
            self._blocks.extend(blocks)
        name, data = "message", None
        for line in self._blocks.popleft().decode().split("\n"):
            field, colon, value = line.partition(":")
            value = value.removeprefix(" ")
            assert colon, line
            if field == "":
                self.pings += 1
            elif field == "id":
                self.last_id = value
            elif field == "event":
                name = value
            elif field == "data":
                assert data is None, "data is one line"
                data = value
            else:
                assert field == "retry", line
                self.retry = int(value)
        return None if data is None else Event(self.last_id, name, json.loads(data))

    def next(self):
        """The next event."""
        while True:
            event = self.block()
            if event is not None:
                return event

    def take(self, count):
        return [self.next() for _ in range(count)]

    def has_ended(self):
        """No event comes any more; the stream ends as it should, with its last chunk."""
        try:
            event = self.next()
        except Closed as closed:
            assert str(closed) == "the stream has ended", closed
            return True
        raise AssertionError(f"not the end: {event}")

    def close(self):
        self.wire.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def ids_of(events):
    return [event.data["id"] for event in events]
