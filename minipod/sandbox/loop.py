"""The one thread of zygote and sandbox: descriptors, children, signals and deadlines."""

from __future__ import annotations

import os
import select
import signal
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

_DRAINED = 4096
_CHILD_ENDED = int(signal.SIGCHLD)
_CAUGHT = (
    signal.SIGCHLD,
    signal.SIGTERM,
    signal.SIGINT,
    signal.SIGHUP,
    signal.SIGPIPE,
    signal.SIGXFSZ,
)


def catch_signals() -> None:
    """Catch the signals that matter, once in the zygote: a loop then hears of them.

    Its children inherit this: a sandbox needs none of the calls again, and execve makes of
    "caught" the default for the programs, where Python's "ignored" would stay.
    """
    for number in _CAUGHT:
        signal.signal(number, _wake)


def _wake(_number: int, _frame: object) -> None:
    """Do nothing: the descriptor of `set_wakeup_fd` tells of it."""


class Loop:
    """An epoll loop. A callback must not block and not raise: what it raises ends the loop."""

    __slots__ = ("_callbacks", "_children", "_deadlines", "_epoll", "_pipe", "_signals")

    def __init__(self) -> None:
        self._epoll = select.epoll()
        self._callbacks: dict[int, Callable[[], None]] = {}
        self._children: dict[int, Callable[[int], None]] = {}
        self._deadlines: dict[Hashable, tuple[float, Callable[[], None]]] = {}
        self._signals: dict[int, Callable[[], None]] = {_CHILD_ENDED: self._reap}
        self._pipe = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        signal.set_wakeup_fd(self._pipe[1], warn_on_full_buffer=False)
        self.watch(self._pipe[0], self._hear)

    def watch(self, descriptor: int, callback: Callable[[], None]) -> None:
        """Call back whenever a descriptor can be read, or its other end is closed."""
        self._callbacks[descriptor] = callback
        self._epoll.register(descriptor, select.EPOLLIN)

    def forget(self, descriptor: int) -> None:
        """Watch a descriptor no more; before it is closed."""
        del self._callbacks[descriptor]
        self._epoll.unregister(descriptor)

    def when_ended(self, pid: int, callback: Callable[[int], None]) -> None:
        """Call back with the wait status of a child when it has ended."""
        self._children[pid] = callback

    def when_signalled(self, number: int, callback: Callable[[], None]) -> None:
        """Call back when one of the signals of `catch_signals` came."""
        self._signals[number] = callback

    def at(self, deadline: float, name: Hashable, callback: Callable[[], None]) -> None:
        """Call back once at a deadline (of the monotonic clock); a name has one deadline."""
        self._deadlines[name] = (deadline, callback)

    def cancel(self, name: Hashable) -> bool:
        """Take a deadline away; return whether there was one."""
        return self._deadlines.pop(name, None) is not None

    def turn(self) -> None:
        """Wait for something to happen, and do what is due."""
        for descriptor, _ in self._epoll.poll(self._patience()):
            # An earlier callback of this turn may have forgotten it.
            callback = self._callbacks.get(descriptor)
            if callback is not None:
                callback()
        self._meet_deadlines()

    def close(self) -> None:
        """Give the loop's own descriptors back: for a child that makes a loop of its own."""
        self._epoll.close()
        signal.set_wakeup_fd(-1)
        for descriptor in self._pipe:
            os.close(descriptor)

    def _patience(self) -> float | None:
        if not self._deadlines:
            return None
        earliest = min(deadline for deadline, _ in self._deadlines.values())
        return max(0.0, earliest - time.monotonic())

    def _meet_deadlines(self) -> None:
        if not self._deadlines:
            return
        now = time.monotonic()
        due = [name for name, (deadline, _) in self._deadlines.items() if deadline <= now]
        for name in due:
            entry = self._deadlines.pop(name, None)
            if entry is not None:
                entry[1]()

    def _hear(self) -> None:
        try:
            numbers = os.read(self._pipe[0], _DRAINED)
        except BlockingIOError:
            return
        for number in sorted(set(numbers)):  # SIGTERM, which says why children end, before SIGCHLD
            callback = self._signals.get(number)
            if callback is not None:
                callback()

    def _reap(self) -> None:
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            callback = self._children.pop(pid, None)
            if callback is not None:  # else an orphan that came to the pod's first process
                callback(status)
