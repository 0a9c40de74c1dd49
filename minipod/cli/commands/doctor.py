"""`minipod doctor`."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

import click

from minipod.cli.options import output_option, pass_session, verb
from minipod.cli.printing.output import as_json, say_error, tell, tell_styled
from minipod.errors import MinipodError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from minipod.cli.session import Session

    JSON = dict[str, Any]


@verb("doctor", "minipod doctor", "minipod doctor --all", "minipod doctor -o json")
@click.option("--all", "every", is_flag=True, help="List what is well, too.")
@click.option("--measure", is_flag=True, help="Measure anew what seeing refused binds costs.")
@output_option("json")
@pass_session
def doctor(session: Session, *, every: bool, measure: bool, output: str | None) -> int:
    """Say what on this machine would break pods, and how to mend it.

    It needs no server, and little without root. If something fails, the exit code is 1.

    A server that runs also says how refused binds are seen, and what that costs: measured once
    after each boot, and again with --measure, which starts a server. That takes some seconds, and
    for half of them the binds of pods are not seen.
    """
    from minipod.cli.printing.findings import failed, lines
    from minipod.client.server.host_checks import look

    served, trouble = _served(session, measure=measure)
    wanted = session.cluster_cidr or served.get("clusterCIDR")
    findings = look(session.root, wanted, ("minipod", *_root(session.root), *sys.argv[1:]))
    if output is not None:
        tell(as_json({"checks": findings, "watcher": served.get("watcher")}))
    else:
        told = lines(findings, every=every or session.verbosity > 0)
        tell_styled("\n".join((*told, "", *_watcher(served))))
    if trouble is not None:
        say_error(trouble)
    return int(failed(findings) or trouble is not None)


def _root(root: str) -> tuple[str, ...]:
    """Return the option for a root that the environment names, which sudo would not hand on."""
    named = any(word.startswith("--root") for word in sys.argv)
    return ("--root", root) if os.environ.get("MINIPOD_ROOT") and not named else ()


def _served(session: Session, *, measure: bool) -> tuple[JSON, MinipodError | None]:
    """Return what a server says, if there is one, and why it does not."""
    if os.geteuid() != 0:
        return {}, None
    from minipod.cli.telling.progress import Waiting

    try:
        api = session.api(start=measure)
        if not measure and not api.answers():
            return {}, None
        with Waiting(lambda: "measuring what it costs to see refused binds"):
            return api.own.doctor(measure=measure), None
    except MinipodError as error:
        return {}, error


def _watcher(served: JSON) -> Iterator[str]:
    if not served:
        yield "Refused binds: no server runs that could say how they are seen"
        return
    watcher = served["watcher"]
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
