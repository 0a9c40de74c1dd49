"""The one loop of `minipod up`: logs, pods and events of the server, and the user's signals."""

from __future__ import annotations

import json
import selectors
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from minipod.client.foreground import undoing
from minipod.client.foreground.course import Began, Course, Ended, Follow
from minipod.client.foreground.outcome import FORCED, Outcome, exit_code
from minipod.client.foreground.place import Place
from minipod.client.foreground.runs import ContainerId, runs_now
from minipod.client.foreground.streams import LineStream
from minipod.client.kinds import EVENTS, PODS, Where
from minipod.client.views import podview
from minipod.client.views.log_query import LogQuery
from minipod.client.waits.patience import patiently
from minipod.errors import BadRequest, Expired, NotFound, Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from minipod.client.api import Api
    from minipod.client.foreground.course import Step
    from minipod.client.foreground.runs import Run
    from minipod.client.foreground.signals import Signals
    from minipod.client.kinds import Kind
    from minipod.client.targets import Target

    JSON = dict[str, Any]

_WARNINGS = "type=Warning"
_AT_ONCE = 0


class Wanted(NamedTuple):
    """What ends the whole: the first end of any container, and whose exit code is the command's.

    `grace`: how many seconds programs may take to end; None: as their pods say.
    """

    timestamps: bool = False
    abort: bool = False
    code_from: tuple[str, str] | None = None
    grace: int | None = None


class Teller(Protocol):
    """Where everything is told."""

    def line(self, pod: JSON, container: str, line: bytes) -> None:
        """Show a container's line."""

    def voice(self, text: str) -> None:
        """Say something in minipod's own name."""

    def flush(self) -> bool:
        """Write what was shown; return False if nobody takes it any more."""

    def stopping(self, left: Callable[[], list[JSON]]) -> None:
        """Be told that pods are to end, and how to ask which of them are left; in any thread."""


class Followed(NamedTuple):
    """The pods to follow, as they were when they were made or found; `made` were made here."""

    pods: list[JSON]
    made: list[Target]
    told_events: dict[str, int]


def told(api: Api, namespaces: set[str | None]) -> dict[str, int]:
    """Return how often each warning event of these namespaces has come by now."""
    listed = [
        patiently(partial(api.list_of, EVENTS, Where(namespace, fields=_WARNINGS)))
        for namespace in namespaces - {None}
    ]
    return {_event_name(event): event.get("count") or 1 for one in listed for event in one["items"]}


