"""What the server writes, held against what is told of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from minipod.schema.documentation import Stance, top
from minipod.schema.structure import ListOf, Object

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from minipod.schema.documentation import Field


def untold(obj: dict[str, Any]) -> list[str]:
    """Return the fields of an object of which it is told that minipod does nothing with them."""
    nothing = {Stance.KEEPS, Stance.OMITS}
    return [path for path, field in _walk(obj, top(obj["kind"]), "") if field.stance in nothing]


def _walk(obj: dict[str, Any], fields: Iterable[Field], above: str) -> Iterator[tuple[str, Field]]:
    known = {field.name: field for field in fields}
    for name, value in obj.items():
        path, shape = f"{above}.{name}", known[name].shape
        yield path, known[name]
        if isinstance(shape.item if isinstance(shape, ListOf) else shape, Object):
            for each in value if isinstance(shape, ListOf) else [value]:
                yield from _walk(each, known[name].below(), path)
