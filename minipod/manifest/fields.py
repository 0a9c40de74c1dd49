"""An object against Kubernetes' schema: unknown fields, types, required fields, deaf fields.

The result is a new object, well-typed whatever came in: nulls are gone, as Kubernetes' decoder
drops them, and so is every value of a wrong type.
"""

from __future__ import annotations

import difflib
import json
import re
from typing import TYPE_CHECKING, Any, Final

from minipod.manifest.faults import (
    Fault,
    FaultKind,
    Key,
    Path,
    Strictness,
    invalid,
    quoted,
    required,
    unsupported,
)
from minipod.manifest.scalars import shortened
from minipod.schema.policy import ACTED_ON, ENUMS, is_as_usual
from minipod.schema.structure import ListOf, Object, Scalar, Shape

if TYPE_CHECKING:
    from collections.abc import Iterable

NOT_ACTED_ON: Final = "minipod does not act on this field yet"

_QUANTITY = re.compile(
    r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[KMGTPE]i|[numkMGTPE]|[eE][-+]?[0-9]+)?\Z"
)
_FOR_A_SHELL = re.compile(r"[^\w\s./:,=@%+-]")
_ADVISED: Final = 60
"""Characters of a command line that is written out as the list that it should be."""

_QUANTITY_WORDS = (
    "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
)
_WANTED: Final = {
    Scalar.STRING: "a string",
    Scalar.TIME: "a string",
    Scalar.INTEGER: "an integer",
    Scalar.BOOLEAN: "true or false",
    Scalar.QUANTITY: "a quantity",
    Scalar.INT_OR_STRING: "an integer or a string",
}
_TYPES: Final[dict[Scalar, tuple[type, ...]]] = {
    Scalar.STRING: (str,),
    Scalar.TIME: (str,),
    Scalar.INTEGER: (int,),
    Scalar.BOOLEAN: (bool,),
    Scalar.QUANTITY: (str, int, float),
    Scalar.INT_OR_STRING: (int, str),
}
_ZERO: Final[dict[Scalar, Any]] = {Scalar.INTEGER: 0, Scalar.BOOLEAN: False}
_WRONG: Final = object()


