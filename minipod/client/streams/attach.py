"""Attaching to a container: what it writes comes here, and our stdin goes there.

What it writes is read from its log, to which the sandbox gives a descriptor, and of whose growth it
tells: whoever reads slowly misses nothing and holds up nobody, and no byte comes twice.
"""

from __future__ import annotations

import os
import select
import stat
from errno import ENOENT, EPIPE, ESRCH
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from minipod.client.streams.exec import sandbox_of
from minipod.client.streams.feed import STDIN, Feed
from minipod.client.views import podview
from minipod.errors import Conflict, HostError, Unavailable
from minipod.plan import crilog
from minipod.sandbox.protocol import CONTAINERS

if TYPE_CHECKING:
    from minipod.client.streams.sandbox import Sandbox

    JSON = dict[str, Any]

_STDOUT = 1
_PIECE = 1 << 18
_STREAMS = {b"stdout": 1, b"stderr": 2}


class Wanted(NamedTuple):
    """What to attach to, and how.

    `attempt`: that run, from its beginning, be it over or not; None: the one that runs, from now
    on. `stdin`: ours goes there; `terminal`: so does every key of our terminal, raw. A run that is
    wanted from its beginning may have closed its stdin, or be about to end: then ours stays here.
    """

    container: str
    stdin: bool
    terminal: bool
    attempt: int | None = None


class Output:
    """What a run wrote, from an offset of its log on, as it is written."""

    def __init__(self, log: int, offset: int) -> None:
        self._log = log
        self._offset = offset
        self._rest = b""

    def copy(self) -> bool:
        """Copy a piece to our stdout and stderr; return whether there may be more."""
        data = os.pread(self._log, _PIECE, self._offset)
        self._offset += len(data)
        *lines, self._rest = (self._rest + data).split(b"\n")
        stream, text = _STDOUT, bytearray()
        for entry in filter(None, map(crilog.parse, lines)):
            target = _STREAMS.get(entry.stream, _STDOUT)
            if target != stream:
                _write(stream, text)
                stream, text = target, bytearray()
            text += entry.text
            if entry.ends:
                text += b"\n"
        _write(stream, text)
        return len(data) == _PIECE

    def copy_all(self) -> None:
        """Copy what there is left."""
        while self.copy():
            pass


class Attached:
    """A conversation with a container that runs. Use it as a context."""

    def __init__(self, sandbox: Sandbox, wanted: Wanted, answer: JSON, ends: list[int]) -> None:
        self._sandbox = sandbox
        self._wanted = wanted
        self._log, self._growth, *stdin = ends
        self._stdin = stdin[0] if stdin else -1
        self._output = Output(self._log, 0 if wanted.attempt is not None else answer["offset"])
        self._feed: Feed | None = None
        self._poll = select.poll()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._sandbox.close()
        self._close_stdin()
        os.close(self._log)
        os.close(self._growth)

    def run(self) -> None:
        """Carry both ways until the run ends, and all that it wrote is here.

        BrokenPipeError when nobody reads our stdout any more.
        """
        if not self._wanted.terminal:
            self._carry()
            return
        from minipod.client.streams import terminal  # noqa: PLC0415 (needed by some)

        with terminal.resizing(self._stdin, redraw=self._wanted.attempt is None):
            terminal.raw(self._carry)

    def _carry(self) -> None:
        poll = self._poll
        poll.register(self._sandbox.fileno(), select.POLLIN)
        poll.register(self._growth, select.POLLIN)
        if stat.S_ISFIFO(os.fstat(_STDOUT).st_mode):
            poll.register(_STDOUT, 0)  # only what is always told: an error, that is, no reader
        if self._stdin >= 0:
            self._feed = Feed(poll, self._stdin)
        more = self._output.copy()
        going = True
        while going:
            for descriptor, events in poll.poll(0 if more else None):
                going = self._serve(descriptor, events) and going
            more = self._output.copy()
        self._output.copy_all()

    def _serve(self, descriptor: int, events: int) -> bool:
        """Do what is due; return False when the run has ended."""
        if descriptor == self._sandbox.fileno():
            return self._hear()
        if descriptor == self._growth:
            os.eventfd_read(self._growth)
        elif descriptor == _STDOUT:
            raise BrokenPipeError
        else:
            self._serve_feed(descriptor, events)
        return True

    def _hear(self) -> bool:
        try:
            return "exit" not in self._sandbox.receive().content
        except Unavailable:
            return False  # the pod has ended, and its sandbox sooner than it could tell us

    def _serve_feed(self, descriptor: int, events: int) -> None:
        if self._feed is None:
            return  # it ended with an event of the same turn
        if descriptor == STDIN:
            if not self._feed.read():
                self._end_feed()
        elif events & ~select.POLLOUT:
            self._end_feed()  # nobody reads there any more
        else:
            self._feed.write()

    def _end_feed(self) -> None:
        assert self._feed is not None
        self._feed.stop()
        self._feed = None
        if not self._wanted.terminal:
            self._close_stdin()

    def _close_stdin(self) -> None:
        if self._stdin >= 0:
            os.close(self._stdin)
            self._stdin = -1


