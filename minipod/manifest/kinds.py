"""The kinds of objects that may be written: each with its fields, rules, warnings and defaults."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from minipod.manifest import rules
from minipod.manifest.defaults import default_namespace, default_pod
from minipod.schema import structure

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from minipod.manifest.faults import Fault
    from minipod.manifest.remarks import Remark
    from minipod.model.pod import JSON
    from minipod.schema.structure import Object


class Kind(NamedTuple):
    """What is to be known of a kind to read an object of it."""

    name: str
    plural: str
    namespaced: bool
    shape: Callable[[], Object]
    faults: Callable[[JSON], Iterator[Fault]]
    remarks: Callable[[JSON], Iterator[Remark]]
    defaulted: Callable[[JSON], JSON]


POD: Final = Kind(
    "Pod",
    "pods",
    namespaced=True,
    shape=structure.pod,
    faults=rules.faults,
    remarks=rules.remarks,
    defaulted=default_pod,
)
NAMESPACE: Final = Kind(
    "Namespace",
    "namespaces",
    namespaced=False,
    shape=structure.namespace,
    faults=rules.namespace_faults,
    remarks=lambda _: iter(()),
    defaulted=default_namespace,
)
KINDS: Final[Mapping[str, Kind]] = {kind.name: kind for kind in (POD, NAMESPACE)}
"""By the name that an object gives."""
