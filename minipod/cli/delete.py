"""`minipod delete`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from minipod.cli.options import (
    all_namespaces_option,
    files_option,
    namespace_option,
    offers,
    pass_session,
    selector_option,
    verb,
)
from minipod.cli.output import say_error, tell
from minipod.cli.resources import pod_names
from minipod.cli.session import warn
from minipod.client import deletion
from minipod.errors import NotFound

if TYPE_CHECKING:
    from minipod.cli.session import Session
    from minipod.client import Api
    from minipod.client.deletion import Target

_AT_ONCE = "Immediate deletion does not wait for the programs to end by themselves."


@verb(
    "delete",
    "minipod delete pod web",
    "minipod delete -f pod.yaml",
    "minipod delete pods -l app=web --grace-period 1",
)
@click.argument("resources", nargs=-1, metavar="[pod NAME...]", **offers("resources"))
@files_option(required=False)
@selector_option
@click.option("--all", "every", is_flag=True, help="All pods of the namespace.")
@all_namespaces_option
@namespace_option
@click.option(
    "--grace-period",
    type=click.IntRange(min=-1),
    default=-1,
    metavar="SECONDS",
    help="How long programs may take to end, instead of the pod's own time.",
)
@click.option("--now", is_flag=True, help="The same as --grace-period 1.")
@click.option("--force", is_flag=True, help="Kill at once.")
@click.option(
    "--wait",
    type=bool,
    is_flag=False,
    flag_value="true",
    default=True,
    metavar="BOOL",
    help="Whether to return only when the pods are gone. [default: true]",
)
@click.option("--ignore-not-found", is_flag=True, help="A pod that is not there is no error.")
@pass_session
def delete(  # noqa: PLR0913 (an option each)
    session: Session,
    *,
    resources: tuple[str, ...],
    files: tuple[str, ...],
    selector: str | None,
    every: bool,
    all_namespaces: bool,
    grace_period: int,
    now: bool,
    force: bool,
    wait: bool,
    ignore_not_found: bool,
) -> int:
    """Delete pods: named, of files, by label, or all.

    Programs get SIGTERM, and after the grace period SIGKILL.
    """
    names = pod_names(resources) if resources else []
    _require_one_way(names, files, resources, selected=selector is not None or every)
    grace = _grace(grace_period, now=now, force=force)
    if force:
        warn(_AT_ONCE)
    api = session.api()
    if files:
        targets = _of_files(api, session, files)
    elif names:
        targets = [deletion.Target(session.namespace, name) for name in names]
    else:
        targets = deletion.select(api, None if all_namespaces else session.namespace, selector)
    return _delete(
        api, targets, grace, wait=wait, tolerant=ignore_not_found or not (names or files)
    )


def _delete(
    api: Api, targets: list[Target], grace: int | None, *, wait: bool, tolerant: bool
) -> int:
    """Delete each, then wait for all; `tolerant`: one that is gone already is no error."""
    done = "force deleted" if grace == 0 else "deleted"
    deleted, code = [], 0
    for target in targets:
        try:
            deleted.append(
                api.delete_pod(target.namespace, target.name, grace=grace, uid=target.uid)
            )
        except NotFound as error:
            if not tolerant:
                say_error(error)
                code = 1
        else:
            tell(f'pod "{target.name}" {done}')
    if not targets:
        tell("No resources found")
    if wait:
        deletion.wait(api, deleted)
    return code


def _of_files(api: Api, session: Session, files: tuple[str, ...]) -> list[Target]:
    from minipod.cli.creating import refusing
    from minipod.client.sources import read

    with refusing("deleted"):
        return deletion.of_sources(api, read(files), session.given_namespace)


def _require_one_way(
    names: list[str], files: tuple[str, ...], resources: tuple[str, ...], *, selected: bool
) -> None:
    """Raise UsageError unless the pods are told in exactly one way."""
    if files and (resources or selected):
        raise click.UsageError("--filename cannot be given together with a kind or --selector")
    if names and selected:
        raise click.UsageError("names cannot be given together with --selector or --all")
    if not files and not resources:
        raise click.UsageError("give pod NAME, or --filename")
    if resources and not names and not selected:
        raise click.UsageError("give names, --selector or --all")


def _grace(seconds: int, *, now: bool, force: bool) -> int | None:
    """Return gracePeriodSeconds as kubectl chooses it, None for the pod's own."""
    if now and seconds != -1:
        raise click.UsageError("--now and --grace-period cannot be given together")
    if force and (now or seconds > 0):
        raise click.UsageError("--force cannot be given together with a grace period")
    if force:
        return 0
    if now or seconds == 0:
        return 1
    return None if seconds == -1 else seconds
