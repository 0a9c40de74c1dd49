"""`minipod check`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from minipod.cli.arguments.resources import pod_name
from minipod.cli.options import (
    all_namespaces_option,
    namespace_option,
    offers,
    output_option,
    pass_session,
    verb,
)
from minipod.cli.printing.output import as_json, say, table, tell
from minipod.errors import Conflict
from minipod.ports.reach import Place, attempts, targets
from minipod.ports.reach import as_json as row

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from minipod.cli.session import Session
    from minipod.client import Api
    from minipod.ports.reach import Finding

    JSON = dict[str, Any]


@verb("check", "minipod check", "minipod check web -o json", "minipod check -A")
@click.argument("pods", nargs=-1, metavar="[POD]...", **offers("pods"))
@output_option("json")
@click.option(
    "--timeout",
    type=click.FloatRange(min=0, min_open=True),
    default=1.0,
    metavar="SECONDS",
    help="How long to wait for an answer. [default: 1]",
)
@namespace_option
@all_namespaces_option
@pass_session
def check(
    session: Session,
    *,
    pods: tuple[str, ...],
    output: str | None,
    timeout: float,
    all_namespaces: bool,
) -> int:
    """Try every port of every pod from every pod.

    Each running pod calls each TCP and UDP port that pods listen on, at the pod's address, its own
    too. With POD, only what that pod calls and what calls it. A UDP port that is silent may be
    open. The exit code is 1 if a port cannot be reached; one that listens on localhost only counts
    if a container declares it.
    """
    from minipod.client.ports import check as checking

    if pods and all_namespaces:
        raise click.UsageError("a pod cannot be given together with --all-namespaces")
    api = session.api()
    namespace = None if all_namespaces else session.namespace
    known = api.pods(namespace)["items"]
    places = [_place(pod) for pod in known if _runs(pod)]
    names = {pod["metadata"]["name"]: pod for pod in known}
    about = {_named(api, names, pod_name(word), session.namespace) for word in pods}
    planned = attempts(places, targets(api.ports(namespace), places), about)
    found = checking.check(session.root, planned, timeout)
    if output == "json":
        tell(as_json([row(one) for one in found]))
    elif found:
        _print(found, timeout, everywhere=all_namespaces)
    else:
        say("No ports: nothing listens.")
    return int(any(one.bad for one in found))


def _runs(pod: JSON) -> bool:
    status = pod.get("status") or {}
    return status.get("phase") == "Running" and bool(status.get("podIP"))


def _place(pod: JSON) -> Place:
    meta = pod["metadata"]
    return Place(meta["namespace"], meta["name"], meta["uid"], pod["status"]["podIP"])


def _named(api: Api, known: Mapping[str, JSON], name: str, namespace: str) -> Place:
    """Return the place of a pod. NotFound, Conflict if it does not run."""
    pod = known.get(name) or api.pod(namespace, name)
    if not _runs(pod):
        phase = (pod.get("status") or {}).get("phase", "Pending")
        raise Conflict(f'cannot check pod "{name}": it is not running. Current status={phase}')
    return _place(pod)


def _print(found: Sequence[Finding], timeout: float, *, everywhere: bool) -> None:
    from minipod.ports.reach_report import WIDEST, Names, listing, matrix, summary

    names = Names(namespaces=everywhere)
    header, *rows = matrix(found, names)
    shown = table(header, rows)
    if max(map(len, shown.splitlines())) > WIDEST:
        header, *rows = listing(found, names)
        shown = table(header, rows)
    tell(shown)
    tell("\n" + "\n".join(summary(found, names, timeout)))
