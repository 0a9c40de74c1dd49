"""`-v`: what the server does to the kernel for this command, shown on stderr as it happens."""

from __future__ import annotations

import os
import secrets
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from minipod.cli.printing.output import say
from minipod.client import Api, Transport
from minipod.errors import MinipodError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_PATIENCE = 2.0
"""Seconds for the last steps to come: those that were done are told at once."""


class Steps:
    """Listens for the steps of the requests that bear `headers`, until `close`.

    `began` is when the command did, in seconds since the epoch: times are shown from there on.
    """

    def __init__(self, root: str, began: float, start: Callable[[], None] | None) -> None:
        self._asker = f"{os.getpid()}-{secrets.token_hex(4)}"
        self._began = began
        self._api = Api(Transport(root, warn=say, start=start))
        steps = self._api.own.steps(self._asker)
        self._thread = threading.Thread(target=self._show, args=[steps], daemon=True)
        self._thread.start()

    @property
    def headers(self) -> dict[str, str]:
        """What tells the server whose requests they are."""
        return {"Minipod-Trace": self._asker}

    def close(self) -> None:
        """Return when every step that was done has been shown."""
        with suppress(MinipodError):  # the server has been stopped: its stream has ended
            self._api.own.end_steps(self._asker)
        self._thread.join(_PATIENCE)

    def _show(self, steps: Iterator[dict[str, Any]]) -> None:
        with suppress(MinipodError, OSError):  # the server ended, or nobody reads stderr
            for step in steps:
                say(line(step, self._began))


def line(step: dict[str, Any], began: float) -> str:
    """Return a step as it is shown: when, whose, what; a command as it can be typed."""
    about = [step["text"]] if step["text"] else []
    if step["seconds"] is not None:
        about.append(f"{step['seconds'] * 1000:.1f} ms")
    told = ", ".join(about)
    if step["command"]:
        told = step["command"] + (f"  # {told}" if told else "")
    told = told.replace("\n", "\\n")  # of a program's arguments: a step is a line
    return f"[{since(began, step['time'])}] {_whose(step)}{step['what']}: {told}"


def since(began: float, now: float) -> str:
    """Return how long after the command's begin something was."""
    return f"{(now - began) * 1000:.1f} ms"


def _whose(step: dict[str, Any]) -> str:
    if step["pod"] is None:
        return ""
    namespace = "" if step["namespace"] == "default" else f"{step['namespace']}/"
    return f"{namespace}{step['pod']} "
