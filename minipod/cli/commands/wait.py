"""`minipod wait`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from minipod.cli.options import (
    Timeout,
    all_namespaces_option,
    fields_option,
    files_option,
    namespace_option,
    offers,
    pass_session,
    selector_option,
    verb,
)
from minipod.cli.printing.form import form_options
from minipod.cli.printing.output import say_error
from minipod.client.kinds import KINDS, Where
from minipod.errors import BadRequest

if TYPE_CHECKING:
    from collections.abc import Iterable

    from minipod.cli.arguments.resources import Selection
    from minipod.cli.printing.form import Form
    from minipod.cli.printing.results import Results
    from minipod.cli.session import Session
    from minipod.client import Api
    from minipod.client.targets import Target
    from minipod.client.waits.waiting import Outcome
    from minipod.errors import MinipodError


@verb(
    "wait",
    "minipod wait pod/web --for=condition=Ready",
    "minipod wait pods -l app=web --for=condition=Ready=false --timeout=60s",
    "minipod wait pod/web --for=jsonpath='{.status.phase}'=Succeeded",
    "minipod wait -f pod.yaml --for=delete",
)
@click.argument(
    "resources", nargs=-1, metavar="[KIND NAME... | KIND/NAME...]", **offers("resources")
)
@files_option(required=False)
@selector_option
@fields_option
@click.option("--all", "every", is_flag=True, help="All of the kind in the namespace.")
@all_namespaces_option
@namespace_option
@click.option(
    "--for",
    "wanted",
    required=True,
    metavar="CONDITION",
    help="create, delete, condition=TYPE[=STATUS], or jsonpath='{PATH}'[=VALUE].",
)
@click.option(
    "--timeout",
    type=Timeout(),
    default="30s",
    metavar="TIME",
    help="How long: 0 looks once, less is a week. [default: 30s]",
)
@form_options("Print the objects that met it: yaml, json, name, or a template, as of get.")
@pass_session
def wait(  # noqa: PLR0913 (an option each)
    session: Session,
    *,
    resources: tuple[str, ...],
    files: tuple[str, ...],
    recursive: bool,
    selector: str | None,
    fields: str | None,
    every: bool,
    all_namespaces: bool,
    wanted: str,
    timeout: float,
    output: Form,
) -> int:
    """Wait until objects are there, are gone, or are in a state.

    A condition's status is True unless another is given. A jsonpath without a value waits until
    there is one. All that is waited for has to come within the timeout; the exit code is 1 if it
    does not.
    """
    from minipod.cli.printing.results import results
    from minipod.cli.telling.awaiting import awaiting
    from minipod.client.waits import conditions, waiting
    from minipod.client.waits.conditions import Created, Deleted

    chosen = _chosen(resources, files, selected=bool(selector or fields), every=every)
    condition = conditions.parse(wanted)
    printed = results(output)
    api = session.api()
    where = Where(None if all_namespaces else session.namespace, selector, fields)
    if isinstance(condition, Created) and not files:
        _wait_any(api, chosen, where, timeout)
    targets = (
        _of_files(api, session, files, recursive=recursive)
        if files
        else _targets(api, chosen, where, session.namespace)
    )
    if not targets and not isinstance(condition, Deleted):
        raise BadRequest("no matching resources found")
    outcomes = waiting.wait(api, targets, condition, timeout)
    return _report(awaiting(outcomes, targets), printed)


def _report(outcomes: Iterable[Outcome], printed: Results) -> int:
    """Print what is met as it comes, and at the end what is not; return the exit code."""
    failed: list[MinipodError] = []
    for target, obj, error in outcomes:
        if error is not None:
            failed.append(error)
        elif obj is not None:  # of what never was, kubectl does not say that it is gone
            kind = {"apiVersion": target.kind.api_version, "kind": target.kind.name}
            printed.add(kind | obj, "condition met")
    for error in failed:
        say_error(error)
    return int(bool(failed))


def _chosen(
    resources: tuple[str, ...], files: tuple[str, ...], *, selected: bool, every: bool
) -> list[Selection]:
    """Return what the words name: nothing if files do. UsageError unless it is one of both."""
    from minipod.cli.arguments.resources import selections

    if files and resources:
        raise click.UsageError("kinds and names cannot be given together with --filename")
    if not files and not resources:
        raise click.UsageError("give objects: KIND NAME, KIND --all, or --filename")
    chosen = selections(resources, KINDS) if resources else []
    for selection in chosen:
        if selection.names and selected:
            raise click.UsageError("names cannot be given together with a selector")
        if not (selection.names or selected or every):
            raise click.UsageError("resource(s) were provided, but no name was specified")
    return chosen


def _wait_any(api: Api, chosen: Iterable[Selection], where: Where, timeout: float) -> None:
    """Wait until there is something of each kind without names."""
    from minipod.client.waits import waiting

    until = waiting.deadline(timeout)
    for selection in chosen:
        if not selection.names:
            waiting.wait_any(api, selection.kind, where, until)


def _targets(api: Api, chosen: Iterable[Selection], where: Where, namespace: str) -> list[Target]:
    from minipod.client.targets import Target, selected

    return [
        target
        for kind, names in chosen
        for target in (
            [Target(kind, namespace, name) for name in names] or selected(api, kind, where)
        )
    ]


def _of_files(
    api: Api, session: Session, files: tuple[str, ...], *, recursive: bool
) -> list[Target]:
    from minipod.cli.submitting import refusing
    from minipod.client import targets
    from minipod.client.manifests.sources import read

    with refusing("waited for"):
        return targets.of_sources(api, read(files, recursive=recursive), session.given_namespace)
