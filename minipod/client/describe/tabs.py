"""Elastic tab stops, as Go's text/tabwriter sets them: a column is as wide as its widest cell.

A column is a run of lines that all have a cell there which a tab ends; so what stands behind a
line's last tab widens nothing, and a line without tabs ends every column.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_GAP = 2
_ESCAPES = str.maketrans({"\x1b": "^[", "\r": "\\r"})  # kubectl's: what would drive a terminal


def align(lines: Sequence[str]) -> str:
    """Return lines, in which tabs end cells, with each column's cells padded to one width."""
    cells = [line.split("\t") for text in lines for line in text.translate(_ESCAPES).split("\n")]
    padded = [list(line) for line in cells]
    _pad(cells, padded, 0, range(len(cells)))
    return "\n".join("".join(line) for line in padded)


def _pad(cells: list[list[str]], padded: list[list[str]], column: int, lines: range) -> None:
    """Pad a column, and within each of its runs the columns behind it."""
    first = lines.start
    while first < lines.stop:
        last = first
        while last < lines.stop and column < len(cells[last]) - 1:
            last += 1
        run = range(first, last)
        width = max((len(cells[line][column]) + _GAP for line in run), default=0)
        for line in run:
            padded[line][column] = cells[line][column].ljust(width)
        if run:
            _pad(cells, padded, column + 1, run)
        first = last + 1
