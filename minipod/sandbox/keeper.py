"""The zygote's work: the server is its child, and sandboxes are forked on the server's request."""

from __future__ import annotations

import gc
import os
import signal
import socket
import sys
import time
from contextlib import suppress

from minipod.sandbox import messages
from minipod.sandbox.failures import failure_of
from minipod.sandbox.loop import Loop
from minipod.sandbox.pod import NAMESPACES, live
from minipod.sandbox.protocol import (
    LISTEN_VARIABLE,
    READY_VARIABLE,
    REFUSED,
    SANDBOX_GROUP,
    STOPPED,
    ZYGOTE_VARIABLE,
)
from minipod.syscalls import processes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from minipod.sandbox.protocol import Failure

_FIRST_DELAY = 0.1
_LONGEST_DELAY = 5.0
_LONG_RUN = 10.0
"""Seconds after which a server counts as having worked: its next start is at once."""


class Keeper:
    """Keeps one server running, and serves its requests. Signals end it, through the server."""

    def __init__(
        self, server: list[str], ready: int | None, lock: int, listening: int | None = None
    ) -> None:
        self._argv = server
        self._ready = ready
        self._listening = listening
        self._code = STOPPED
        self._lock = lock
        self._loop = Loop()
        self._control: socket.socket | None = None
        self._server = 0
        self._started = 0.0
        self._delay = 0.0
        self._stopping = False
        self._over = False
        for number in (signal.SIGTERM, signal.SIGINT):
            self._loop.when_signalled(number, self._stop)

    def run(self) -> int:
        """Run until the server ends for good; return the exit code. OSError if it cannot begin."""
        self._start()
        while not self._over:
            self._loop.turn()
        return self._code

    def _stop(self) -> None:
        self._stopping = True
        if self._server:
            os.kill(self._server, signal.SIGTERM)
        else:
            self._over = True

    def _start(self) -> None:
        """Start the server. OSError."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        variables = {**os.environ, ZYGOTE_VARIABLE: str(theirs.fileno())}
        variables.pop(READY_VARIABLE, None)
        inherited = [theirs.fileno()]
        if self._ready is not None:
            variables[READY_VARIABLE] = str(self._ready)
            inherited.append(self._ready)
        if self._listening is not None:
            variables[LISTEN_VARIABLE] = str(self._listening)
            inherited.append(self._listening)
        for descriptor in inherited:
            os.set_inheritable(descriptor, True)
        try:
            self._server = os.posix_spawnp(self._argv[0], self._argv, variables)
        except OSError:
            ours.close()
            raise
        finally:
            theirs.close()
        self._started = time.monotonic()
        if self._ready is not None:
            os.close(self._ready)
            self._ready = None
        ours.setblocking(False)
        self._control = ours
        self._loop.watch(ours.fileno(), self._request)
        self._loop.when_ended(self._server, self._server_ended)

    def _server_ended(self, status: int) -> None:
        """Start it again, unless it was to end: at once, then ever more patiently."""
        self._server = 0
        self._hang_up()
        code = os.waitstatus_to_exitcode(status)
        if code in (STOPPED, REFUSED) or self._stopping:
            self._code = code if code == REFUSED else STOPPED
            self._over = True
            return
        if time.monotonic() - self._started >= _LONG_RUN:
            self._delay = 0.0
        self._start_later(f"the server ended with {code}")

    def _start_later(self, why: str) -> None:
        self._say(f"{why}: it starts again in {self._delay:g} s")
        self._loop.at(time.monotonic() + self._delay, "server", self._start_again)
        self._delay = min(max(_FIRST_DELAY, 2 * self._delay), _LONGEST_DELAY)

    def _start_again(self) -> None:
        """Start it, or try again later: nobody else would, and pods wait for it."""
        try:
            self._start()
        except OSError as error:  # no process is left, say, or the package is being replaced
            self._start_later(f"cannot start the server: {error.strerror}")

    @staticmethod
    def _say(text: str) -> None:
        """Write a line as the server's log has them (minipod/server_log.py)."""
        now = time.time()
        zone = time.strftime("%z", time.localtime(now))
        when = time.strftime("%Y-%m-%dT%H:%M:%S", time.localtime(now))
        when += f".{int(now % 1 * 1000):03}{zone[:3]}:{zone[3:]}"
        start = "<4>" if "JOURNAL_STREAM" in os.environ else f"time={when} level=warning "
        sys.stderr.write(f'{start}msg="{text}"\n')
        sys.stderr.flush()

    def _hang_up(self) -> None:
        if self._control is not None:
            self._loop.forget(self._control.fileno())
            self._control.close()
            self._control = None

    def _request(self) -> None:
        assert self._control is not None
        try:
            received = messages.receive(self._control)
        except BlockingIOError:
            return
        except OSError:
            received = None
        if received is None:
            self._hang_up()  # it is about to end, or has lost its mind: its end will tell
            return
        message, descriptors = received
        try:
            self._fork(message, descriptors)
        except (OSError, KeyError, TypeError, ValueError) as error:
            self._refuse(message.get("seq"), failure_of("fork the sandbox", error))
        finally:
            for descriptor in descriptors:
                os.close(descriptor)

    def _fork(self, message: messages.Message, descriptors: list[int]) -> None:
        spec, seq, (cgroup,) = message["spec"], message["seq"], descriptors
        control = self._control
        assert control is not None
        home = _open_home(cgroup)
        try:
            pid, pidfd = processes.fork(NAMESPACES, home)
        finally:
            os.close(home)
        if pid == 0:
            self._loop.close()
            os.close(self._lock)
            if self._listening is not None:
                os.close(self._listening)
            gc.enable()
            live(spec, cgroup, control, seq)
        os.close(pidfd)
        self._loop.when_ended(pid, lambda status: self._sandbox_ended(control, seq, status))

    def _sandbox_ended(self, control: socket.socket, seq: int, status: int) -> None:
        """Tell of an end. The server listens only if it still waits for the beginning."""
        if control is self._control:
            code = os.waitstatus_to_exitcode(status)
            message = f"it ended with {code} before it was ready"
            self._refuse(seq, {"step": "set up the sandbox", "errno": 0, "message": message})

    def _refuse(self, seq: object, failure: Failure) -> None:
        if self._control is not None:
            with suppress(OSError):
                messages.send(self._control, {"seq": seq, "error": failure})


def _open_home(cgroup: int) -> int:
    """Return a descriptor of the group below a pod's that its sandbox is born into."""
    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
    with suppress(FileExistsError):
        os.mkdir(SANDBOX_GROUP, dir_fd=cgroup)
    return os.open(SANDBOX_GROUP, flags, dir_fd=cgroup)
