"""Kubernetes' protobuf, as far as its clients insist on it: a Namespace, how to delete, rights.

A body is four bytes of magic and a runtime.Unknown with the object in `raw` (see "Kubernetes
Protobuf encoding" in its API concepts). The field numbers are those of generated.proto in
k8s.io/api/core/v1 and k8s.io/apimachinery.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from minipod.errors import BadRequest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from minipod.model.pod import JSON

MEDIA_TYPE: Final = "application/vnd.kubernetes.protobuf"

_MAGIC: Final = b"k8s\0"
_RAW: Final = 2
_TYPE_META: Final = 1
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_MAX_SHIFT: Final = 63

_TEXT: Final = "text"
_NUMBER: Final = "number"
_MAP: Final = "map"
_TEXTS: Final = "texts"

Message = dict[int, tuple[str, Any]]
"""Fields by number: name in JSON, and type (a word above, or the message that is in it)."""

_METADATA: Final[Message] = {
    1: ("name", _TEXT),
    2: ("generateName", _TEXT),
    3: ("namespace", _TEXT),
    11: ("labels", _MAP),
    12: ("annotations", _MAP),
    14: ("finalizers", _TEXTS),
}
_RESOURCE: Final[Message] = {
    1: ("namespace", _TEXT),
    2: ("verb", _TEXT),
    3: ("group", _TEXT),
    4: ("version", _TEXT),
    5: ("resource", _TEXT),
    6: ("subresource", _TEXT),
    7: ("name", _TEXT),
}
_PATH: Final[Message] = {1: ("path", _TEXT), 2: ("verb", _TEXT)}
_MESSAGES: Final[dict[str, Message]] = {
    "Namespace": {1: ("metadata", _METADATA), 2: ("spec", {1: ("finalizers", _TEXTS)})},
    "DeleteOptions": {
        1: ("gracePeriodSeconds", _NUMBER),
        2: ("preconditions", {1: ("uid", _TEXT), 2: ("resourceVersion", _TEXT)}),
        4: ("propagationPolicy", _TEXT),
        5: ("dryRun", _TEXTS),
    },
    "SelfSubjectAccessReview": {
        2: ("spec", {1: ("resourceAttributes", _RESOURCE), 2: ("nonResourceAttributes", _PATH)}),
    },
    "SelfSubjectRulesReview": {2: ("spec", {1: ("namespace", _TEXT)})},
    "SelfSubjectReview": {},
}


class UnreadKind(Exception):
    """A body has an object of a kind that is not read here."""

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind


def decode(body: bytes) -> JSON:
    """Return the object of a body, as JSON has it. BadRequest, UnreadKind."""
    if not body.startswith(_MAGIC):
        raise BadRequest("cannot read the body: it is no protobuf of Kubernetes")
    try:
        envelope = dict(_fields(body[len(_MAGIC) :]))
        meta = _message(envelope[_TYPE_META], {1: ("apiVersion", _TEXT), 2: ("kind", _TEXT)})
        raw = envelope.get(_RAW, b"")
        if meta.get("kind") not in _MESSAGES:
            raise UnreadKind(meta.get("kind", "an object"))
        return meta | _message(raw, _MESSAGES[meta["kind"]])
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        raise BadRequest("cannot read the body: its protobuf is broken") from error


def _message(data: Any, fields: Message) -> JSON:
    """Return a message's known fields; others are passed over, as protobuf has it."""
    result: JSON = {}
    for number, value in _fields(data):
        if number in fields:
            name, kind = fields[number]
            _add(result, name, kind, value)
    return result


def _add(result: JSON, name: str, kind: Any, value: Any) -> None:
    if kind == _NUMBER:
        result[name] = int(value)
    elif kind == _TEXTS:
        result.setdefault(name, []).append(value.decode())
    elif kind == _MAP:
        entry = dict(_fields(value))
        result.setdefault(name, {})[entry.get(1, b"").decode()] = entry.get(2, b"").decode()
    elif kind == _TEXT:
        if value:
            result[name] = value.decode()
    else:
        result[name] = _message(value, kind)


def _fields(data: bytes) -> Iterator[tuple[int, Any]]:
    """Yield a message's fields: number, and a whole number or bytes. IndexError, KeyError."""
    place = 0
    while place < len(data):
        tag, place = _varint(data, place)
        number, wire = tag >> 3, tag & 7
        if wire == _VARINT:
            value, place = _varint(data, place)
            yield number, value
            continue
        if wire == _BYTES:
            size, place = _varint(data, place)
        else:
            size = {_FIXED64: 8, _FIXED32: 4}[wire]
        if place + size > len(data):
            raise IndexError
        yield number, data[place : place + size]
        place += size


def _varint(data: bytes, place: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[place]
        place += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, place
        shift += 7
        if shift > _MAX_SHIFT:
            raise IndexError
