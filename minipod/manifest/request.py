"""The body of a POST or PUT to Kubernetes' routes, with the API server's answers."""

from __future__ import annotations

import json
from enum import StrEnum
from typing import TYPE_CHECKING, Any, NamedTuple

from minipod.errors import BadRequest, InvalidManifest, InvalidObject
from minipod.manifest.examine import examine
from minipod.manifest.faults import Fault, FaultKind, Strictness, path_text, quoted
from minipod.manifest.reader import read
from minipod.manifest.text import Source

if TYPE_CHECKING:
    from collections.abc import Sequence

    from minipod.manifest.kinds import Kind
    from minipod.model.pod import JSON


class FieldValidation(StrEnum):
    """The query parameter fieldValidation: what becomes of unknown and repeated fields."""

    STRICT = "Strict"
    WARN = "Warn"
    IGNORE = "Ignore"


class DecodedObject(NamedTuple):
    """A valid object with its defaults, and the texts for Warning headers.

    `sent` is its metadata as it came, with what only the server sets.
    """

    obj: JSON
    warnings: tuple[str, ...]
    sent: JSON


def decode_object(
    kind: Kind,
    body: bytes | str | JSON,
    *,
    namespace: str = "",
    validation: FieldValidation = FieldValidation.WARN,
) -> DecodedObject:
    """Return the object of a request to `namespace`, from JSON, YAML or an object.

    InvalidManifest (400) if it cannot be read, BadRequest (400) for another kind or namespace,
    wrong types and, if strict, unknown fields; InvalidObject (422) for wrong values.
    """
    value, repeated = _value(body)
    sent = _of_kind(kind, value)
    examined = examine(kind, sent, namespace)
    faults = repeated + examined.faults
    _refuse_types(kind, faults)
    lenient = [_strict_words(fault) for fault in faults if _is_lenient(fault)]
    if lenient and validation is FieldValidation.STRICT:
        raise BadRequest(f"{_cannot(kind)}: strict decoding error: {', '.join(lenient)}")
    if examined.obj["metadata"].get("namespace", "") != namespace:
        raise BadRequest(
            "the namespace of the provided object does not match the namespace sent on the request"
        )
    refuse(examined.obj, [fault for fault in faults if not _is_lenient(fault)])
    warnings = [f"{path_text(remark.path)}: {remark.message}" for remark in examined.remarks]
    if validation is FieldValidation.WARN:
        warnings = lenient + warnings
    return DecodedObject(kind.defaulted(examined.obj), tuple(warnings), sent.get("metadata") or {})


def refuse(obj: JSON, faults: Sequence[Fault]) -> None:
    """Raise InvalidObject, in the API server's words, if there are faults."""
    if not faults:
        return
    causes = [fault.cause() for fault in faults]
    lines = ", ".join(map(str, causes))
    kind, meta = obj["kind"], obj["metadata"]
    name = meta.get("name") or meta.get("generateName", "")
    all_of_them = lines if len(causes) == 1 else f"[{lines}]"
    message = f"{kind} {quoted(name)} is invalid: {all_of_them}"
    raise InvalidObject(message, causes, of=(kind, name))


def _cannot(kind: Kind) -> str:
    return f'{kind.name} in version "v1" cannot be handled as a {kind.name}'


def _value(body: bytes | str | JSON) -> tuple[Any, tuple[Fault, ...]]:
    text = json.dumps(body) if isinstance(body, dict) else body
    reading = read(Source("body", text))
    if reading.problems:
        raise InvalidManifest(reading.problems)
    trees = [tree for tree in reading.trees if tree.value is not None]
    if len(trees) != 1:
        raise BadRequest(f"cannot read: the body holds {len(trees)} objects, not one")
    return trees[0].value, trees[0].faults


def _of_kind(kind: Kind, value: Any) -> JSON:
    """Return a body as an object; one that does not say its kind is taken for one, as there."""
    if not isinstance(value, dict):
        raise BadRequest("cannot read: the body is no object")
    version, own = value.get("apiVersion") or "v1", value.get("kind") or kind.name
    if (version, own) != ("v1", kind.name):
        raise BadRequest(f"{own} in version {quoted(version)} cannot be handled as a {kind.name}")
    return {**value, "apiVersion": "v1", "kind": kind.name}


def _is_lenient(fault: Fault) -> bool:
    return fault.strictness is not Strictness.ALWAYS


def _strict_words(fault: Fault) -> str:
    return f'{fault.strictness.value} "{path_text(fault.path)}"'


def _refuse_types(kind: Kind, faults: Sequence[Fault]) -> None:
    wrong = [str(fault.cause()) for fault in faults if fault.kind is FaultKind.TYPE]
    if wrong:
        raise BadRequest(f"{_cannot(kind)}: {', '.join(wrong)}")
