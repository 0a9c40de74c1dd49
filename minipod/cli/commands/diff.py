"""`minipod diff`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import click

from minipod.cli.options import (
    field_manager_option,
    files_option,
    namespace_option,
    pass_session,
    selector_option,
    verb,
)
from minipod.cli.printing.form import managed_fields_option
from minipod.errors import MinipodError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from minipod.cli.session import Session
    from minipod.client.changes.diff_program import Compared
    from minipod.client.manifests.outcomes import Outcome
    from minipod.client.manifests.sources import Source
    from minipod.model.submission import Submission

    JSON = dict[str, Any]

_FAILED = 2
"""Not 1, which says that there are differences."""


@verb(
    "diff",
    "minipod diff -f pod.yaml",
    "minipod diff -R -f pods/ -l app=web",
    "KUBECTL_EXTERNAL_DIFF='diff -u --color=always' minipod diff -f pod.yaml",
)
@files_option(required=True)
@selector_option
@click.option(
    "--concurrency",
    type=int,
    metavar="N",
    expose_value=False,
    help="Accepted, and without effect: all objects are asked for at once.",
)
@field_manager_option
@managed_fields_option
@namespace_option
@pass_session
def diff(session: Session, *, files: tuple[str, ...], recursive: bool, selector: str | None) -> int:
    """Show what `apply` would change.

    Two folders, LIVE with each object as it is and MERGED as it would be, are given to `diff -u -N`
    or to what KUBECTL_EXTERNAL_DIFF names. Nothing is changed. The exit code is 0 if nothing
    differs, 1 if something does, and more if something is wrong.
    """
    from minipod.client.changes import diff_program
    from minipod.client.manifests.sources import read
    from minipod.model.submission import Action, Submission

    try:
        words = diff_program.command(os.environ)
        wanted = Submission(Action.DIFF, selector=selector)
        found = _asked(session, read(files, recursive=recursive), wanted)
        compared = [_compared(one.raw, one.live) for one in found if one.raw is not None]
        return int(diff_program.show(compared, words))
    except MinipodError as error:
        error.exit_code = _FAILED  # type: ignore[misc]
        raise


def _asked(session: Session, sources: list[Source], wanted: Submission) -> Iterator[Outcome]:
    """Yield what becomes of each object. MinipodError of the first that cannot be changed so."""
    from minipod.cli.session import warn
    from minipod.cli.submitting import refusing
    from minipod.client.manifests.outcomes import outcomes

    with refusing("compared"):
        lines = list(session.api().submit(sources, session.given_namespace, wanted))
    for outcome in outcomes(lines, warn):
        if outcome.error is not None:
            raise outcome.error
        yield outcome


def _compared(merged: JSON, live: JSON | None) -> Compared:
    from minipod.cli.printing.yaml_output import as_yaml
    from minipod.client.changes.diff_program import Compared, file_name

    return Compared(file_name(merged), f"{as_yaml(live)}\n" if live else "", f"{as_yaml(merged)}\n")
