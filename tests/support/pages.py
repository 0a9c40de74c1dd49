"""Pages of the documentation, run as they are printed: what they say is what happens."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_FILE = re.compile(r"^Save this as `([^`]+)`:\n\n```\w+\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_BLOCK = re.compile(r"(?:^    .*\n|^\n(?=    ))+", re.MULTILINE)
_VARIES = (
    (re.compile(r"\d+"), "N"),
    (re.compile(r"\s+"), " "),
    (re.compile(r"/\S*/minipod\b"), "ROOT"),  # the folder of the instance
)


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
            yield Step(command, re.sub(r"^    ", "", shown, flags=re.MULTILINE).strip("\n"))


def script(page: Path, folder: Path) -> list[Step]:
    """Save a page's files in a folder and return its steps."""
    text = page.read_text()
    for name, content in files(text).items():
        (folder / name).write_text(content)
    return list(steps(text))


def same(shown: str, happened: str) -> bool:
    """Return whether output is what a page shows, but for numbers, times and widths."""
    return _plain(shown) == _plain(happened)


def _plain(text: str) -> str:
    for pattern, name in _VARIES:
        text = pattern.sub(name, text)
    return text.strip()
