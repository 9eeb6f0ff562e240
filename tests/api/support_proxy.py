"""A network between servers and their database that can be made a bad one.

    with Proxy(postgres.port) as proxy:
        Server(directory, database_url=proxy.url(database.url))
        proxy.cut()                            every connection is reset
        proxy.cut_after(100, TO_SERVER)        each is reset when so many more bytes have gone that way
        proxy.half_close(TO_DATABASE)          that way of each is closed in order; the other stays open
        proxy.swallow()                        nothing arrives any more, new connections are taken and never answered
        proxy.delay(0.02)                      every piece comes up to so many seconds later
        proxy.refuse()                         nobody listens
        proxy.heal()                           new connections are passed on; those that were swallowed never speak again
"""

import asyncio
import contextlib
import random
import socket
import struct
import threading
import urllib.parse

TO_DATABASE, TO_SERVER = WAYS = ("to_database", "to_server")
PIECE_BYTES = 65_536
CONNECTIONS = 500  # more than any test has; beyond, none is taken
CONTROL_DEADLINE_S = 20
RESETTING = struct.pack("ii", 1, 0)


class Passage:
    """One connection: two ways, each with a reader at its beginning and a writer at its end."""

    def __init__(self, writers, swallows):
        self.writers = writers  # {way: who writes at its end}
        self.swallows = set(swallows)
        self.left = {}          # {way: bytes until the cut}

    def cut(self):
        for writer in self.writers.values():
            with contextlib.suppress(OSError):
                writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESETTING)
            writer.transport.abort()

    def half_close(self, way):
        with contextlib.suppress(OSError):
            self.writers[way].write_eof()
        self.swallows.add(way)

    async def pass_on(self, way, reader, delay):
        try:
            while piece := await reader.read(PIECE_BYTES):
                if seconds := delay():
                    await asyncio.sleep(seconds)
                if way in self.swallows:
                    continue
                left = self.left.get(way)
                self.writers[way].write(piece if left is None else piece[:left])
                if left is not None:
                    if len(piece) >= left:
                        await asyncio.sleep(0.001)  # what is before the cut has left
                        return self.cut()
                    self.left[way] = left - len(piece)
                await self.writers[way].drain()
            if way not in self.swallows:
                self.half_close(way)
            elif way == TO_DATABASE:  # the server has given it up; the database's keepalives would tell it one day
                self.cut()
        except OSError:
            self.cut()


class Proxy:
    def __init__(self, port):
        self.target = port
        self.port = 0
        self._delay_s = 0
        self._swallows = set()  # by new connections
        self._passages = set()
        self._tasks = set()
        self._random = random.Random(port)
        self._listener = None
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._call(self._listen())

    def url(self, url):
        """The same database, by this way."""
        parts = urllib.parse.urlsplit(url)
        return parts._replace(netloc=parts.netloc.rsplit(":", 1)[0] + f":{self.port}").geturl()

    @property
    def connections(self):
        return len(self._passages)

    def refuse(self):
        self._call(self._refuse())

    def cut(self):
        self._each(Passage.cut)

    def cut_after(self, count, way):
        self._each(lambda passage: passage.left.update({way: count}))

    def half_close(self, way):
        self._each(lambda passage: passage.half_close(way))

    def swallow(self, *ways):
        """All that is on its way (these ways, or both), and whoever comes anew."""
        self._swallows = set(ways or WAYS)
        self._each(lambda passage: passage.swallows.update(self._swallows))

    def delay(self, seconds):
        self._delay_s = seconds

    def heal(self):
        self._swallows, self._delay_s = set(), 0
        self._call(self._listen())

    def close(self):
        self._call(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(CONTROL_DEADLINE_S)
        self._loop.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    # On the thread of the loop

    def _call(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(CONTROL_DEADLINE_S)

    def _each(self, function):
        async def work():
            for passage in list(self._passages):
                function(passage)
        self._call(work())

    async def _listen(self):
        if self._listener is None:
            self._listener = await asyncio.start_server(self._came, "127.0.0.1", self.port, reuse_address=True, backlog=CONNECTIONS)
            self.port = self._listener.sockets[0].getsockname()[1]

    async def _refuse(self):
        if self._listener is not None:
            self._listener.close()
            self._listener = None
        for passage in list(self._passages):
            passage.cut()

    async def _end(self):
        await self._refuse()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _came(self, reader, writer):
        task = asyncio.current_task()
        self._tasks.add(task)
        try:
            await self._serve(reader, writer)
        except (OSError, asyncio.CancelledError):
            writer.transport.abort()
        finally:
            self._tasks.discard(task)

    async def _serve(self, reader, writer):
        if len(self._passages) >= CONNECTIONS:
            return writer.transport.abort()
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.target)
        passage = Passage({TO_DATABASE: far_writer, TO_SERVER: writer}, self._swallows)
        self._passages.add(passage)
        delay = lambda: self._random.random() * self._delay_s  # noqa: E731
        try:
            await asyncio.gather(passage.pass_on(TO_DATABASE, reader, delay), passage.pass_on(TO_SERVER, far_reader, delay))
        finally:
            self._passages.discard(passage)
            for end in (writer, far_writer):
                end.transport.abort()
