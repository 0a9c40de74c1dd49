"""The text of an edit: the comment at its top, and what a person made of the objects below it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from minipod.client.changes.patch_text import value_of
from minipod.errors import BadRequest, InvalidObject, MinipodError, Place
from minipod.patch.difference import difference
from minipod.patch.last_applied import with_last_applied
from minipod.patch.shapes import SHAPES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    JSON = dict[str, Any]

_HEADER = """\
# Please edit the object below. Lines beginning with a '#' will be ignored,
# and an empty file will abort the edit. If an error occurs while saving this file will be
# reopened with the relevant failures.
#
"""
_IDENTITY = ("apiVersion", "kind")
_NAMES = ("name", "namespace")
_LIST = "List"


class Text(NamedTuple):
    """What an editor is given: objects as text, and what was wrong with it the last time."""

    body: str
    errors: tuple[MinipodError, ...] = ()

    def __str__(self) -> str:
        """Return the whole text, the comment first."""
        return _HEADER + "".join(f"{line}\n" for line in self._complaint()) + self.body

    def _complaint(self) -> list[str]:
        lines = [line for error in self.errors for line in (*_lines(error), _Line(""))]
        above = _HEADER.count("\n") + len(lines)
        return [f"# {line.at(above)}".rstrip() for line in lines]


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


class Change(NamedTuple):
    """An object as it was, and as it was left."""

    before: JSON
    after: JSON

    def patch(self, *, save_config: bool = False) -> JSON:
        """Return the strategic merge patch that leads from one to the other; empty for the same.

        What others change meanwhile is not in it, and stays. `save_config`: the object is to tell
        of what it became, as one that was applied does.
        """
        after = with_last_applied(self.after) if save_config else self.after
        return difference(self.before, after, SHAPES[self.before["kind"]])


def document(objects: Sequence[JSON]) -> JSON:
    """Return what is to be edited: an object alone, or the List of several."""
    if len(objects) == 1:
        return objects[0]
    return {"apiVersion": "v1", "items": list(objects), "kind": _LIST, "metadata": {}}


def changes(objects: Sequence[JSON], body: str) -> list[Change]:
    """Return what became of objects; of a List, those that were left in it.

    InvalidObject, BadRequest if it cannot be read, or is about other objects.
    """
    edited = value_of("the edited file", body)
    if not isinstance(edited, dict):
        raise BadRequest("the edited file is no object (key: value)")
    if len(objects) == 1:
        _require_identity(objects[0], edited)
        return [Change(objects[0], edited)]
    return _changes_of_list(objects, edited)


def _changes_of_list(objects: Sequence[JSON], edited: JSON) -> list[Change]:
    items = edited.get("items")
    if edited.get("kind") != _LIST or not isinstance(items, list):
        raise BadRequest("the edited file is no List (kind: List, items: [...])")
    left = {_identity(one): one for one in objects}
    found = []
    for number, item in enumerate(items):
        before = left.pop(_identity(item), None) if isinstance(item, dict) else None
        if before is None:
            raise BadRequest(
                f"items[{number}]: apiVersion, kind, name and namespace may not change, and no"
                " object may come twice"
            )
        found.append(Change(before, item))
    return found


def _identity(obj: JSON) -> tuple[str, ...]:
    """Return what tells an object from all others, whatever stands in its fields."""
    metadata = obj.get("metadata")
    names = metadata if isinstance(metadata, dict) else {}
    values = (*map(obj.get, _IDENTITY), *map(names.get, _NAMES))
    return tuple(map(repr, values))


def _require_identity(before: JSON, after: JSON) -> None:
    for field in _IDENTITY:
        if after.get(field) != before[field]:
            raise BadRequest(f"{field}: it may not change: it was {before[field]}")
    for field in _NAMES:
        _require_same(field, before["metadata"], after.get("metadata"))


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
