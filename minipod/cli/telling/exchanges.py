"""`-v=6` and more, and `--debug`: the requests to the server, on stderr, in kubectl's words."""

from __future__ import annotations

import time
from http import HTTPStatus
from typing import TYPE_CHECKING

from minipod.cli.printing.output import say

if TYPE_CHECKING:
    from collections.abc import Mapping

_HEADERS, _BODIES = 7, 8
_LONGEST = {8: 1024, 9: 10240}
"""How many characters of a body are shown, by the level, as kubectl has it; from 10 on all."""


class Requests:
    """Shows requests: 6 what was asked and how that went, 7 headers too, 8 and more bodies too."""

    def __init__(self, level: int, began: float) -> None:
        self.level = level
        self.began = began

    def asked(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Shown:
        """Show a request, and return what shows its answer."""
        shown = Shown(self, f"{method} http://minipod{target}")
        if self.level >= _BODIES and body:
            shown.say(f"Request Body: {self.cut(body)}")
        if self.level >= _HEADERS:
            shown.say(shown.request)
            shown.say("Request Headers:")
            for name, value in headers.items():
                shown.say(f"    {name}: {value}")
        return shown

    def cut(self, body: bytes) -> str:
        """Return what is shown of a body."""
        text = body.decode(errors="replace").rstrip("\n")
        longest = _LONGEST.get(self.level, len(text))
        more = len(text) - longest
        return f"{text[:longest]} [truncated {more} chars]" if more > 0 else text


class Shown:
    """One request whose answer is shown as it comes."""

    def __init__(self, requests: Requests, request: str) -> None:
        self.request = request
        self._requests = requests
        self._sent = time.time()

    def answered(self, status: int) -> None:
        """Show how it went."""
        took = round((time.time() - self._sent) * 1000)
        how = f"{status} {HTTPStatus(status).phrase} in {took} milliseconds"
        if self._requests.level >= _HEADERS:
            self.say(f"Response Status: {how}")
        else:
            self.say(f"{self.request} {how}")

    def read(self, piece: bytes) -> None:
        """Show a piece of the answer's body."""
        if self._requests.level >= _BODIES:
            self.say(f"Response Body: {self._requests.cut(piece)}")

    def say(self, text: str) -> None:
        """Write a line, with the time since the command's begin."""
        say(f"[{(time.time() - self._requests.began) * 1000:.1f} ms] {text}")
