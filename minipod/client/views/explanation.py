"""A kind and its fields, told as `kubectl explain` tells them (its plaintext template). Pure."""

from __future__ import annotations

import re
import textwrap
from typing import TYPE_CHECKING, Final

from minipod.client.kinds import BY_WORD, KINDS
from minipod.client.text.nearest import did_you_mean
from minipod.errors import NotFound
from minipod.schema.documentation import about, top
from minipod.schema.structure import ListOf, MapOf, Scalar

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from minipod.client.kinds import Kind
    from minipod.schema.documentation import Field
    from minipod.schema.structure import Shape

_WIDTH: Final = 76
_SHOWN_CHOICES: Final = 4
_ITEM: Final = re.compile(r"\[[^]]*\]")
_NAMES: Final = {
    Scalar.TIME: "string",
    Scalar.QUANTITY: "Quantity",
    Scalar.INT_OR_STRING: "IntOrString",
    Scalar.ANY: "Object",
}


def explained(
    kind: Kind, path: Sequence[str], *, recursive: bool = False, supported: bool = False
) -> str:
    """Return what is to be told of a kind, or of the field at a path. NotFound.

    `recursive`: instead of the descriptions, all that is below. `supported`: only the fields that
    minipod does something with.
    """
    field = find(kind, path) if path else None
    fields = _shown(_fields(kind, path), supported=supported)
    parts = [*_head(kind), ""]
    if field is not None:
        choices = ["ENUM:", *(f"    {each}" for each in field.choices)] if field.choices else [""]
        parts += [f"FIELD: {field.name} <{type_name(field.shape)}>", *choices, ""]
    parts += ["DESCRIPTION:", *_described(field.description if field else about(kind.name))]
    parts += ["    ", *(["FIELDS:"] if fields else [])]
    parts += _tree(fields, supported=supported) if recursive else _list(fields)
    return "\n".join([*parts, ""])


def find(kind: Kind, path: Sequence[str]) -> Field:
    """Return the field at a path, which may name items as manifests' errors do. NotFound."""
    fields = top(kind.name)
    for step in path:
        name = _ITEM.sub("", step)
        found = {each.name: each for each in fields}
        if name not in found:
            raise NotFound(f'field "{name}" does not exist', hint=did_you_mean(name, found))
        field = found[name]
        fields = field.below()
    return field


def offered(begun: str) -> list[str]:
    """Return the paths that begin so; if there is one only, also with the dot of those below it."""
    above, dot, _ = begun.rpartition(".")
    word, *path = above.split(".")
    kind = BY_WORD.get(word.lower())
    if not dot:
        words = [name for each in KINDS for name in (each.plural, each.singular)]
        return _with_dot([each for each in words if each.startswith(begun)])
    try:
        fields = _fields(kind, path) if kind else []
    except NotFound:
        return []
    fitting = [each for each in fields if f"{above}.{each.name}".startswith(begun)]
    paths = [f"{above}.{each.name}" for each in fitting]
    return _with_dot(paths) if len(fitting) == 1 and fitting[0].below() else paths


def _with_dot(paths: list[str]) -> list[str]:
    """Return paths; one that is alone with and without a dot, so that no shell ends the word."""
    return [*paths, f"{paths[0]}."] if len(paths) == 1 else paths


def _fields(kind: Kind, path: Sequence[str]) -> list[Field]:
    return find(kind, path).below() if path else top(kind.name)


def type_name(shape: Shape) -> str:
    """Return a type as kubectl writes it: `[]Container`, `map[string]Quantity`."""
    if isinstance(shape, ListOf):
        return f"[]{type_name(shape.item)}"
    if isinstance(shape, MapOf):
        return f"map[string]{type_name(shape.item)}"
    if isinstance(shape, Scalar):
        return _NAMES.get(shape, shape.value)
    return shape.name


def _head(kind: Kind) -> Iterator[str]:
    if kind.group:
        yield f"GROUP:      {kind.group}"
    yield f"KIND:       {kind.name}"
    yield f"VERSION:    {kind.version}"


def _list(fields: Iterable[Field]) -> Iterator[str]:
    for field in fields:
        yield from _heading(field, "  ")
        yield from _described(field.description)
        yield ""


def _tree(fields: Iterable[Field], indent: str = "  ", *, supported: bool) -> Iterator[str]:
    for field in fields:
        yield from _heading(field, indent)
        below = _shown(field.below(), supported=supported)
        yield from _tree(below, f"{indent}  ", supported=supported)


def _shown(fields: list[Field], *, supported: bool) -> list[Field]:
    return [field for field in fields if field.supported] if supported else fields


def _heading(field: Field, indent: str) -> Iterator[str]:
    required = " -required-" if field.required else ""
    yield f"{indent}{field.name}\t<{type_name(field.shape)}>{required}"
    if field.choices:
        more = ", ...." if len(field.choices) > _SHOWN_CHOICES else ""
        yield f"{indent}enum: {', '.join(field.choices[:_SHOWN_CHOICES])}{more}"


def _described(text: str) -> Iterator[str]:
    for line in text.splitlines():
        for part in textwrap.wrap(line, _WIDTH, break_long_words=False, break_on_hyphens=False):
            yield f"    {part}"