class Checked:
    """What a check found, besides the object."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []
        self.ignored: list[Path] = []
        """Fields that are set and that minipod does not act on; none lies within another."""


def check(shape: Object, value: dict[str, Any]) -> tuple[dict[str, Any], Checked]:
    """Return an object that holds what is right, and all that is wrong or not acted on."""
    walk = _Walk()
    return walk.fields(shape, value, (), acted_on=True), walk.found


class _Walk:
    def __init__(self) -> None:
        self.found = Checked()

    def fields(
        self, shape: Object, value: dict[str, Any], path: Path, *, acted_on: bool
    ) -> dict[str, Any]:
        """Check a mapping with known fields."""
        result: dict[str, Any] = {}
        for name, item in value.items():
            field = shape.fields.get(name)
            if field is None:
                self.found.faults.append(_unknown((*path, name), shape.fields))
            elif item is not None:
                below = (*path, name)
                acts = acted_on and self._acts(shape, name, item, below)
                checked = self.value(field, item, below, acted_on=acts)
                if checked is not _WRONG:
                    result[name] = checked
        self._check_required(shape, value, path)
        self._check_enums(shape, result, path)
        return result

    def _acts(self, shape: Object, name: str, item: Any, path: Path) -> bool:
        if name in ACTED_ON[shape.name]:
            return True
        if not is_as_usual(shape.name, name, item):
            self.found.ignored.append(path)
        return False

    def _check_required(self, shape: Object, value: dict[str, Any], path: Path) -> None:
        for name in sorted(shape.required):
            if value.get(name) is None:
                self.found.faults.append(required((*path, name)))

    def _check_enums(self, shape: Object, result: dict[str, Any], path: Path) -> None:
        for name, words in ENUMS.get(shape.name, {}).items():
            if (word := result.get(name, "")) and word not in words:
                self.found.faults.append(unsupported((*path, name), word, words))

    def value(self, shape: Shape, value: Any, path: Path, *, acted_on: bool) -> Any:
        """Check a value of any type; _WRONG if it has another."""
        if isinstance(shape, Scalar):
            return self._scalar(shape, value, path)
        if isinstance(shape, ListOf):
            if not isinstance(value, list):
                return self._wrong_type("a list", value, path)
            items = ((index, item) for index, item in enumerate(value))
            return [self._item(shape.item, i, (*path, n), acted_on=acted_on) for n, i in items]
        if not isinstance(value, dict):
            return self._wrong_type("a mapping", value, path)
        if isinstance(shape, Object):
            return self.fields(shape, value, path, acted_on=acted_on)
        return {
            key: self._item(shape.item, item, (*path, Key(key)), acted_on=acted_on)
            for key, item in value.items()
        }

    def _item(self, shape: Shape, value: Any, path: Path, *, acted_on: bool) -> Any:
        """Check an item; a null one, or one of a wrong type, becomes the type's zero, as in Go."""
        zero = _zero(shape)
        if value is None:
            return self.value(shape, zero, path, acted_on=acted_on)
        checked = self.value(shape, value, path, acted_on=acted_on)
        return zero if checked is _WRONG else checked

    def _scalar(self, shape: Scalar, value: Any, path: Path) -> Any:
        if shape is Scalar.ANY:
            return value
        if type(value) not in _TYPES[shape]:
            return self._wrong_type(_WANTED[shape], value, path)
        if shape is Scalar.QUANTITY:
            return self._quantity(value, path)
        if isinstance(value, str) and "\0" in value:
            self.found.faults.append(invalid(path, value, "must not contain a NUL character"))
        return value

    def _quantity(self, value: str | float, path: Path) -> str:
        text = str(value)
        if not _QUANTITY.match(text):
            self.found.faults.append(invalid(path, text, _QUANTITY_WORDS))
        return text

    def _wrong_type(self, wanted: str, value: Any, path: Path) -> object:
        message = f"must be {wanted}, not {_described(value)}{_advice(wanted, value, path)}"
        quotable = wanted == _WANTED[Scalar.STRING] and isinstance(value, bool | int | float)
        self.found.faults.append(Fault(path, message, FaultKind.TYPE, quotable=quotable))
        return _WRONG


def _zero(shape: Shape) -> Any:
    if isinstance(shape, Scalar):
        return _ZERO.get(shape, "0" if shape is Scalar.QUANTITY else "")
    return [] if isinstance(shape, ListOf) else {}


def _unknown(path: Path, known: Iterable[str]) -> Fault:
    name = str(path[-1])
    by_lower = {field.lower(): field for field in known}
    near = difflib.get_close_matches(name.lower(), by_lower, 1)
    hint = f", did you mean {quoted(by_lower[near[0]])}?" if near else ""
    return Fault(
        path,
        f"unknown field{hint}",
        FaultKind.FORBIDDEN,
        at_key=True,
        strictness=Strictness.UNKNOWN_FIELD,
    )


def _described(value: Any) -> str:
    if isinstance(value, bool):
        return f"the boolean {str(value).lower()}"
    if isinstance(value, int | float):
        return f"the number {value}"
    if isinstance(value, str):
        return f"the text {quoted(shortened(value))}"
    return "a list" if isinstance(value, list) else "a mapping"


def _advice(wanted: str, value: Any, path: Path) -> str:
    if wanted == _WANTED[Scalar.INTEGER] and isinstance(value, str) and value.isdecimal():
        return ": take the quotes away"
    if wanted == _WANTED[Scalar.BOOLEAN] and value in ("true", "false"):
        return ": take the quotes away"
    if isinstance(value, str) and (words := _words(value, path)):
        return f": write it as {json.dumps(words, ensure_ascii=False)}"
    return ""


def _words(line: str, path: Path) -> list[str]:
    """Return a short command line as the list that a command is; a shell's goes to a shell."""
    if path[-1:] not in (("command",), ("args",)) or len(line) > _ADVISED:
        return []
    if not _FOR_A_SHELL.search(line):
        return line.split()
    return ["sh", "-c", line] if path[-1] == "command" else []
