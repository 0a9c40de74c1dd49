"""A container's log as it grows: to the end of its run, from one server to the next."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from minipod.client.foreground.place import Place
from minipod.client.foreground.runs import ContainerId, Run, containers, runs_now
from minipod.client.kinds import PODS
from minipod.client.server.start import was_used
from minipod.client.waits.patience import patiently
from minipod.errors import BadRequest, NotFound, Unavailable

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from minipod.client.api import Api
    from minipod.client.views.log_query import LogQuery
    from minipod.client.wire.http import Response

    JSON = dict[str, Any]

_LOOK_AGAIN = 0.1  # seconds, while no server runs


class Following:
    """Follows the run that is the container's newest when it begins."""

    def __init__(self, api: Api, namespace: str, pod: str, query: LogQuery) -> None:
        self._api = api
        self._pod = namespace, pod
        self._query = query
        self._place = Place(timestamps=query.timestamps)
        self._rest = b""
        self._response: Response | None = None
        self._left = False

    def leave(self) -> None:
        """Have it end, for who reads it on another thread."""
        self._left = True
        if self._response is not None:
            self._response.hang_up()

    def lines(self) -> Iterator[list[bytes]]:
        """Yield lines with their ends, all that came at once; the last of all may have none.

        A server that goes away costs no line, and none comes twice. Errors as of `Api.open_log`.
        """
        run = self._newest_run()
        self._open(run)
        while True:
            broken = yield from self._read()
            if self._left:
                return
            if run is None:  # it began after we looked
                if broken:
                    raise broken
                break
            if not (self._there(run) if broken else self._stopped(run)):
                break
            try:
                self._open(run)
            except (NotFound, BadRequest):  # the pod went meanwhile, and its logs with it
                break
        yield self._shown([self._rest] if self._rest else [])

    def _read(self) -> Generator[list[bytes], None, Unavailable | None]:
        """Yield an answer's lines as they come; return what kept it from its end.

        What came of a line that has no end yet is `_rest`.
        """
        assert self._response is not None
        self._rest = b""
        with self._response as response:
            try:
                for chunk in response.chunks():
                    *whole, self._rest = (self._rest + chunk).split(b"\n")
                    yield self._shown([line + b"\n" for line in whole])
            except Unavailable as error:
                return error
        return None

    def _shown(self, lines: list[bytes]) -> list[bytes]:
        """Return those of the lines that have not been shown, as they are to be."""
        return [shown for line in lines if (shown := self._place.take(line)) is not None]

    def _open(self, run: Run | None) -> None:
        """Begin to read where we are. Errors as of `Api.open_log`."""
        wanted = self._wanted(run)
        self._response = patiently(lambda: self._api.open_log(*self._pod, wanted))
        if self._left:
            self._response.hang_up()

    def _wanted(self, run: Run | None) -> LogQuery:
        wanted = self._query._replace(timestamps=True, attempt=run.attempt if run else None)
        if since := self._place.again():
            return wanted._replace(tail=None, since_seconds=None, since_time=since)
        return wanted

    def _newest_run(self) -> Run | None:
        """Return the run to follow; None if there is none, which the server says in its words."""
        pod = patiently(lambda: self._api.find(PODS, *self._pod))
        if pod is None:
            return None
        for one in containers(pod):
            if one.name == self._query.container and one.newest is not None:
                return Run(ContainerId(pod["metadata"]["uid"], one.name), one.newest)
        return None

    def _there(self, run: Run) -> bool:
        """Return whether the run's pod is there, and not another of its name."""
        return _same(patiently(lambda: self._api.find(PODS, *self._pod)), run) is not None

    def _stopped(self, run: Run) -> bool:
        """Return whether an answer ended because its server did, and not the run.

        Then somebody stopped the server: it is not started again, the next one is waited for, as
        long as there is the root.
        """
        running = self._api.starting_none()
        while not self._left:
            try:
                now = _same(running.find(PODS, *self._pod), run)
            except Unavailable:
                if not was_used(self._api.root):
                    break
                time.sleep(_LOOK_AGAIN)
            else:
                return now is not None and runs_now(now, run)
        return False


def _same(pod: JSON | None, run: Run) -> JSON | None:
    return pod if pod and pod["metadata"]["uid"] == run.container.uid else None
