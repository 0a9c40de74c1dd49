"""Stdin, stdout and stderr of a container: pipes or a terminal, of which one end is held here."""

from __future__ import annotations

import os

from minipod.sandbox.logs import Pump

TYPE_CHECKING = False
if TYPE_CHECKING:
    from minipod.sandbox.context import Context
    from minipod.sandbox.logs import Log
    from minipod.sandbox.protocol import ContainerSpec


class Stdio:
    """What one try to run a container reads and writes; what it writes goes to the log.

    Holding the end that stdin is written to is what keeps the program from seeing an end of it.
    """

    __slots__ = (
        "_has_stdin",
        "_log",
        "_loop",
        "_nothing",
        "_once",
        "_pumps",
        "_stdin",
        "_theirs",
        "_tty",
    )

    def __init__(self, context: Context, spec: ContainerSpec, log: Log) -> None:
        self._loop = context.loop
        self._nothing = context.nothing
        self._log = log
        self._has_stdin = spec.get("stdin", False)
        self._once = spec.get("stdin_once", False)
        self._tty = spec.get("tty", False)
        self._stdin = -1
        self._pumps: list[Pump] = []
        self._theirs: list[int] = []

    def open(self) -> tuple[int, int, int] | None:
        """Return what the program gets; None: a terminal, which it makes itself. OSError."""
        if self._tty:
            return None
        stdin = self._nothing
        if self._has_stdin:
            stdin, self._stdin = os.pipe2(os.O_CLOEXEC)
            self._theirs.append(stdin)
        return stdin, self._output("stdout"), self._output("stderr")

    def _output(self, stream: str) -> int:
        ours, theirs = os.pipe2(os.O_CLOEXEC)
        self._pumps.append(Pump(self._loop, ours, self._log, stream))
        self._theirs.append(theirs)
        return theirs

    def close_theirs(self) -> None:
        """Let go of the program's ends, once it has them."""
        for descriptor in self._theirs:
            os.close(descriptor)
        self._theirs.clear()

    def take_terminal(self, master: int) -> None:
        """Read what the program writes on the terminal that it has made."""
        self._pumps.append(Pump(self._loop, master, self._log, "stdout"))

    def stdin(self) -> int | None:
        """Return what stdin is written to, still ours; None if it has none, -1 if it is closed."""
        if not self._has_stdin:
            return None
        return self._pumps[0].descriptor if self._tty else self._stdin

    def stdin_given(self) -> None:
        """Leave the end of stdin to whoever was given it, if that is to be its only writer.

        Not of a terminal: a program whose terminal hangs up is ended by that.
        """
        if self._once and self._stdin >= 0:
            os.close(self._stdin)
            self._stdin = -1

    def flush(self) -> None:
        """Write what there is of lines that have not ended."""
        for pump in self._pumps:
            if pump.descriptor >= 0:
                pump.flush()

    def close(self) -> None:
        """Write the rest of the output, and give all descriptors back."""
        self.close_theirs()
        for pump in self._pumps:
            pump.drain()
        self._pumps.clear()
        if self._stdin >= 0:
            os.close(self._stdin)
            self._stdin = -1
