"""What each field is for, in the words of descriptions.json, and what minipod does with it."""

from __future__ import annotations

from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING, Final, NamedTuple

from minipod.schema.policy import ACTED_ON, ENUMS, REPORTED, SERVER_OWNED
from minipod.schema.structure import ListOf, MapOf, Object, data, types

if TYPE_CHECKING:
    from minipod.schema.structure import Shape

_WRITTEN: Final = frozenset({"Pod", "Namespace"})
"""The kinds that users write; all others are the server's."""

_METADATA: Final = REPORTED["ObjectMeta"] | {"labels", "name", "namespace", "ownerReferences"}
"""What the server fills in of the metadata of its own objects."""

_KIND: Final = ""
_LIKE: Final = "="


class Stance(StrEnum):
    """What minipod does with a field."""

    ACTS = "minipod acts on this field"
    KEEPS = "kept and shown; minipod does not act on it yet"
    SETS = "minipod sets this field"
    OMITS = "minipod does not set this field"


class Field(NamedTuple):
    """A field of a type, at one place in an object."""

    name: str
    of: Object
    stance: Stance

    @property
    def shape(self) -> Shape:
        """The type of its value."""
        return self.of.fields[self.name]

    @property
    def required(self) -> bool:
        """Whether it must be there."""
        return self.name in self.of.required

    @property
    def supported(self) -> bool:
        """Whether minipod does something with it: acts on it, or sets it."""
        return self.stance in (Stance.ACTS, Stance.SETS)

    @property
    def choices(self) -> list[str]:
        """The values that it may have, if those are few."""
        return sorted(ENUMS.get(self.of.name, {}).get(self.name, ()))

    @property
    def description(self) -> str:
        """What it is for, and what minipod does with it: a list item, so that it has its line."""
        stance = f"- {self.stance}"
        words = _words(self.of.name).get(self.name)
        return f"{words}\n{stance}" if words else stance

    def below(self) -> list[Field]:
        """Return the fields of its value, or of the values in it."""
        of = object_in(self.shape)
        return [] if of is None else [self._child(of, name) for name in sorted(of.fields)]

    def _child(self, of: Object, name: str) -> Field:
        if self.stance in (Stance.KEEPS, Stance.OMITS):
            return Field(name, of, self.stance)
        if self.stance is Stance.SETS:
            return Field(name, of, Stance.SETS if name in _reported(of) else Stance.OMITS)
        return Field(name, of, _users(of, name))


def top(kind: str) -> list[Field]:
    """Return the fields of a kind."""
    of = types()[kind]
    if kind in _WRITTEN:
        return [Field(name, of, _users(of, name)) for name in sorted(of.fields)]
    reported = REPORTED.get(kind, of.fields)
    stances = {name: Stance.SETS if name in reported else Stance.OMITS for name in of.fields}
    return [Field(name, of, stances[name]) for name in sorted(of.fields)]


def about(kind: str) -> str:
    """Return what a kind is."""
    return _words(kind)[_KIND]


def object_in(shape: Shape) -> Object | None:
    """Return the type with fields that is in a list, a map or alone; None if it has no fields."""
    while isinstance(shape, ListOf | MapOf):
        shape = shape.item
    return shape if isinstance(shape, Object) else None


def _users(of: Object, name: str) -> Stance:
    """Return the stance towards a field of a type that users write, where minipod acts on it."""
    if name in ACTED_ON.get(of.name, ()):
        return Stance.ACTS
    if name in REPORTED.get(of.name, ()):
        return Stance.SETS
    return Stance.OMITS if of.name == "ObjectMeta" and name in SERVER_OWNED else Stance.KEEPS


def _reported(of: Object) -> frozenset[str]:
    """Return what the server fills in of a type, in what it tells."""
    return _METADATA if of.name == "ObjectMeta" else REPORTED.get(of.name, frozenset(of.fields))


@cache
def _descriptions() -> dict[str, dict[str, str]]:
    return data("descriptions.json")


def _words(type_name: str) -> dict[str, str]:
    own = _descriptions().get(type_name, {})
    return _words(own[_LIKE]) | own if _LIKE in own else own
