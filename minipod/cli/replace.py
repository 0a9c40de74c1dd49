"""`minipod replace`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from minipod.cli.options import (
    dry_run_option,
    files_option,
    namespace_option,
    pass_session,
    result_option,
    verb,
)

if TYPE_CHECKING:
    from minipod.cli.session import Session


@verb(
    "replace",
    "minipod replace -f pod.yaml",
    "minipod replace --force -f pod.yaml",
)
@files_option(required=True)
@click.option("--force", is_flag=True, help="Delete what is there, and create it anew.")
@dry_run_option
@result_option
@namespace_option
@pass_session
def replace(
    session: Session,
    *,
    files: tuple[str, ...],
    recursive: bool,
    force: bool,
    dry_run: str,
    output: str | None,
) -> int:
    """Replace objects by what files hold, whole.

    A file with a resourceVersion, as `get -o yaml` prints it, replaces only what has not changed
    since. With --force, pods may differ in every field: they are ended and made anew.
    """
    from minipod.cli.results import DryRun, results
    from minipod.cli.submitting import Files, submit
    from minipod.model.submission import Action, Submission

    wanted = Submission(Action.REPLACE, force=force)
    dry = DryRun(dry_run)
    return submit(session, Files(files, recursive), wanted, dry, results(output, dry))
