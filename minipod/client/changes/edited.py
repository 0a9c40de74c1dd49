"""The text of an edit: the comment at its top, and what a person made of what stands below it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from minipod.client.api import Patch, PatchKind
from minipod.client.changes.patch_text import value_of
from minipod.errors import BadRequest, InvalidObject, MinipodError, Place
from minipod.patch.difference import difference
from minipod.patch.shapes import SHAPES

if TYPE_CHECKING:
    from collections.abc import Iterator

    JSON = dict[str, Any]

_HEADER = """\
# Please edit the object below. Lines beginning with a '#' will be ignored,
# and an empty file will abort the edit. If an error occurs while saving this file will be
# reopened with the relevant failures.
#
"""
_IDENTITY = ("apiVersion", "kind")


class Text(NamedTuple):
    """What an editor is given: an object as text, and what was wrong with it the last time."""

    body: str
    error: MinipodError | None = None

    def __str__(self) -> str:
        """Return the whole text, the comment first."""
        return _HEADER + "".join(f"{line}\n" for line in self._complaint()) + self.body

    def _complaint(self) -> Iterator[str]:
        if self.error is None:
            return
        lines = list(_lines(self.error))
        above = _HEADER.count("\n") + len(lines) + 1
        yield from (f"# {line.at(above)}" for line in lines)
        yield "#"


class _Line(NamedTuple):
    """A line of the complaint; its place is one in the body."""

    words: str
    place: Place | None = None

    def at(self, above: int) -> str:
        """Return the line for a body that begins below so many lines."""
        if self.place is None:
            return self.words
        return f"* line {self.place.line + above}, column {self.place.column}: {self.words}"


def body_of(text: str) -> str:
    """Return a text without the comment at its top: one further down may be part of a value."""
    lines = text.splitlines(keepends=True)
    first = next((n for n, line in enumerate(lines) if not line.startswith("#")), len(lines))
    return "".join(lines[first:])


def is_empty(text: str) -> bool:
    """Return whether a text holds nothing but comments."""
    return all(not line or line.startswith("#") for line in map(str.strip, text.splitlines()))


def change(before: JSON, body: str) -> Patch | None:
    """Return the patch that leads from an object to the edited one; None if it is the same.

    What others change meanwhile is not in it, and stays. InvalidObject, BadRequest.
    """
    after = value_of("the edited file", body)
    if not isinstance(after, dict):
        raise BadRequest("the edited file is no object (key: value)")
    for field in _IDENTITY:
        if after.get(field) != before[field]:
            raise BadRequest(f"{field}: it may not change: it was {before[field]}")
    for field in ("name", "namespace"):
        _require_same(field, before["metadata"], after.get("metadata"))
    patch = difference(before, after, SHAPES[before["kind"]])
    return Patch(PatchKind.STRATEGIC, patch) if patch else None


def _require_same(field: str, before: JSON, after: Any) -> None:
    now = after.get(field) if isinstance(after, dict) else None
    if now != before.get(field):
        raise BadRequest(f"metadata.{field}: it may not change: it was {before.get(field)}")


def _lines(error: MinipodError) -> Iterator[_Line]:
    """Yield what is wrong: a heading and the problems, or only the words."""
    problems = error.problems if isinstance(error, InvalidObject) else ()
    if not problems or problems[0].place is None:
        yield from map(_Line, str(error).splitlines())
    else:
        yield _Line("The edited file cannot be read:")
        yield from (_Line(problem.message, problem.place) for problem in problems)
    if error.hint:
        yield _Line(f"Hint: {error.hint}")
