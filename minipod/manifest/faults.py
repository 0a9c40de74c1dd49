"""What can be wrong with a field, in Kubernetes' words; places come later, from the text."""

from __future__ import annotations

import json
from enum import Enum
from typing import TYPE_CHECKING, Any, NamedTuple

from minipod.errors import Place, Problem

if TYPE_CHECKING:
    from collections.abc import Iterable

Path = tuple[str | int, ...]
"""The way from an object's top to a field: names, indexes, and `Key`s of maps."""


class Key(str):
    """A step of a path that is a key of a map, not a field: shown as `labels[app]`."""

    __slots__ = ()


class FaultKind(Enum):
    """What is wrong, by Kubernetes' field errors; the value is the cause's reason in a Status."""

    INVALID = "FieldValueInvalid"
    REQUIRED = "FieldValueRequired"
    DUPLICATE = "FieldValueDuplicate"
    NOT_SUPPORTED = "FieldValueNotSupported"
    FORBIDDEN = "FieldValueForbidden"
    TOO_LONG = "FieldValueTooLong"
    TYPE = "FieldValueTypeInvalid"


class Strictness(Enum):
    """Which faults only a strict decoder reports; Kubernetes can be told to warn, or to ignore."""

    ALWAYS = "always"
    UNKNOWN_FIELD = "unknown field"
    DUPLICATE_FIELD = "duplicate field"


class Fault(NamedTuple):
    """One thing wrong, by path.

    `at` is the path to point to where it is not `path`; `at_key` points to the key, not the value.
    `shown` is the value as Kubernetes shows it ("" where it shows none). `quotable` tells that the
    word in the text would be right in quotes.
    """

    path: Path
    message: str
    kind: FaultKind = FaultKind.INVALID
    shown: str = ""
    at: Path | None = None
    at_key: bool = False
    strictness: Strictness = Strictness.ALWAYS
    quotable: bool = False

    def problem(self, place: Place | None) -> Problem:
        """Return it for a reader who has the text at hand, and so sees the value."""
        return Problem(path_text(self.path), self.message, self.kind.value, place)

    def cause(self) -> Problem:
        """Return it as the API server words it in a Status."""
        shown = f"Invalid value: {self.shown}: " if self.kind is FaultKind.INVALID else ""
        return Problem(path_text(self.path), shown + self.message, self.kind.value)


def path_text(path: Path) -> str:
    """Return a path as Kubernetes writes it: `spec.containers[0].name`."""
    parts = []
    for step in path:
        if isinstance(step, (int, Key)):
            parts.append(f"[{step}]")
        else:
            parts.append(f".{step}" if parts else step)
    return "".join(parts)


def invalid(path: Path, value: Any, why: str, *, at: Path | None = None) -> Fault:
    """Return a fault of a value that breaks a rule."""
    return Fault(path, why, shown=quoted(value), at=at)


def required(path: Path, why: str = "") -> Fault:
    """Return a fault of a value that is missing or empty."""
    return Fault(path, f"Required value: {why}" if why else "Required value", FaultKind.REQUIRED)


def duplicate(path: Path, value: Any) -> Fault:
    """Return a fault of a value that has to be unique."""
    return Fault(path, f"Duplicate value: {quoted(value)}", FaultKind.DUPLICATE)


def unsupported(path: Path, value: Any, supported: Iterable[str]) -> Fault:
    """Return a fault of a value that is none of a set."""
    known = ", ".join(quoted(word) for word in sorted(supported))
    message = f"Unsupported value: {quoted(value)}: supported values: {known}"
    return Fault(path, message, FaultKind.NOT_SUPPORTED)


def set_twice(path: Path) -> Fault:
    """Return a fault of a key that stands twice in one mapping; it points to the second."""
    return Fault(
        path,
        f"key {quoted(str(path[-1]))} already set in map",
        FaultKind.DUPLICATE,
        at_key=True,
        strictness=Strictness.DUPLICATE_FIELD,
    )


def quoted(value: Any) -> str:
    """Return a value as Go's %#v shows it in errors."""
    return json.dumps(value, ensure_ascii=False)
