"""An object of a kind that has no words of its own: its fields, as kubectl writes them down."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from minipod.client.describe.common import annotation_lines, pair_lines
from minipod.client.describe.events import event_lines
from minipod.client.describe.tabs import align

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from minipod.client.describe.clock import Clock

    JSON = dict[str, Any]

_IN_THE_HEAD = frozenset({"name", "namespace", "labels", "annotations", "managedFields"})
_ACRONYMS = frozenset({"API", "URL", "UID", "OSB", "GUID"})
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|-")
_INDENT = "  "


def describe_anything(obj: JSON, events: Iterable[JSON] | None, clock: Clock) -> str:
    """Return what `kubectl describe` prints of an object; `events` None: without that section."""
    meta = obj["metadata"]
    rest = {name: value for name, value in meta.items() if name not in _IN_THE_HEAD}
    lines = [
        f"Name:\t{meta['name']}",
        f"Namespace:\t{meta.get('namespace', '')}",
        *pair_lines("Labels", meta.get("labels") or {}),
        *annotation_lines(meta.get("annotations") or {}),
        *_fields(obj | {"metadata": rest}, 0),
    ]
    if events is not None:
        lines += event_lines(events, clock)
    return align(lines)


def _fields(fields: JSON, level: int) -> Iterator[str]:
    for name in sorted(fields):
        value, title = fields[name], _INDENT * level + label(name)
        if isinstance(value, dict):
            yield f"{title}:"
            yield from _fields(value, level + 1)
        elif isinstance(value, list):
            yield f"{title}:"
            yield from _items(value, level + 1)
        else:
            yield f"{title}:\t{_plain(value)}"


def _items(items: list[Any], level: int) -> Iterator[str]:
    for item in items:
        if isinstance(item, dict):
            yield from _fields(item, level)
        else:
            yield _INDENT * level + _plain(item)


def _plain(value: Any) -> str:
    if value is None:
        return "<nil>"
    return str(value).lower() if isinstance(value, bool) else str(value)


def label(field: str) -> str:
    """Return a field's name as words: creationTimestamp is Creation Timestamp."""
    if not re.fullmatch(r"[A-Za-z-]+", field):
        return field
    return " ".join(
        part.upper() if part.upper() in _ACRONYMS else part[0].upper() + part[1:]
        for part in _WORD.findall(field)
    )
