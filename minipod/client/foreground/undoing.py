"""Removing what files name, or what one `up` made."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

from minipod.client.api import Deletion
from minipod.client.kinds import NAMESPACES, PODS, Where
from minipod.client.waits import deletion
from minipod.client.waits.patience import patiently
from minipod.errors import Conflict, NotFound

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from minipod.client.api import Api
    from minipod.client.targets import Target

    JSON = dict[str, Any]


def begin(api: Api, targets: Iterable[Target], grace: int | None) -> Iterator[tuple[Target, JSON]]:
    """Ask pods to end; yield each with the object as it is then, unless it was gone already."""
    for target in targets:
        if target.kind is PODS:
            wanted = Deletion(grace, target.uid)
            delete = partial(api.delete, PODS, target.namespace, target.name, wanted)
            with suppress(NotFound, Conflict):  # Conflict: another pod has its name by now
                yield target, patiently(delete)


def empty_namespaces(api: Api, targets: Iterable[Target]) -> Iterator[tuple[Target, bool]]:
    """Delete namespaces that hold no pods; yield each that is there, and whether it went."""
    for target in targets:
        if target.kind is not NAMESPACES or api.find(NAMESPACES, "", target.name) is None:
            continue
        if api.list_of(PODS, Where(target.name))["items"]:
            yield target, False
            continue
        gone = api.delete(NAMESPACES, "", target.name, Deletion())
        deletion.wait(api, [gone])
        yield target, True
