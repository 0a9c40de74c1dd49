"""Label and field selectors: the grammar of Kubernetes' labels.Parse and fields.ParseSelector."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple, Protocol

from minipod.errors import BadRequest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from minipod.model.pod import JSON

_NAME = r"[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?"
_KEY = re.compile(rf"(?:[a-z0-9](?:[-a-z0-9.]{{0,251}}[a-z0-9])?/)?{_NAME}")
_VALUE = re.compile(rf"(?:{_NAME})?")
_WORD = r"[^\s,()=!<>]+"
_SET = re.compile(rf"({_WORD})\s+(in|notin)\s*\(([^()]*)\)")
_COMPARISON = re.compile(rf"({_WORD})\s*(==|=|!=)\s*([^\s,()=!<>]*)")
_ORDER = re.compile(rf"({_WORD})\s*([<>])\s*([^\s,()=!<>]*)")
_INTEGER = re.compile(r"[-+]?[0-9]{1,18}")
_EXISTENCE = re.compile(rf"(!?)\s*({_WORD})")
_FIELD = re.compile(r"((?:\\.|[^\\=!])*?)(==|!=|=)((?:\\.|[^\\])*)", re.DOTALL)


class Selectable(Protocol):
    """A kind of objects; `fields` are those that may be selected by, with their paths."""

    @property
    def plural(self) -> str:
        """What several are called."""

    @property
    def fields(self) -> Mapping[str, tuple[str, ...]]:
        """Each field's name and path."""


class Requirement(NamedTuple):
    """One condition: the value is among `values` (None: any) — or, negated, is not there so."""

    key: str
    values: frozenset[str] | None
    negated: bool = False

    def holds(self, value: str | None) -> bool:
        """Return whether it holds for a value; None: there is none."""
        found = value is not None and (self.values is None or value in self.values)
        return found is not self.negated


class Order(NamedTuple):
    """One condition on a label that is a whole number: more than a bound, or less."""

    key: str
    bound: int
    more: bool

    def holds(self, value: str | None) -> bool:
        """Return whether it holds for a value; None, and what is no number, never does."""
        if value is None or not _INTEGER.fullmatch(value):
            return False
        return int(value) > self.bound if self.more else int(value) < self.bound


class Selector(NamedTuple):
    """Which objects: all requirements on labels and on fields must hold."""

    labels: tuple[Requirement | Order, ...] = ()
    fields: tuple[Requirement, ...] = ()
    paths: Mapping[str, tuple[str, ...]] = {}

    @property
    def everything(self) -> bool:
        """Whether every object matches."""
        return not self.labels and not self.fields

    def matches(self, obj: JSON) -> bool:
        """Return whether an object is meant."""
        if self.everything:
            return True
        labels = obj["metadata"].get("labels") or {}
        return all(each.holds(labels.get(each.key)) for each in self.labels) and all(
            each.holds(_field(obj, self.paths[each.key])) for each in self.fields
        )


def parse(resource: Selectable, labels: str, fields: str) -> Selector:
    """Return the selector of a request for a resource. BadRequest."""
    wanted = parse_fields(fields)
    for each in wanted:
        if each.key not in resource.fields:
            raise BadRequest(
                f'cannot select by field "{each.key}": field label not supported: {each.key}',
                hint=f"{resource.plural} know {', '.join(sorted(resource.fields))}",
            )
    return Selector(parse_labels(labels), wanted, resource.fields)


def parse_labels(text: str) -> tuple[Requirement | Order, ...]:
    """Return the requirements of a label selector. BadRequest."""
    result: list[Requirement | Order] = []
    position, end = _skip_space(text, 0), len(text)
    while position < end:
        requirement, position = _label_requirement(text, position)
        result.append(requirement)
        position = _skip_space(text, position)
        if position == end:
            break
        if text[position] != ",":
            raise _bad_labels(text, f'found "{text[position]}", expected "," or the end')
        position = _skip_space(text, position + 1)
        if position == end:
            raise _bad_labels(text, 'nothing follows the last ","')
    return tuple(result)


def _label_requirement(text: str, position: int) -> tuple[Requirement | Order, int]:
    if match := _SET.match(text, position):
        key, operator, inside = match.groups()
        values = [value.strip() for value in inside.split(",")]
        negated = operator == "notin"
    elif match := _COMPARISON.match(text, position):
        key, operator, value = match.groups()
        values, negated = [value], operator == "!="
    elif match := _ORDER.match(text, position):
        return _order(text, *match.groups()), match.end()
    elif match := _EXISTENCE.match(text, position):
        key = _checked_key(text, match[2])
        return Requirement(key, None, negated=bool(match[1])), match.end()
    else:
        raise _bad_labels(text, f'found "{text[position:]}", expected a label')
    for value in values:
        if not _VALUE.fullmatch(value):
            raise _bad_labels(text, f'"{value}" is not a label\'s value')
    return Requirement(_checked_key(text, key), frozenset(values), negated), match.end()


def _order(text: str, key: str, operator: str, value: str) -> Order:
    if not _INTEGER.fullmatch(value):
        raise _bad_labels(text, f'"{value}" is not a whole number, as "{operator}" wants it')
    return Order(_checked_key(text, key), int(value), more=operator == ">")


def parse_fields(text: str) -> tuple[Requirement, ...]:
    r"""Return the requirements of a field selector; `\` escapes. BadRequest."""
    result = []
    for term in re.findall(r"(?:\\.|[^\\,])+", text):
        match = _FIELD.fullmatch(term.strip())
        if match is None:
            raise BadRequest(
                f'cannot read the field selector "{text}": "{term}" is no comparison',
                hint="write it as status.phase=Running or status.phase!=Running",
            )
        key, operator, value = match.groups()
        wanted = frozenset({re.sub(r"\\(.)", r"\1", value)})
        result.append(Requirement(key, wanted, negated=operator == "!="))
    return tuple(result)


def _checked_key(text: str, key: str) -> str:
    if not _KEY.fullmatch(key):
        raise _bad_labels(text, f'"{key}" is not a label')
    return key


def _bad_labels(text: str, cause: str) -> BadRequest:
    return BadRequest(
        f'cannot read the label selector "{text}": {cause}',
        hint="write it as app=web,tier!=db,env in (test,dev),canary,!legacy",
    )


def _skip_space(text: str, position: int) -> int:
    while position < len(text) and text[position].isspace():
        position += 1
    return position


def _field(obj: JSON, path: tuple[str, ...]) -> str:
    """Return a field as text; one that is not set is empty, as in Kubernetes."""
    value: object = obj
    for step in path:
        value = value.get(step) if isinstance(value, dict) else None
    return "" if value is None else str(value)
