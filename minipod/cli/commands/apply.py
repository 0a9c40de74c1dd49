"""`minipod apply`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from minipod.cli.options import (
    dry_run_option,
    files_option,
    namespace_option,
    pass_session,
    selector_option,
    strict_ports_option,
    verb,
)
from minipod.cli.printing.form import result_option

if TYPE_CHECKING:
    from minipod.cli.printing.form import Form
    from minipod.cli.session import Session


@verb(
    "apply",
    "minipod apply -f pod.yaml",
    "minipod apply -f pods/ -R --dry-run=server",
    "minipod apply -f pods/ -l app=web",
)
@files_option(required=True)
@selector_option
@strict_ports_option
@dry_run_option
@result_option
@namespace_option
@pass_session
def apply(  # noqa: PLR0913 (an option each)
    session: Session,
    *,
    files: tuple[str, ...],
    recursive: bool,
    selector: str | None,
    strict_ports: bool,
    dry_run: str,
    output: Form,
) -> int:
    """Create what files hold, or change it to what they say.

    What a file no longer says since it was last applied is removed; what it never said stays. Of a
    pod that is there, only labels, annotations, images and a few more fields can change: the others
    are for `replace --force`. If anything in the files is wrong, nothing is applied.
    """
    from minipod.cli.printing.results import DryRun, results_as_list
    from minipod.cli.submitting import Files, submit
    from minipod.model.submission import Action, Submission

    wanted = Submission(Action.APPLY, strict_ports=strict_ports, selector=selector)
    dry = DryRun(dry_run)
    return submit(session, Files(files, recursive), wanted, dry, results_as_list(output, dry))