def run(root: str, pod: JSON, wanted: Wanted) -> bool:
    """Attach to a container until its run ends; return False if that was over when we came.

    `attach` says what is raised.
    """
    attached = attach(root, pod, wanted)
    if attached is None:
        copy_log(root, pod, wanted.container, wanted.attempt or 0)
        return False
    with attached:
        attached.run()
    return True


def attach(root: str, pod: JSON, wanted: Wanted) -> Attached | None:
    """Attach to a container; None if the run that is wanted is over: `copy_log` has it all.

    `pod` is as it was when its first start was over.

    BadRequest if a terminal is wanted and our stdin is none. Conflict if the container does not
    run, or has no stdin that could be ours.
    """
    if wanted.terminal:
        from minipod.client.streams import terminal  # noqa: PLC0415 (needed by some)

        terminal.require()
    try:
        sandbox = sandbox_of(root, pod, wanted.container)
    except Conflict:
        if wanted.attempt is None or not podview.has_run(pod, wanted.container):
            raise
        return None
    try:
        attached = _ask(sandbox, pod, wanted)
    except Unavailable:  # it has ended meanwhile
        sandbox.close()
        if wanted.attempt is None:
            raise
        return None
    except BaseException:
        sandbox.close()
        raise
    if attached is None:
        sandbox.close()
    return attached


def copy_log(root: str, pod: JSON, container: str, attempt: int) -> None:
    """Copy all that a run wrote which is over. Conflict if its pod is gone."""
    path = f"{root}/pods/{pod['metadata']['uid']}/{CONTAINERS}/{container}/{attempt}.log"
    try:
        log = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return  # an attempt that could not be started never wrote
    try:
        Output(log, 0).copy_all()
    finally:
        os.close(log)


def _ask(sandbox: Sandbox, pod: JSON, wanted: Wanted) -> Attached | None:
    name = f'container "{wanted.container}" of pod "{podview.key(pod)[1]}"'
    if not sandbox.attachable:
        raise Conflict(
            f"cannot attach to {name}: it was made by an older minipod, which could not do this",
            hint="delete the pod and create it again, or use minipod exec and logs",
        )
    request: JSON = {"op": "attach", "name": wanted.container, "stdin": wanted.stdin}
    if wanted.attempt is not None:
        request["attempt"] = wanted.attempt
    seq = sandbox.ask(request)
    answer = sandbox.receive()
    while answer.content.get("seq") != seq:
        answer = sandbox.receive()
    if "ok" in answer.content:
        return Attached(sandbox, wanted, answer.content["ok"], answer.descriptors)
    failure = answer.content["error"]
    match failure["errno"]:
        case code if code == ESRCH and wanted.attempt is not None:
            return None
        case code if code == ENOENT:
            why = "it has none: the Pod does not say stdin: true"
            hint = "without -i its output is shown; minipod exec -it runs a shell in it"
            raise Conflict(f"cannot write to the stdin of {name}: {why}", hint=hint)
        case code if code == EPIPE and wanted.attempt is not None:
            return _ask(sandbox, pod, wanted._replace(stdin=False, terminal=False))
        case code if code == EPIPE:
            why = "it is closed: stdinOnce gave it to the first who attached, or the program did it"
            raise Conflict(
                f"cannot write to the stdin of {name}: {why}",
                hint="without -i its output is shown",
            )
    raise HostError(f"cannot attach to {name}: {failure['message']}")


def _write(descriptor: int, text: bytearray) -> None:
    rest = memoryview(text)
    while rest:
        rest = rest[os.write(descriptor, rest) :]
