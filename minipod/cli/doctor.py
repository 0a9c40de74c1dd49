"""`minipod doctor`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from minipod.cli.options import output_option, pass_session, verb
from minipod.cli.output import as_json, tell

if TYPE_CHECKING:
    from collections.abc import Iterator

    from minipod.cli.session import Session

    JSON = dict[str, Any]


@verb("doctor", "minipod doctor", "minipod doctor --measure -o json")
@click.option("--measure", is_flag=True, help="Measure the cost again.")
@output_option("json")
@pass_session
def doctor(session: Session, *, measure: bool, output: str | None) -> None:
    """Say how refused binds are seen on this machine, and what that costs.

    The cost is measured once after each boot, and again with --measure. That takes some seconds,
    and for half of them the binds of pods are not seen. -o json has nanoseconds too.
    """
    report = session.api().own.doctor(measure=measure)
    if output is not None:
        tell(as_json(report))
        return
    tell("\n".join(_lines(report["watcher"])))


def _lines(watcher: JSON) -> Iterator[str]:
    process = "" if watcher["pid"] is None else f" (pid {watcher['pid']})"
    yield f"Refused binds are seen by: {watcher['mechanism']}{process}"
    if watcher["trouble"] is not None:
        yield f"  there is no watcher: {watcher['trouble']}"
    for name, reason in watcher["reasons"].items():
        yield f"  not {name.replace('_', ' ')}: {reason}"
    for missing in watcher["missing"]:
        yield f"  not seen: {missing}"
    yield f"Lost, for memory was full: {watcher['lost']}"
    yield from _cost(watcher["cost"])


def _cost(cost: JSON | None) -> Iterator[str]:
    if cost is None:
        yield "Cost: not measured"
        return
    yield f"Cost of a bind in a pod: {cost['bindRatio']:.2f} x"
    yield f"Cost of any other system call, anywhere: {cost['otherRatio']:.2f} x"
