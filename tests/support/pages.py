"""Pages of the documentation, run as they are printed: what they say is what happens."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

_FILE = re.compile(r"\bSave\s+this\s+as `([^`]+)`:\n\n```\w+\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_BLOCK = re.compile(r"(?:^    .*\n|^\n(?=    ))+", re.MULTILINE)
_VARIES = (
    (re.compile(r"\b(?:[0-9a-f]{2}:){5}[0-9a-f]{2}\b"), "MAC"),
    (re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b"), "UID"),
    (re.compile(r"\bv[0-9a-f]{14}\b"), "LINK"),
    (re.compile(r"\bminipod-[0-9a-f]{6}\b"), "minipod-ID"),
    (re.compile(r"\bminipod/[0-9a-f]{6}\b"), "minipod/ID"),
    (re.compile(r"\b(LIVE|MERGED)-\w{8}\b"), r"\1-ID"),
    (re.compile(r"\d+"), "N"),
    (re.compile(r"[^\S\n]+"), " "),
    (re.compile(r"/\S*/minipod\b"), "ROOT"),  # the folder of the instance
)
_IN_BACKGROUND = re.compile(r"(?<!&)&$")


class Step(NamedTuple):
    """A command line of a page, and what the page shows below it."""

    command: str
    shown: str


def files(page: str) -> dict[str, str]:
    """Return the files that a page has its reader save, by name."""
    return dict(_FILE.findall(page))


def steps(page: str) -> Iterator[Step]:
    """Yield the commands of a page that begin with `$ `, in order."""
    text = _FILE.sub("", page)
    for block in _BLOCK.findall(text):
        for part in re.split(r"^    \$ ", block, flags=re.MULTILINE)[1:]:
            command, _, shown = part.partition("\n")
            while command.endswith("\\"):
                more, _, shown = shown.partition("\n")
                command += f"\n{more}"
            yield Step(command, re.sub(r"^    ", "", shown, flags=re.MULTILINE).strip("\n"))


def script(page: Path, folder: Path, headings: Collection[str] = ()) -> list[Step]:
    """Save a page's files in a folder and return its steps: all, or those below some headings."""
    parts = re.split(r"^## ", page.read_text(), flags=re.MULTILINE)
    chosen = [part for part in parts if not headings or part.partition("\n")[0] in headings]
    assert len(chosen) >= len(headings), f"{page} has other headings"
    text = "".join(chosen)
    for name, content in files(text).items():
        (folder / name).write_text(content)
    return list(steps(text))


def is_in_background(command: str) -> bool:
    """Return whether a command line goes on while the next is typed."""
    return _IN_BACKGROUND.search(command) is not None


def same(shown: str, happened: str, *, in_any_order: bool = False) -> bool:
    """Return whether output is what a page shows, but for numbers, names, times and widths."""
    one, other = (_plain(text).split("\n") for text in (shown, happened))
    return sorted(one) == sorted(other) if in_any_order else one == other


def _plain(text: str) -> str:
    for pattern, name in _VARIES:
        text = pattern.sub(name, text)
    return "\n".join(line.strip() for line in text.strip().split("\n") if line.strip())


class Shell:
    """Types commands, and reads what they print. What is left in the background writes among it."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self._folder = folder
        self._environment = environment
        self._screen = folder / "screen"
        self._screen.touch()
        self._background: list[subprocess.Popen[bytes]] = []

    @property
    def is_shared(self) -> bool:
        """Whether something in the background may write too."""
        return bool(self._background)

    def type(self, command: str) -> int:
        """Run one command, to its end unless it ends with `&`; return where its output begins."""
        begin = self._screen.stat().st_size
        with self._screen.open("ab") as screen:
            words = ["bash", "-c", _IN_BACKGROUND.sub("", command)]
            started = subprocess.Popen(
                words,
                stdin=subprocess.DEVNULL,
                stdout=screen,
                stderr=screen,
                cwd=self._folder,
                env=self._environment,
                start_new_session=True,
            )
        if is_in_background(command):
            self._background.append(started)
        else:
            started.wait(60)
        return begin

    def said(self, begin: int) -> str:
        """Return what was printed from a place on."""
        return self._screen.read_bytes()[begin:].decode(errors="replace")

    def close(self) -> None:
        """End what runs in the background."""
        for process in self._background:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait(20)
