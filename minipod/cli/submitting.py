"""Files given to the server, and what is printed of it: `create -f`, `apply`, `replace`."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from minipod.cli.printing.output import say, say_error, say_hint
from minipod.cli.printing.results import DryRun
from minipod.cli.session import warn
from minipod.client.views.hints import hints
from minipod.errors import InvalidObject, MinipodError
from minipod.model.submission import Action

if TYPE_CHECKING:
    from collections.abc import Iterator

    from minipod.cli.printing.results import Results
    from minipod.cli.session import Session
    from minipod.client.client import Client
    from minipod.client.manifests.outcomes import Outcome
    from minipod.client.manifests.sources import Source
    from minipod.model.submission import Submission

    JSON = dict[str, Any]

_PAST = {Action.CREATE: "created", Action.APPLY: "applied", Action.REPLACE: "replaced"}


class Files(NamedTuple):
    """Which files, as a command line names them."""

    names: tuple[str, ...]
    recursive: bool = False


def submit(
    session: Session, files: Files, wanted: Submission, dry_run: DryRun, results: Results
) -> int:
    """Do with all objects of the files what is wanted; return the exit code.

    If anything is wrong with the files, all of it is told and nothing is done.
    """
    from minipod.cli.telling.making import Making
    from minipod.client.manifests.sources import read

    client = None if dry_run is DryRun.CLIENT else session.client()
    sources = read(files.names, recursive=files.recursive)
    done = _PAST[wanted.action]
    making = Making(done, partial(_total, session, client, sources, wanted))
    if client is None:
        found = _rehearsed(session, sources, wanted)
    else:
        found = client.submit(wanted._replace(dry_run=dry_run is DryRun.SERVER), *sources)
    failed = False
    with refusing(done), making:
        for outcome in found:
            making.count += outcome.done != "deleted"
            failed |= not _print(outcome, results)
    if wanted.selector is not None and not making.count:
        raise MinipodError(f"no objects passed to {wanted.action.value}")
    results.end()
    return int(failed)


def print_hints(pod: JSON) -> None:
    """Say what a person must do before the pod's containers can start."""
    for line in hints(pod):
        say_hint(line)


@contextmanager
def refusing(undone: str) -> Iterator[None]:
    """Print the problems of refused manifests as they are, a line each: file:line:column first.

    `undone` says what was not done with them: created, deleted.
    """
    try:
        yield
    except InvalidObject as error:
        say(str(error))
        raise InvalidObject(f"nothing was {undone}", error.problems, hint=error.hint) from error


def _rehearsed(session: Session, sources: list[Source], wanted: Submission) -> Iterator[Outcome]:
    """Yield what would become of the sources' objects, by a server only where need be."""
    from minipod.client.manifests.outcomes import outcomes
    from minipod.client.manifests.rehearsal import rehearse

    return outcomes(rehearse(session.api, sources, session.given_namespace, wanted), warn)


def _total(
    session: Session, client: Client | None, sources: list[Source], wanted: Submission
) -> int | None:
    """Return how many objects there will be, as the server reads them; None if that is unknown."""
    if client is None or wanted.selector is not None:
        return None
    with suppress(MinipodError):  # whoever waits for what it makes is told of it
        return len(client.api.decode(sources, session.given_namespace))
    return None


def _print(outcome: Outcome, results: Results) -> bool:
    """Print what was done; return False if it is a failure."""
    if outcome.error is not None:
        say_error(outcome.error)
        return False
    assert outcome.raw is not None
    if outcome.done == "deleted":
        results.add_deleted(outcome.raw)
    else:
        results.add(outcome.raw, outcome.done)
        print_hints(outcome.raw)
    return True
