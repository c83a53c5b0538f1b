"""A client that costs little beside what it measures: prepared bytes over kept-alive sockets."""

from __future__ import annotations

import socket
import threading
import time
from dataclasses import dataclass
from types import TracebackType
from typing import Self

_TIMEOUT_SECONDS = 30.0


def request(method: str, path: str, body: bytes, content_type: str = "application/json") -> bytes:
    """A whole HTTP/1.1 request."""
    head = f"{method} {path} HTTP/1.1\r\nHost: model\r\nContent-Type: {content_type}\r\n"
    return f"{head}Accept: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


class Connection:
    """One kept-alive connection to a port of this machine. Raises OSError when the other end fails."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._socket = self._connect()

    def _connect(self) -> socket.socket:
        connected = socket.create_connection(("127.0.0.1", self._port), _TIMEOUT_SECONDS)
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connected

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._socket.close()

    def ask(self, prepared: bytes) -> tuple[int, bytes]:
        """Status and body of the answer to a prepared request."""
        self._socket.sendall(prepared)
        received = bytearray()
        while (end := received.find(b"\r\n\r\n")) < 0:
            received += self._more()
        head = bytes(received[:end]).lower()
        length = int(head.partition(b"content-length:")[2].split(b"\r\n", 1)[0] or b"0")
        while len(received) < end + 4 + length:
            received += self._more()
        if b"connection: close" in head:
            self._socket.close()
            self._socket = self._connect()
        return int(head.split(b" ", 2)[1]), bytes(received[end + 4 :])

    def _more(self) -> bytes:
        content = self._socket.recv(1 << 16)
        if not content:
            raise ConnectionError("the server closed the connection")
        return content


@dataclass(frozen=True)
class Load:
    """What came of a time of asking: how long each request took, how many failed, how long it all took."""

    milliseconds: list[float]
    failed: int
    seconds: float

    def percentile(self, share: float) -> float:
        """The latency that this share of requests stayed below, in milliseconds."""
        return sorted(self.milliseconds)[min(int(len(self.milliseconds) * share), len(self.milliseconds) - 1)]

    @property
    def rate(self) -> float:
        """Requests per second."""
        return len(self.milliseconds) / self.seconds


def load(port: int, prepared: bytes, connections: int, seconds: float) -> Load:
    """Asks over so many connections, each as fast as it is answered, for so long."""
    started = time.perf_counter()
    results: list[list[float]] = [[] for _ in range(connections)]
    failed = [0] * connections

    def ask(place: int) -> None:
        with Connection(port) as connection:
            while (begin := time.perf_counter()) - started < seconds:
                status, _ = connection.ask(prepared)
                results[place].append((time.perf_counter() - begin) * 1000)
                failed[place] += status != 200

    threads = [threading.Thread(target=ask, args=(place,)) for place in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    taken = time.perf_counter() - started
    return Load([one for result in results for one in result], sum(failed), taken)
