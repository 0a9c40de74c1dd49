"""The body of a POST to Kubernetes' route for pods, with the API server's answers."""

from __future__ import annotations

import json
from enum import StrEnum
from typing import TYPE_CHECKING, Any, NamedTuple

from minipod.errors import BadRequest, InvalidManifest, InvalidObject
from minipod.manifest.defaults import default_pod
from minipod.manifest.examine import examine
from minipod.manifest.faults import Fault, Kind, Strictness, path_text, quoted
from minipod.manifest.reader import read
from minipod.manifest.text import Source

if TYPE_CHECKING:
    from collections.abc import Sequence

    from minipod.model.pod import JSON


class FieldValidation(StrEnum):
    """The query parameter fieldValidation: what becomes of unknown and repeated fields."""

    STRICT = "Strict"
    WARN = "Warn"
    IGNORE = "Ignore"


class DecodedPod(NamedTuple):
    """A valid Pod with its defaults, and the texts for Warning headers."""

    obj: JSON
    warnings: tuple[str, ...]


def decode_pod(
    body: bytes | str | JSON,
    *,
    namespace: str,
    validation: FieldValidation = FieldValidation.WARN,
) -> DecodedPod:
    """Return the Pod of a request to `namespace`, from JSON, YAML or an object.

    InvalidManifest (400) if it cannot be read, BadRequest (400) for what is no Pod, another
    namespace, wrong types and, if strict, unknown fields; InvalidObject (422) for wrong values.
    """
    value, repeated = _value(body)
    examined = examine(_as_pod(value), namespace)
    faults = repeated + examined.faults
    _refuse_types(faults)
    lenient = [_strict_words(fault) for fault in faults if _is_lenient(fault)]
    if lenient and validation is FieldValidation.STRICT:
        raise BadRequest(f"{_CANNOT}: strict decoding error: {', '.join(lenient)}")
    own = examined.obj["metadata"]["namespace"]
    if own != namespace:
        raise BadRequest(
            "the namespace of the provided object does not match the namespace sent on the request"
        )
    _refuse_values(examined.obj, [fault for fault in faults if not _is_lenient(fault)])
    warnings = [f"{path_text(remark.path)}: {remark.message}" for remark in examined.remarks]
    if validation is FieldValidation.WARN:
        warnings = lenient + warnings
    return DecodedPod(default_pod(examined.obj), tuple(warnings))


_CANNOT = 'Pod in version "v1" cannot be handled as a Pod'


def _value(body: bytes | str | JSON) -> tuple[Any, tuple[Fault, ...]]:
    text = json.dumps(body) if isinstance(body, dict) else body
    reading = read(Source("body", text))
    if reading.problems:
        raise InvalidManifest(reading.problems)
    trees = [tree for tree in reading.trees if tree.value is not None]
    if len(trees) != 1:
        raise BadRequest(f"cannot create a pod: the body holds {len(trees)} objects, not one")
    return trees[0].value, trees[0].faults


def _as_pod(value: Any) -> JSON:
    """Return a body as a Pod; one that does not say its kind is taken for one, as in Kubernetes."""
    if not isinstance(value, dict):
        raise BadRequest("cannot create a pod: the body is no object")
    version, kind = value.get("apiVersion") or "v1", value.get("kind") or "Pod"
    if (version, kind) != ("v1", "Pod"):
        raise BadRequest(f"{kind} in version {quoted(version)} cannot be handled as a Pod")
    return {**value, "apiVersion": "v1", "kind": "Pod"}


def _is_lenient(fault: Fault) -> bool:
    return fault.strictness is not Strictness.ALWAYS


def _strict_words(fault: Fault) -> str:
    return f'{fault.strictness.value} "{path_text(fault.path)}"'


def _refuse_types(faults: Sequence[Fault]) -> None:
    wrong = [str(fault.cause()) for fault in faults if fault.kind is Kind.TYPE]
    if wrong:
        raise BadRequest(f"{_CANNOT}: {', '.join(wrong)}")


def _refuse_values(obj: JSON, faults: Sequence[Fault]) -> None:
    if not faults:
        return
    causes = [fault.cause() for fault in faults]
    lines = ", ".join(map(str, causes))
    name = obj["metadata"].get("name") or obj["metadata"].get("generateName", "")
    all_of_them = lines if len(causes) == 1 else f"[{lines}]"
    raise InvalidObject(f"Pod {quoted(name)} is invalid: {all_of_them}", causes)
