"""`minipod replace`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from minipod.cli.options import (
    dry_run_option,
    files_option,
    namespace_option,
    pass_session,
    verb,
)
from minipod.cli.printing.form import result_option

if TYPE_CHECKING:
    from minipod.cli.printing.form import Form
    from minipod.cli.session import Session


@verb(
    "replace",
    "minipod replace -f pod.yaml",
    "minipod replace --force --grace-period 5 -f pod.yaml",
)
@files_option(required=True)
@click.option("--force", is_flag=True, help="Delete what is there, and create it anew.")
@click.option(
    "--grace-period",
    type=click.IntRange(min=-1),
    default=-1,
    metavar="SECONDS",
    help="With --force: how long programs may take to end. [default: 0]",
)
@dry_run_option
@result_option
@namespace_option
@pass_session
def replace(  # noqa: PLR0913 (an option each)
    session: Session,
    *,
    files: tuple[str, ...],
    recursive: bool,
    force: bool,
    grace_period: int,
    dry_run: str,
    output: Form,
) -> int:
    """Replace objects by what files hold, whole.

    A file with a resourceVersion, as `get -o yaml` prints it, replaces only what has not changed
    since. With --force, pods may differ in every field: they are ended and made anew.
    """
    from minipod.cli.printing.results import DryRun, results
    from minipod.cli.submitting import Files, submit
    from minipod.model.submission import Action, Submission

    if grace_period >= 0 and not force:
        raise click.UsageError("--grace-period must have --force specified")
    wanted = Submission(Action.REPLACE, force=force, grace=max(grace_period, 0))
    dry = DryRun(dry_run)
    return submit(session, Files(files, recursive), wanted, dry, results(output, dry))
