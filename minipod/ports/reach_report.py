"""Who reaches whom, for people: a matrix, or a list when that is too wide, and what to do."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from minipod.ports.reach import Result

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from minipod.ports.reach import Finding, Place, Target

WIDEST = 120
"""Characters of a line up to which a matrix is readable."""

_MOST_NAMES = 3
_UNTESTED = "-"


class Names(NamedTuple):
    """How pods and ports are called; with namespaces if there may be several."""

    namespaces: bool

    def pod(self, place: Place) -> str:
        """Return the pod's name."""
        return f"{place.namespace}/{place.pod}" if self.namespaces else place.pod

    def port(self, target: Target) -> str:
        """Return `pod:port/protocol`."""
        return f"{self.pod(target.place)}:{target.port}/{target.protocol.lower()}"

    def pods(self, places: Sequence[Place], every: int) -> str:
        """Return the names of some pods out of `every`, shortened."""
        if len(places) == every > 1:
            return f"all {every} pods"
        names = [self.pod(place) for place in places]
        more = len(names) - _MOST_NAMES
        if more > 0:
            return f"{', '.join(names[:_MOST_NAMES])} and {more} more"
        return ", ".join(names)


def matrix(findings: Sequence[Finding], names: Names) -> list[list[str]]:
    """Return header and rows: a row for each pod that tries, a column for each port."""
    sources = list(dict.fromkeys(found.source for found in findings))
    targets = list(dict.fromkeys(found.target for found in findings))
    results = {(found.source, found.target): found.result.value for found in findings}
    return [
        ["FROM", *map(names.port, targets)],
        *(
            [names.pod(source), *(results.get((source, to), _UNTESTED) for to in targets)]
            for source in sources
        ),
    ]


def listing(findings: Iterable[Finding], names: Names) -> list[list[str]]:
    """Return header and rows: a row for each result of a port, with those who got it."""
    return [
        ["TO", "RESULT", "FROM"],
        *(
            [names.port(group.target), group.result.value, names.pods(group.sources, group.every)]
            for group in _groups(findings)
        ),
    ]


def summary(findings: Sequence[Finding], names: Names, timeout: float) -> list[str]:
    """Return how many tries had which result, and a line for each port that some do not reach."""
    counts = Counter(found.result for found in findings)
    told = ", ".join(f"{counts[result]} {result}" for result in Result if counts[result])
    return [
        f"{len(findings)} {'try' if len(findings) == 1 else 'tries'}: {told}.",
        *(
            f"{names.port(group.target)}: {_why(group, names, timeout)}"
            for group in _groups(findings)
            if group.result not in {Result.REACHABLE, Result.SILENT}
        ),
    ]


class _Group(NamedTuple):
    """The pods that had one result with a port for one reason, of `every` that tried it."""

    target: Target
    result: Result
    error: str | None
    sources: list[Place]
    every: int


def _groups(findings: Iterable[Finding]) -> Iterator[_Group]:
    """Yield the groups, port by port."""
    by_target: dict[Target, dict[tuple[Result, str | None], list[Place]]] = {}
    for found in findings:
        reasons = by_target.setdefault(found.target, {})
        reasons.setdefault((found.result, found.error), []).append(found.source)
    for target, reasons in by_target.items():
        every = sum(map(len, reasons.values()))
        for (result, error), sources in reasons.items():
            yield _Group(target, result, error, sources, every)


def _why(group: _Group, names: Names, timeout: float) -> str:
    """Return why some pods do not reach a port, and the way out."""
    target, sources = group.target, names.pods(group.sources, group.every)
    listens = ", ".join(sorted(target.listens))
    match group.result:
        case Result.LOCALHOST_ONLY:
            return (
                f"it listens on {listens} only, where no other pod can reach it. "
                "Let it bind 0.0.0.0 instead."
            )
        case Result.REFUSED if not target.listens & {"0.0.0.0", target.place.address}:  # noqa: S104
            return (
                f"refused from {sources}: it listens on {listens} only, and pods call "
                f"{target.place.address}. Let it bind 0.0.0.0 instead."
            )
        case Result.REFUSED:
            return (
                f"refused from {sources}: the program has ended meanwhile, or a firewall rejects. "
                "See with `minipod ports` whether it still listens."
            )
        case Result.NO_ANSWER:
            return (
                f"no answer to {sources} within {timeout:g} s: something drops the packets, or "
                "the program accepts no more connections. Look for rules with `nft list ruleset` "
                "in both pods' namespaces and their node's, and for a full queue with `ss -ltn`."
            )
        case Result.UNTRIED:
            return f"not tried from {sources}: {group.error}."
        case _:
            return (
                f"unreachable from {sources}: {group.error}. Look with `ip route` at the routes "
                "in both pods' namespaces and their node's."
            )
