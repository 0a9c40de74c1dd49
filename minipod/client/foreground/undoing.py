"""Removing what files name, or what one `up` made."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING, Any

from minipod.client.changes.deletion import Deletion
from minipod.client.kinds import NAMESPACES, PODS, Where
from minipod.client.streams.ending import EndedBySignal
from minipod.client.waits import deletion
from minipod.client.waits.patience import patiently
from minipod.errors import Conflict, NotFound

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

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


@contextmanager
def undone(api: Api, made: Sequence[Target]) -> Iterator[None]:
    """Remove pods again, those that `made` has by then, if what is done within fails."""
    try:
        yield
    except EndedBySignal:  # the third: nobody waits any more
        raise
    except BaseException:
        deletion.wait(api, [pod for _, pod in begin(api, made, None)])
        raise


def empty_namespaces(api: Api, targets: Iterable[Target]) -> Iterator[tuple[Target, bool]]:
    """Delete namespaces that hold no pods; yield each that is there, and whether it went."""
    for target in targets:
        if target.kind is NAMESPACES:
            went = patiently(partial(_empty_namespace, api, target))
            if went is not None:
                yield target, went


def _empty_namespace(api: Api, target: Target) -> bool | None:
    """Delete a namespace that holds no pods; return whether it went, None if it is not there."""
    if api.find(NAMESPACES, "", target.name) is None:
        return None
    if api.list_of(PODS, Where(target.name))["items"]:
        return False
    with suppress(NotFound):  # somebody was quicker
        deletion.wait(api, [api.delete(NAMESPACES, "", target.name)])
    return True
