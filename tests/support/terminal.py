"""A person at a terminal."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import termios
import time
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.support.command import Minipod


class Terminal:
    """A command on a terminal of its own, and a person who types and reads."""

    def __init__(self, minipod: Minipod, *args: str, rows: int = 24, columns: int = 80) -> None:
        self.master, slave = pty.openpty()
        self.resize(rows, columns)
        self.before = termios.tcgetattr(self.master)
        self.process = subprocess.Popen(
            ["setsid", "--ctty", *minipod.argv(args)],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env=minipod.environment | {"TERM": "xterm"},
        )
        os.close(slave)
        self.text = ""

    def resize(self, rows: int, columns: int) -> None:
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def type(self, text: str) -> None:
        os.write(self.master, text.encode())

    def read_until(self, wanted: str, within: float = 10.0) -> str:
        """Read until `wanted` was printed since the last call; return what was."""
        deadline = time.monotonic() + within
        while wanted not in self.text:
            ready, _, _ = select.select([self.master], [], [], deadline - time.monotonic())
            assert ready, f"no {wanted!r} in {self.text!r}"
            try:
                self.text += os.read(self.master, 4096).decode()
            except OSError as error:  # the other end is closed
                raise AssertionError(f"ended without {wanted!r}: {self.text!r}") from error
        seen, _, self.text = self.text.partition(wanted)
        return seen

    def read_to_end(self) -> str:
        """Read until the command has ended; return what was printed since the last call."""
        with suppress(OSError):  # the other end is closed
            while data := os.read(self.master, 4096):
                self.text += data.decode()
        self.process.wait(timeout=10)
        seen, self.text = self.text, ""
        return seen

    def hang_up(self) -> None:
        """Close the window, and wait until the command has ended with it."""
        os.close(self.master)
        self.master = -1
        self.process.wait(timeout=20)

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        if self.master >= 0:
            os.close(self.master)


def screen(text: str) -> list[str]:
    """Return the lines that a terminal shows of a text, the last one that of the cursor.

    It knows carriage returns, newlines, the erasing of a line's rest, and colours, which it drops.
    """
    lines, column = [""], 0
    for piece in re.findall(r"\x1b\[[0-9;]*[A-Za-z]|[\r\n]|[^\x1b\r\n]+", text):
        match piece:
            case "\r":
                column = 0
            case "\n":
                lines.append(" " * column)
            case "\x1b[K":
                lines[-1] = lines[-1][:column]
            case _ if piece[0] != "\x1b":
                rest = lines[-1][column + len(piece) :]
                lines[-1] = lines[-1][:column] + piece + rest
                column += len(piece)
    return lines
