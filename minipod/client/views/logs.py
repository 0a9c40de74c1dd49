"""Copying logs: of one container as it comes, of several one after another or all at once."""

from __future__ import annotations

import threading
from queue import SimpleQueue
from typing import TYPE_CHECKING, NamedTuple

from minipod.client.text.words import reason
from minipod.errors import HostError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from typing import BinaryIO

    from minipod.client.api import Api, LogQuery


class Origin(NamedTuple):
    """A container of a pod."""

    namespace: str
    pod: str
    container: str

    @property
    def prefix(self) -> bytes:
        """What kubectl's --prefix puts before each line."""
        return f"[pod/{self.pod}/{self.container}] ".encode()


def copy(
    api: Api, origins: Sequence[Origin], query: LogQuery, target: BinaryIO, *, prefix: bool
) -> None:
    """Write the logs of all origins to `target`, each piece at once.

    Several are followed side by side, in whole lines. The first error ends the copy.
    """
    if len(origins) > 1 and query.follow:
        _side_by_side(api, origins, query, target, prefix=prefix)
        return
    for origin in origins:
        for piece in _pieces(api, origin, query, prefix=prefix):
            _write(target, piece)


def _write(target: BinaryIO, piece: bytes) -> None:
    """Write at once. HostError if the target takes no more (a full disk)."""
    try:
        target.write(piece)
        target.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise HostError(f"cannot write the log: {reason(error)}") from error


def _pieces(api: Api, origin: Origin, query: LogQuery, *, prefix: bool) -> Iterable[bytes]:
    chunks = api.log(origin.namespace, origin.pod, query._replace(container=origin.container))
    return (origin.prefix + line for line in _lines(chunks)) if prefix else chunks


def _lines(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield whole lines with their ends; a last one without is given one."""
    rest = b""
    for chunk in chunks:
        *whole, rest = (rest + chunk).split(b"\n")
        for line in whole:
            yield line + b"\n"
    if rest:
        yield rest + b"\n"


def _side_by_side(
    api: Api, origins: Sequence[Origin], query: LogQuery, target: BinaryIO, *, prefix: bool
) -> None:
    """Follow each origin in a thread of its own, which dies with the process."""
    heard: SimpleQueue[bytes | Exception | None] = SimpleQueue()

    def follow(origin: Origin) -> None:
        mark = origin.prefix if prefix else b""
        try:
            for line in _lines(_pieces(api, origin, query, prefix=False)):
                heard.put(mark + line)
            heard.put(None)
        except Exception as error:  # noqa: BLE001 (raised below, in the main thread)
            heard.put(error)

    for origin in origins:
        threading.Thread(target=follow, args=(origin,), daemon=True).start()
    going = len(origins)
    while going:
        match heard.get():
            case None:
                going -= 1
            case Exception() as error:
                raise error
            case line:
                _write(target, line)
