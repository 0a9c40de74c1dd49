"""One object, examined: what is right of it, what is wrong, what deserves a warning."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from minipod.manifest import fields
from minipod.manifest.faults import Strictness
from minipod.manifest.remarks import Remark
from minipod.schema.policy import SERVER_OWNED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from minipod.manifest.faults import Fault, Path
    from minipod.manifest.kinds import Kind
    from minipod.model.pod import JSON


class Examined(NamedTuple):
    """The well-typed object, without defaults; valid if there are no faults."""

    obj: JSON
    faults: tuple[Fault, ...]
    remarks: tuple[Remark, ...]


def examine(kind: Kind, value: JSON, namespace: str) -> Examined:
    """Check an object against schema and rules; `namespace` is its own where it names none.

    What the server owns (status, uid, resourceVersion…) is dropped, so that `get -o yaml` can be
    fed back. An unknown field is dropped as well as reported: some requests forgive it.
    """
    obj, found = fields.check(kind.shape(), _without_server_owned(value))
    metadata = obj.setdefault("metadata", {})
    if kind.namespaced:
        metadata["namespace"] = metadata.get("namespace") or namespace
    typed = {fault.path for fault in found.faults}
    faults = found.faults + [f for f in kind.faults(obj) if typed.isdisjoint(_ways(f.path))]
    remarks = [Remark(path, fields.NOT_ACTED_ON) for path in found.ignored]
    if all(fault.strictness is not Strictness.ALWAYS for fault in faults):
        remarks += kind.remarks(obj)
    return Examined(obj, tuple(faults), tuple(remarks))


def _without_server_owned(value: JSON) -> JSON:
    kept = {name: item for name, item in value.items() if name != "status"}
    metadata: Any = kept.get("metadata")
    if isinstance(metadata, dict):
        kept["metadata"] = {n: item for n, item in metadata.items() if n not in SERVER_OWNED}
    return kept


def _ways(path: Path) -> Iterator[Path]:
    """Yield a path and all that lead to it: a fault there says enough."""
    return (path[:length] for length in range(1, len(path) + 1))
