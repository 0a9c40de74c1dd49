"""A command on a terminal in the pod, seen through the terminal here."""

from __future__ import annotations

import os
import select
import signal
import sys
import termios
import tty
from contextlib import contextmanager
from typing import TYPE_CHECKING

from minipod.client.command import exit_code, request, started

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

    from minipod.client.command import Command
    from minipod.client.sandbox import Sandbox

_STDIN = 0
_STDOUT = 1
_PIECE = 1 << 16
_LAST_WORDS = 50  # milliseconds for output that is under way when the command has ended


def run(sandbox: Sandbox, command: Command) -> int:
    """Run the command on a new terminal in the container and return its exit code.

    Our terminal is raw meanwhile, and as it was afterwards, whatever happens.
    """
    rows, columns = _size()
    variables = {"TERM": os.environ.get("TERM", "xterm")}
    sandbox.ask(request(command, env=variables, size=[rows, columns]))
    answer = sandbox.receive()
    started(command, answer.content)
    (master,) = answer.descriptors
    try:
        with _resizing(master), _raw():
            return _Bridge(sandbox, master).run()
    finally:
        os.close(master)


class _Bridge:
    """Carries bytes both ways between our terminal and the pod's.

    What the pod's terminal does not take at once is kept, and no more is read meanwhile: a program
    that writes before it reads must not find us waiting for it to read.
    """

    def __init__(self, sandbox: Sandbox, master: int) -> None:
        self._sandbox = sandbox
        self._master = master
        self._typed = b""
        os.set_blocking(master, False)
        self._poll = select.poll()
        for descriptor in (_STDIN, master, sandbox.fileno()):
            self._poll.register(descriptor, select.POLLIN)

    def run(self) -> int:
        """Carry until the sandbox says that the command has ended; return its exit code."""
        while True:
            for descriptor, events in self._poll.poll():
                if descriptor == self._sandbox.fileno():
                    content = self._sandbox.receive().content
                    if "exit" in content:
                        self._drain()
                        return exit_code(content)
                elif descriptor == _STDIN:
                    self._type()
                else:
                    self._serve_master(events)

    def _type(self) -> None:
        self._typed = os.read(_STDIN, _PIECE)
        if not self._typed:
            self._poll.unregister(_STDIN)
            return
        self._pass_on()
        if self._typed:
            self._poll.unregister(_STDIN)
            self._poll.modify(self._master, select.POLLIN | select.POLLOUT)

    def _serve_master(self, events: int) -> None:
        if events & select.POLLOUT:
            self._pass_on()
            if not self._typed:
                self._poll.modify(self._master, select.POLLIN)
                self._poll.register(_STDIN, select.POLLIN)
        if events & ~select.POLLOUT and not self._show():
            self._poll.unregister(self._master)

    def _pass_on(self) -> None:
        try:
            self._typed = self._typed[os.write(self._master, self._typed) :]
        except BlockingIOError:
            pass
        except OSError:
            self._typed = b""  # nobody reads there any more

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
    return termios.tcgetwinsize(_STDIN)


@contextmanager
def _resizing(master: int) -> Iterator[None]:
    """Give the pod's terminal the size of ours, now and whenever it changes."""

    def resize(_signal: int = 0, _frame: FrameType | None = None) -> None:
        termios.tcsetwinsize(master, _size())

    before = signal.signal(signal.SIGWINCH, resize)
    try:
        resize()
        yield
    finally:
        signal.signal(signal.SIGWINCH, before)


@contextmanager
def _raw() -> Iterator[None]:
    """Make our terminal raw; put it back also when a signal ends us."""
    before = termios.tcgetattr(_STDIN)
    handlers = {number: signal.signal(number, _end) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        tty.setraw(_STDIN, termios.TCSADRAIN)
        yield
    finally:
        termios.tcsetattr(_STDIN, termios.TCSADRAIN, before)
        for number, handler in handlers.items():
            signal.signal(number, handler)


def _end(number: int, _frame: FrameType | None) -> None:
    sys.exit(128 + number)
