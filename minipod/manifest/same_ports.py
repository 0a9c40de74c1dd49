"""The same port, declared twice in a pod: in Kubernetes' words, with both containers' names.

Containers of a pod share one port space, so of two that listen on it one fails. Kubernetes takes
the declarations, for they are information only (pkg/api/pod/warnings.go); so it is a warning.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from minipod.manifest.faults import path_text
from minipod.manifest.remarks import Remark
from minipod.model.host_ports import free_near
from minipod.model.pod import Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from minipod.manifest.faults import Path
    from minipod.model.pod import JSON


class _Declared(NamedTuple):
    path: Path
    container: str
    port: JSON

    @property
    def place(self) -> tuple[int, str]:
        """What containers of one pod cannot share."""
        return self.port["containerPort"], self.port.get("protocol") or Protocol.TCP


def same_ports(containers: Sequence[tuple[Path, JSON]]) -> Iterator[Remark]:
    """Yield a warning for each port that repeats an earlier one: the first that it repeats."""
    seen: list[_Declared] = []
    for declared in _declared(containers):
        for other in seen:
            words = _words(other, declared) if other.place == declared.place else ""
            if words:
                yield _remark(other, declared, words, [each.place for each in seen])
                break
        seen.append(declared)


def _declared(containers: Sequence[tuple[Path, JSON]]) -> Iterator[_Declared]:
    for path, container in containers:
        for index, port in enumerate(container.get("ports", [])):
            yield _Declared((*path, "ports", index), container["name"], port)


def _words(one: _Declared, other: _Declared) -> str:
    """Return Kubernetes' words for two declarations of one port; none where both may be meant.

    Two host ports may lead to one port of a container. In two containers, it is a clash all the
    same, of which Kubernetes says nothing.
    """
    ports, ips = zip(
        *((each.port.get("hostPort", 0), each.port.get("hostIP", "")) for each in (one, other)),
        strict=True,
    )
    if ports[0] == ports[1] and ips[0] == ips[1]:
        return "duplicate port definition with"
    if 0 in ports:
        return "overlapping port definition with"
    if ports[0] == ports[1] and "" in ips:
        return "dangerously ambiguous port definition with"
    return "" if one.container == other.container else "overlapping port definition with"


def _remark(one: _Declared, other: _Declared, words: str, places: list[tuple[int, str]]) -> Remark:
    number, protocol = other.place
    port = f"{number}/{protocol}"
    if one.container == other.container:
        who = f'container "{one.container}" declares {port} twice'
        return Remark(other.path, f"{words} {path_text(one.path)}: {who}", "leave one of them out")
    who = f'containers "{one.container}" and "{other.container}" both declare {port}'
    free = free_near(number, {taken for taken, of in places if of == protocol})
    way_out = (
        f'let container "{other.container}" listen on another port, {free} for one, '
        "or put the two into two pods"
    )
    return Remark(other.path, f"{words} {path_text(one.path)}: {who}", way_out)
