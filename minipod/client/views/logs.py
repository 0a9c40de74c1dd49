"""Reading logs: of one container as it comes, of several one after another or all at once."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from queue import SimpleQueue

    from minipod.client.api import Api
    from minipod.client.pod import Pod
    from minipod.client.views.following import Following
    from minipod.client.views.log_query import LogQuery

    Heard = SimpleQueue["LogPiece | Exception | None"]


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
    one comes after another. Following goes on with the next server when one ends. The first error
    ends it. To leave the loop before the end is fine.
    """
    if query.follow and not query.previous:
        yield from _followed(api, origins, query, lines=lines)
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


def _followed(
    api: Api, origins: Sequence[Origin], query: LogQuery, *, lines: bool
) -> Iterator[LogPiece]:
    from minipod.client.views.following import Following  # noqa: PLC0415 (seldom needed)

    every = {
        origin: Following(
            api, origin.namespace, origin.pod, query._replace(container=origin.container)
        )
        for origin in origins
    }
    if len(every) > 1:
        yield from _side_by_side(every)
        return
    for origin, following in every.items():
        for at_once in following.lines():
            for data in map(_ended, at_once) if lines else [b"".join(at_once)]:
                if data:
                    yield LogPiece(*origin, data)


def _ended(line: bytes) -> bytes:
    return line if line.endswith(b"\n") else line + b"\n"


def _side_by_side(every: dict[Origin, Following]) -> Iterator[LogPiece]:
    """Read each in a thread of its own, which dies with the process, or when we leave."""
    from queue import SimpleQueue  # noqa: PLC0415 (seldom needed)

    heard: Heard = SimpleQueue()
    for origin, following in every.items():
        threading.Thread(target=_hear, args=(origin, following, heard), daemon=True).start()
    going = len(every)
    try:
        while going:
            match heard.get():
                case None:
                    going -= 1
                case LogPiece() as piece:
                    yield piece
                case error:
                    raise error
    finally:
        for following in every.values():
            following.leave()


def _hear(origin: Origin, following: Following, heard: Heard) -> None:
    """Put one log's lines into a queue, then None, or the error that ended it."""
    try:
        for at_once in following.lines():
            for line in at_once:
                heard.put(LogPiece(*origin, _ended(line)))
        heard.put(None)
    except Exception as error:  # noqa: BLE001 (raised by who reads the queue)
        heard.put(error)