class Follower:
    """Follows pods until they are over, or the user is done; then removes those that were made."""

    def __init__(
        self, api: Api, followed: Followed, wanted: Wanted, teller: Teller, signals: Signals
    ) -> None:
        self._api = api
        self._wanted = wanted
        self._teller = teller
        self._signals = signals
        self._made = followed.made
        self._names = {pod["metadata"]["uid"]: pod for pod in followed.pods}
        self._course = Course(frozenset(str(target.uid) for target in followed.made))
        self._where = _where(followed.pods)
        self._told_events = followed.told_events
        self._selector = selectors.DefaultSelector()
        self._selector.register(signals, selectors.EVENT_READ, signals.look)
        self._places: dict[Run, Place] = {}
        self._stopping = False
        self._heard = True  # somebody takes what is shown
        self._asked = 0  # how many signals have been acted upon
        self._natural: int | None = None  # the exit code, if all pods ended by themselves

    def run(self) -> int:
        """Follow to the end and return the exit code."""
        self._watch_pods()
        self._watch_events()
        self._heard = self._teller.flush()
        self._consider()
        while not self._done():
            for key, _ in self._selector.select():
                key.data()
            self._heard = self._teller.flush()
            self._consider()
        return self._exit_code()

    def _done(self) -> bool:
        """Return whether all is over; what nobody wants to see need not be read for that."""
        unwanted = self._asked >= FORCED or not self._heard
        return self._stopping and not self._course.left and (unwanted or self._course.read_out)

    def _consider(self) -> None:
        """Stop if the user, the reader's end, or the end of one container or of all asks for it."""
        count = self._signals.look()
        if count > self._asked:
            self._asked = count
            if count == 1:
                self._teller.voice("Gracefully stopping... (press Ctrl+C again to force)")
            self._stop(self._wanted.grace if count < FORCED else _AT_ONCE)
        elif not self._stopping and not self._heard:
            self._stop(self._wanted.grace)
        elif not self._stopping and self._wanted.abort and (end := self._course.first_end):
            self._teller.voice(f"{self._name(end.run.container)} has ended: all stop")
            self._stop(self._wanted.grace)
        elif not self._stopping and self._course.over:
            self._natural = self._course.code
            self._stop(self._wanted.grace)

    def _left(self) -> list[JSON]:
        return [self._names[uid] for uid in self._course.left]

    def _stop(self, grace: int | None) -> None:
        if not self._stopping:
            self._teller.stopping(self._left)
        self._stopping = True
        left = self._course.left
        targets = [target for target in self._made if target.uid in left]
        for target, _ in undoing.begin(self._api, targets, grace):
            left.discard(str(target.uid))
        for uid in left:  # gone before they were asked
            self._course.gone(uid)

    def _exit_code(self) -> int:
        first = self._course.first_end if self._wanted.abort else None
        wanted = self._wanted.code_from
        return exit_code(
            Outcome(
                signals=self._asked,
                last=self._signals.last,
                aborted=first.code if first else None,
                wants_code=wanted is not None,
                code=self._code_of(*wanted) if wanted else None,
                natural=self._natural,
            )
        )

    def _code_of(self, pod_name: str, container: str) -> int | None:
        for uid, pod in self._names.items():
            if pod["metadata"]["name"] == pod_name:
                return self._course.last_code(ContainerId(uid, container))
        return None

    # What comes from the server

    def _watch_pods(self) -> None:
        listed = patiently(lambda: self._api.list_of(PODS, self._where))
        there = {pod["metadata"]["uid"]: pod for pod in listed["items"]}
        for uid in self._names:
            self._see(there.get(uid, self._names[uid]))
            if uid not in there:
                self._course.gone(uid)
        self._watch(PODS, listed, self._pod_event, self._watch_pods)

    def _pod_event(self, event: JSON) -> None:
        self._see(event["object"])
        if event["type"] == "DELETED":
            uid = event["object"]["metadata"]["uid"]
            if uid in self._names:
                self._course.gone(uid)
                if not self._stopping:
                    self._teller.voice(f"pod/{_pod_name(event['object'], self._where)} was deleted")

    def _see(self, pod: JSON) -> None:
        if pod["metadata"]["uid"] in self._names:
            pod.setdefault("kind", "Pod")
            self._names[pod["metadata"]["uid"]] = pod
            self._do(self._course.seen(pod))

    def _watch_events(self) -> None:
        where = self._where._replace(fields=_WARNINGS)
        listed = patiently(lambda: self._api.list_of(EVENTS, where))
        for event in listed["items"]:
            self._tell_event({"type": "ADDED", "object": event})
        self._watch(EVENTS, listed, self._tell_event, self._watch_events, where)

    def _tell_event(self, change: JSON) -> None:
        event = change["object"]
        name, count = _event_name(event), event.get("count") or 1
        pod = self._names.get((event.get("involvedObject") or {}).get("uid", ""))
        if change["type"] == "DELETED" or pod is None or self._told_events.get(name, 0) >= count:
            return
        self._told_events[name] = count
        times = f" (x{count})" if count > 1 else ""
        message = " ".join(str(event.get("message", "")).split())
        self._teller.voice(
            f"Warning: {_pod_name(pod, self._where)}: {event['reason']}{times}: {message}"
        )

    def _watch(
        self,
        kind: Kind,
        listed: JSON,
        take: Callable[[JSON], None],
        again: Callable[[], None],
        where: Where | None = None,
    ) -> None:
        """Have each event after a list taken, and when the watch breaks, begin again."""
        after = listed["metadata"]["resourceVersion"]
        of = where or self._where
        stream = LineStream(patiently(lambda: self._api.open_watch(kind, of, after)))

        def each(lines: list[bytes]) -> None:
            for line in lines:
                event = json.loads(line)
                if event["type"] == "ERROR":
                    raise Expired("the watch is too old")
                take(event)

        self._attend(stream, each, ended=again, broken=again)

    # Logs

    def _do(self, steps: Iterable[Step]) -> None:
        for step in steps:
            match step:
                case Follow(run, fresh):
                    self._follow(run, fresh=fresh)
                case Ended(run, code, _):
                    self._teller.voice(f"{self._name(run.container)} exited with code {code}")
                case Began(run):
                    self._teller.voice(
                        f"{self._name(run.container)} has started again (restart {run.attempt})"
                    )

    def _follow(self, run: Run, *, fresh: bool) -> None:
        place = self._places.setdefault(run, Place(timestamps=self._wanted.timestamps))
        pod, name = self._names[run.container.uid], run.container.name
        since = place.again()
        query = LogQuery(
            name,
            follow=True,
            tail=0 if fresh and since is None else None,
            timestamps=True,
            attempt=run.attempt,
            since_time=since,
        )
        try:
            response = patiently(lambda: self._api.open_log(*podview.key(pod), query))
        except (NotFound, BadRequest):  # the pod is gone, and its logs with it
            self._read(run)
            return
        stream = LineStream(response)

        def each(lines: list[bytes]) -> None:
            for line in lines:
                shown = place.take(line)
                if shown is not None:
                    self._teller.line(pod, name, shown)

        def again() -> None:
            self._follow(run, fresh=fresh)

        def ended() -> None:
            """Find out whether the run ended, or the server: it ends its answers then, too."""
            now = patiently(lambda: self._api.find(PODS, *podview.key(pod)))
            same = now is not None and now["metadata"]["uid"] == run.container.uid
            if now is not None and same and runs_now(now, run):
                again()
            else:
                self._read(run)

        self._attend(stream, each, ended=ended, broken=again)

    def _read(self, run: Run) -> None:
        del self._places[run]
        self._do(self._course.read(run))

    def _attend(
        self,
        stream: LineStream,
        each: Callable[[list[bytes]], None],
        *,
        ended: Callable[[], None],
        broken: Callable[[], None],
    ) -> None:
        """Pass a stream's lines on as they come; say how it ended."""

        def close() -> None:
            self._selector.unregister(stream)
            stream.close()

        def come(lines: list[bytes]) -> None:
            each(lines)
            if stream.ended:
                close()
                ended()

        def ready() -> None:
            try:
                come(stream.lines())
            except (Unavailable, Expired):
                close()
                broken()

        self._selector.register(stream, selectors.EVENT_READ, ready)
        come(stream.early())

    def _name(self, container: ContainerId) -> str:
        return f"{_pod_name(self._names[container.uid], self._where)}/{container.name}"


def _event_name(event: JSON) -> str:
    metadata = event["metadata"]
    return f"{metadata['namespace']}/{metadata['name']}"


def _where(pods: list[JSON]) -> Where:
    namespaces = {pod["metadata"]["namespace"] for pod in pods}
    return Where(namespaces.pop() if len(namespaces) == 1 else None)


def _pod_name(pod: JSON, where: Where) -> str:
    metadata = pod["metadata"]
    name = str(metadata["name"])
    return name if where.namespace is not None else f"{metadata['namespace']}/{name}"
