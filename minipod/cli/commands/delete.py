"""`minipod delete`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from minipod.cli.arguments.targets import Meant, each, require_one_way, targets
from minipod.cli.options import (
    Timeout,
    all_namespaces_option,
    dry_run_option,
    files_option,
    namespace_option,
    offers,
    pass_session,
    selector_option,
    verb,
)
from minipod.cli.printing.output import tell
from minipod.cli.printing.results import DryRun, deletions
from minipod.cli.session import warn
from minipod.cli.telling.gone import wait_gone
from minipod.client.changes.deletion import Deletion
from minipod.client.kinds import CHANGEABLE
from minipod.errors import NotFound

if TYPE_CHECKING:
    from minipod.cli.session import Session
    from minipod.client import Api
    from minipod.client.targets import Target

    JSON = dict[str, Any]

_AT_ONCE = "Immediate deletion does not wait for the programs to end by themselves."


@verb(
    "delete",
    "minipod delete pod web",
    "minipod delete -f pod.yaml",
    "minipod delete pods -l app=web --grace-period 1",
    "minipod delete namespace lab",
)
@click.argument("resources", nargs=-1, metavar="[KIND NAME...]", **offers("resources"))
@files_option(required=False)
@selector_option
@click.option("--all", "every", is_flag=True, help="All of the kind, in the namespace.")
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
    help="Whether to return only when all are gone. [default: true]",
)
@click.option(
    "--timeout",
    type=Timeout(),
    default="0s",
    metavar="TIME",
    help="How long to wait for that at most: 0 is as long as it takes. [default: 0s]",
)
@click.option("--ignore-not-found", is_flag=True, help="One that is not there is no error.")
@dry_run_option
@click.option("-o", "--output", type=click.Choice(("name",)), help="Print names only.")
@pass_session
def delete(  # noqa: PLR0913 (an option each)
    session: Session,
    *,
    resources: tuple[str, ...],
    files: tuple[str, ...],
    recursive: bool,
    selector: str | None,
    every: bool,
    all_namespaces: bool,
    grace_period: int,
    now: bool,
    force: bool,
    wait: bool,
    timeout: float,
    ignore_not_found: bool,
    dry_run: str,
    output: str | None,
) -> int:
    """Delete pods and namespaces: named, of files, by label, or all.

    Programs get SIGTERM, and after the grace period SIGKILL. With a namespace goes all that is in
    it.
    """
    meant = Meant(resources, files, recursive, selector, every, all_namespaces)
    require_one_way(meant)
    dry = DryRun(dry_run)
    wanted = Deletion(_grace(grace_period, now=now, force=force), dry_run=dry is DryRun.SERVER)
    if force:
        warn(_AT_ONCE)
    api = session.api()
    found = _targets(api, session, meant)
    if not found:
        tell("No resources found")
    done = "force deleted" if wanted.grace == 0 else "deleted"
    printed, deleted = deletions(output, dry), []

    def act(target: Target) -> None:
        """Delete one; that it is gone already is an error only if it was named."""
        try:
            obj = _delete(api, target, wanted, dry)
        except NotFound:
            if ignore_not_found or not meant.exactly:
                return
            raise
        deleted.append(obj)
        printed.add(obj, done)

    code = each(found, act)
    if wait and dry is DryRun.NONE:
        wait_gone(api, deleted, timeout)
    return code


def _delete(api: Api, target: Target, wanted: Deletion, dry: DryRun) -> JSON:
    where = target.kind, target.namespace, target.name
    if dry is DryRun.CLIENT:
        return api.get(*where)
    return api.delete(*where, wanted._replace(uid=target.uid))


def _targets(api: Api, session: Session, meant: Meant) -> list[Target]:
    from minipod.cli.submitting import refusing

    with refusing("deleted"):
        return targets(api, session, meant, CHANGEABLE)


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
