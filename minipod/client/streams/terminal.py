"""The terminal here, as the way to one in a pod: raw, and of the same size."""

from __future__ import annotations

import os
import select
import signal
import termios
import tty
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, TypeVar

from minipod.client.streams.command import exit_code, request, started
from minipod.client.streams.ending import ended_by_signals
from minipod.client.streams.feed import STDIN, Feed
from minipod.errors import BadRequest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

    from minipod.client.streams.command import Command
    from minipod.client.streams.sandbox import Sandbox

T = TypeVar("T")

_STDOUT = 1
_PIECE = 1 << 16
_LAST_WORDS = 50  # milliseconds for output that is under way when the command has ended


def run(sandbox: Sandbox, command: Command) -> int:
    """Run the command on a new terminal in the container and return its exit code.

    Our terminal is raw meanwhile, and as it was afterwards, whatever happens.
    """
    require()
    rows, columns = _size()
    variables = {"TERM": os.environ.get("TERM", "xterm")}
    sandbox.ask(request(command, env=variables, size=[rows, columns]))
    answer = sandbox.receive()
    started(command, answer.content)
    (master,) = answer.descriptors
    try:
        with resizing(master):
            return raw(_Bridge(sandbox, master).run)
    finally:
        os.close(master)


def require() -> None:
    """Raise BadRequest unless our stdin is a terminal."""
    if not os.isatty(STDIN):
        raise BadRequest("cannot use a terminal: our stdin is none")


class _Bridge:
    """Carries bytes both ways between our terminal and the pod's."""

    def __init__(self, sandbox: Sandbox, master: int) -> None:
        self._sandbox = sandbox
        self._master = master
        self._poll = select.poll()
        self._feed = Feed(self._poll, master, select.POLLIN)
        self._poll.register(sandbox.fileno(), select.POLLIN)

    def run(self) -> int:
        """Carry until the sandbox says that the command has ended; return its exit code."""
        while True:
            for descriptor, events in self._poll.poll():
                if descriptor == self._sandbox.fileno():
                    content = self._sandbox.receive().content
                    if "exit" in content:
                        self._drain()
                        return exit_code(content)
                elif descriptor == STDIN:
                    self._feed.read()
                else:
                    self._serve_master(events)

    def _serve_master(self, events: int) -> None:
        if events & select.POLLOUT:
            self._feed.write()
        if events & ~select.POLLOUT and not self._show():
            self._poll.unregister(self._master)

    def _show(self) -> bool:
        """Show what there is; return False when nobody has the pod's terminal open any more."""
        try:
            data = os.read(self._master, _PIECE)
        except BlockingIOError:
            return True
        except OSError:
            return False  # EIO
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(_STDOUT, rest) :]
        return bool(data)

    def _drain(self) -> None:
        """Show what the command wrote last; what it left behind may still hold the terminal."""
        poll = select.poll()
        poll.register(self._master, select.POLLIN)
        while poll.poll(_LAST_WORDS) and self._show():
            pass


def _size() -> tuple[int, int]:
    return termios.tcgetwinsize(STDIN)


@contextmanager
def resizing(master: int, *, redraw: bool = False) -> Iterator[None]:
    """Give the pod's terminal the size of ours, now and whenever it changes.

    `redraw`: another one before, so that what runs there hears of a change, and draws all anew.
    """

    def resize(_signal: int = 0, _frame: FrameType | None = None, *, more: int = 0) -> None:
        rows, columns = _size()
        with suppress(OSError):  # nobody has it open any more
            termios.tcsetwinsize(master, (rows + more, columns + more))

    before = signal.signal(signal.SIGWINCH, resize)
    try:
        if redraw:
            resize(more=1)
        resize()
        yield
    finally:
        signal.signal(signal.SIGWINCH, before)


def raw(act: Callable[[], T]) -> T:
    """Return what `act` does while our terminal is raw; it is put back also when a signal ends us.

    EndedBySignal.
    """
    before = termios.tcgetattr(STDIN)
    with ended_by_signals() as ending:
        try:
            tty.setraw(STDIN, termios.TCSADRAIN)
            return ending.during(act)
        finally:
            with suppress(termios.error):  # the terminal itself is gone
                termios.tcsetattr(STDIN, termios.TCSADRAIN, before)
