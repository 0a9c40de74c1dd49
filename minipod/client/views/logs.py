"""Reading logs: of one container as it comes, of several one after another or all at once."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from queue import SimpleQueue

    from minipod.client.api import Api
    from minipod.client.pod import Pod
    from minipod.client.views.log_query import LogQuery
    from minipod.client.wire.http import Response


class Origin(NamedTuple):
    """A container of a pod."""

    namespace: str
    pod: str
    container: str


class LogPiece(NamedTuple):
    """Some of what a container wrote: whole lines with their ends, or what came at once."""

    namespace: str
    pod: str
    container: str
    data: bytes

    @property
    def text(self) -> str:
        """The same as text; bytes that are no UTF-8 become a backslash and hex."""
        return self.data.decode(errors="backslashreplace")


def origins_of(sources: Iterable[Pod | tuple[Pod, str]]) -> list[Origin]:
    """Return all containers of a pod, or the one that is named beside it. NotFound."""
    return [
        Origin(pod.namespace, pod.name, pod.container_name(name))
        for pod, names in map(_named, sources)
        for name in names
    ]


def _named(source: Pod | tuple[Pod, str]) -> tuple[Pod, tuple[str, ...]]:
    if isinstance(source, tuple):
        return source[0], source[1:]
    return source, source.container_names


def read(
    api: Api, origins: Sequence[Origin], query: LogQuery, *, lines: bool
) -> Iterator[LogPiece]:
    """Yield the logs of all origins; what container the query names does not matter.

    `lines`: each piece is a line. Several are followed side by side, and then in lines always; else
    one comes after another. The first error ends it. To leave the loop before the end is fine.
    """
    if len(origins) > 1 and query.follow:
        yield from _side_by_side(api, origins, query)
        return
    for origin in origins:
        chunks = api.log(origin.namespace, origin.pod, query._replace(container=origin.container))
        for data in _lines(chunks) if lines else chunks:
            yield LogPiece(*origin, data)


def _lines(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield whole lines with their ends; a last one without is given one."""
    rest = b""
    for chunk in chunks:
        *whole, rest = (rest + chunk).split(b"\n")
        for line in whole:
            yield line + b"\n"
    if rest:
        yield rest + b"\n"


def _side_by_side(api: Api, origins: Sequence[Origin], query: LogQuery) -> Iterator[LogPiece]:
    """Follow each origin in a thread of its own, which dies with the process, or when we leave."""
    followers = _Followers(api, query)
    for origin in origins:
        threading.Thread(target=followers.follow, args=(origin,), daemon=True).start()
    going = len(origins)
    try:
        while going:
            match followers.heard.get():
                case None:
                    going -= 1
                case LogPiece() as piece:
                    yield piece
                case error:
                    raise error
    finally:
        followers.leave()


class _Followers:
    """Threads that put what they read into one queue: lines, at its end None, or an error."""

    def __init__(self, api: Api, query: LogQuery) -> None:
        from queue import SimpleQueue  # noqa: PLC0415 (seldom needed)

        self.heard: SimpleQueue[LogPiece | Exception | None] = SimpleQueue()
        self._api = api
        self._query = query
        self._open: list[Response] = []
        self._left = False

    def follow(self, origin: Origin) -> None:
        """Read one log to its end."""
        query = self._query._replace(container=origin.container)
        try:
            with self._api.open_log(origin.namespace, origin.pod, query) as response:
                self._open.append(response)
                if self._left:
                    return
                for line in _lines(response.chunks()):
                    self.heard.put(LogPiece(*origin, line))
            self.heard.put(None)
        except Exception as error:  # noqa: BLE001 (raised by who reads the queue)
            self.heard.put(error)

    def leave(self) -> None:
        """Have all threads end."""
        self._left = True
        for response in self._open:
            response.hang_up()
