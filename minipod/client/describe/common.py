"""Lines that descriptions of several kinds have."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_LONGEST_ANNOTATION = 140
_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"


def pair_lines(title: str, pairs: Mapping[str, str]) -> Iterator[str]:
    """Yield `key=value` each on a line, the title before the first."""
    begin = f"{title}:\t"
    for key in sorted(pairs):
        yield f"{begin}{key}={pairs[key]}"
        begin = "\t"
    if not pairs:
        yield f"{begin}<none>"


def annotation_lines(annotations: Mapping[str, str]) -> Iterator[str]:
    """Yield the annotations; long ones, or of several lines, are below their keys."""
    begin = "Annotations:\t"
    keys = sorted(annotations.keys() - {_APPLIED})
    for key in keys:
        value = annotations[key].removesuffix("\n")
        if "\n" in value or _size(value) + _size(key) + 2 > _LONGEST_ANNOTATION:
            yield f"{begin}{key}:"
            yield from (f"\t  {_shortened(line)}" for line in value.split("\n"))
        else:
            yield f"{begin}{key}: {value}"
        begin = "\t"
    if not keys:
        yield f"{begin}<none>"


def rows(cells: Iterable[Iterable[object]], indent: str = "  ") -> Iterator[str]:
    """Yield lines of cells that stand below each other."""
    for row in cells:
        yield indent + "\t".join(map(str, row))


def _size(text: str) -> int:
    return len(text.encode())


def _shortened(line: str) -> str:
    most = _LONGEST_ANNOTATION - 2
    if _size(line) <= most:
        return line
    return line.encode()[:most].decode(errors="ignore") + "..."
