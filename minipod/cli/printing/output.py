"""How results look: lines, kubectl's tables, JSON and YAML."""

from __future__ import annotations

import json
import sys
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any, Protocol

import click

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from contextlib import AbstractContextManager

    from minipod.errors import MinipodError

    JSON = dict[str, Any]

_GAP = 3
_NARROWEST = 6  # kubectl's, with the gap; it shows where there are no headers
_NONE = "<none>"
_ERROR = "Error:"
_UNTOLD = (None, "Invalid", "InternalError")


class Below(Protocol):
    """A line that stands below what is printed, on the terminal that shows both."""

    def lifted(self) -> AbstractContextManager[None]:
        """Take the line away for what is done within, and put it below that."""


class Terminal:
    """What this process shows beside its lines: nothing, or one line below them."""

    def __init__(self) -> None:
        self.below: Below | None = None


TERMINAL = Terminal()


def tell(text: str, end: str = "\n") -> None:
    """Write a line to stdout, at once.

    OSError if it takes no more, a full disk say: no error of an object, so it ends the command.
    """
    _write(text + end)


def tell_styled(text: str) -> None:
    """Write a line to stdout whose colours, if it has any, were asked for: as `tell`."""
    _write(text + "\n", color=True)


def say(text: str) -> None:
    """Write to stderr, control characters escaped: what is not the result."""
    _write(printable(text) + "\n", err=True)


def say_styled(text: str) -> None:
    """Write a line to stderr whose colours, if it has any, were asked for."""
    _write(text + "\n", err=True, color=True)


def say_error(error: MinipodError) -> None:
    """Write an error as one line, and what to do as a second.

    What the server refused is told as kubectl does, with the reason; but not what it found wrong in
    an object, and what the host refused it, which no reason of Kubernetes says well.
    """
    reason = error.server_reason
    label = _ERROR if reason in _UNTOLD else f"Error from server ({reason}):"
    _say_labelled(label, "ERROR", str(error))
    if error.hint:
        say_hint(error.hint)


def say_error_line(text: str) -> None:
    """Write what went wrong to stderr."""
    _say_labelled(_ERROR, "ERROR", text)


def say_warning(text: str) -> None:
    """Write a warning to stderr, as kubectl does."""
    _say_labelled("Warning:", "WARNING", text)


def say_hint(text: str) -> None:
    """Write to stderr what to do."""
    _say_labelled("Hint:", "HINT", text)


def _say_labelled(label: str, style: str, text: str) -> None:
    from minipod.cli.printing.colour import Style, styled

    shown = styled(label, Style[style], sys.stderr)
    _write(f"{shown} {printable(text)}\n", err=True, color=True)


def _write(text: str, *, err: bool = False, color: bool | None = None) -> None:
    with lifted():
        click.echo(text, nl=False, err=err, color=color)


def lifted() -> AbstractContextManager[None]:
    """Take what stands below away for what is written within: whole lines."""
    return nullcontext() if TERMINAL.below is None else TERMINAL.below.lifted()


class Columns:
    """kubectl's columns: as wide as their widest cell yet and three spaces, at least six.

    What comes later stands below what came before, and no column becomes narrower.
    """

    def __init__(self) -> None:
        self._widths: list[int] = []

    def lines(self, rows: Iterable[Sequence[object]]) -> str:
        """Return rows of as many cells as the first ones had.

        A None is `<none>`; control characters are escaped, for a process names itself as it likes.
        """
        cells = [[_cell(value) for value in row] for row in rows]
        widest = [max(len(cell) + _GAP for cell in column) for column in zip(*cells, strict=True)]
        before = self._widths or [_NARROWEST] * len(widest)
        self._widths = list(map(max, before, widest))
        return "\n".join(_line(row, self._widths) for row in cells)


def table(header: Sequence[str], rows: Iterable[Sequence[object]], *, headers: bool = True) -> str:
    """Return a whole table, as `Columns` lays it out."""
    return Columns().lines([header, *rows] if headers else rows)


def as_json(value: object) -> str:
    """Return JSON for people: sorted, four spaces."""
    return json.dumps(value, indent=4, sort_keys=True, ensure_ascii=False)


def structured(value: object, output: str | None) -> str:
    """Return a value as "json" or "yaml", as kubectl prints objects."""
    if output == "json":
        from minipod.client.text.gojson import indented

        return indented(value)
    from minipod.cli.printing.yaml_output import as_yaml

    return as_yaml(value)


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    *padded, last = row
    return "".join(cell.ljust(width) for cell, width in zip(padded, widths, strict=False)) + last


def _cell(value: object) -> str:
    return _NONE if value is None else printable(str(value)).replace("\n", "\\n")


def printable(text: str) -> str:
    """Return the text with control characters, but newlines, as escapes."""
    if text.isprintable():
        return text
    return "".join(
        char if char.isprintable() or char == "\n" else char.encode("unicode_escape").decode()
        for char in text
    )
