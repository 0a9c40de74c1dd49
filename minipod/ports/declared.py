"""What is to be said of host ports before anything runs: who wants the same, and the way out."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from minipod.errors import Place, Problem
from minipod.model.host_ports import Claim, free_near

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from minipod.model.host_ports import Taken


class DeclaredPort(NamedTuple):
    """A host port in a manifest; `document` tells pods apart that have no name yet."""

    document: int
    claim: Claim
    place: Place
    field: str


class Finding(NamedTuple):
    """A clash, and what to do."""

    problem: Problem
    way_out: str


def findings(
    declared: Sequence[DeclaredPort], taken: Mapping[Claim, Taken], in_use: Collection[int]
) -> Iterator[Finding]:
    """Yield the clashes of host ports between pods of manifests, and with who has them now.

    What clashes within a pod is a remark of its manifest. `in_use` are the numbers of ports that
    are no way out.
    """
    used = {*in_use, *(each.claim.port.host_port for each in declared)}
    for index, each in enumerate(declared):
        for other in declared[:index]:
            if _meet(other, each):
                words = f"hostPort {each.claim.port} is also wanted by {other.claim}"
                way_out = _way_out(each, used, _WAITS)
                yield _finding(each, f"{words}, at {other.place}", way_out)
                break
        found = taken.get(each.claim)
        if found is not None:
            meanwhile = _WAITS if isinstance(found.by, Claim) else "or end that program"
            yield _finding(each, str(found), _way_out(each, used, meanwhile))


_WAITS = "else one of the two pods waits until the other has ended"


def _finding(declared: DeclaredPort, message: str, way_out: str) -> Finding:
    return Finding(Problem(declared.field, message, "FieldValueDuplicate", declared.place), way_out)


def _meet(one: DeclaredPort, other: DeclaredPort) -> bool:
    return one.document != other.document and one.claim.port.overlaps(other.claim.port)


def _way_out(declared: DeclaredPort, used: Collection[int], meanwhile: str) -> str:
    free = free_near(declared.claim.port.host_port, used)
    container = declared.claim.port.container
    whose = f'container "{container}"' if container else "the pod"
    return f"give {whose} another hostPort, {free} is free; {meanwhile}"
