"""Files given to the server, and what is printed of it: `create -f`, `apply`, `replace`."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

from minipod.cli.printing.output import say, say_error, say_hint
from minipod.cli.printing.results import DryRun
from minipod.cli.session import warn
from minipod.client.manifests.sources import read
from minipod.client.views import podview
from minipod.client.wire.statuses import error_from
from minipod.errors import InvalidObject
from minipod.model.submission import Action

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from minipod.cli.printing.results import Results
    from minipod.cli.session import Session
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
    ask = _asking(session, wanted, dry_run)
    sources = read(files.names, recursive=files.recursive)
    failed = False
    with refusing(_PAST[wanted.action]):
        for line in ask(sources):
            failed |= not _print(line, results)
    results.end()
    return int(failed)


def print_hints(pod: JSON) -> None:
    """Say what a person must do before the pod's containers can start."""
    if why := podview.unplaced(pod):
        say_hint(f"{podview.reference(pod)} waits: {why}")
    for container, message in podview.waiting(pod, "ImageNotMapped"):
        say_hint(f'container "{container}" of {podview.reference(pod)} waits: {message}')
    if troubles := [message for _, message in podview.waiting(pod, "ContainerCreating") if message]:
        say_hint(f"{podview.reference(pod)} does not come up: {troubles[0]}")
    for line in podview.unfit_host(pod):
        say_hint(line)
    for container, message in podview.cannot_start(pod):
        say_hint(f'container "{container}" of {podview.reference(pod)} does not start: {message}')


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


def _asking(
    session: Session, wanted: Submission, dry_run: DryRun
) -> Callable[[list[Source]], Iterator[JSON]]:
    """Return whom to ask what becomes of sources: the server, or nobody."""
    namespace = session.given_namespace
    if dry_run is DryRun.CLIENT:
        from minipod.client.manifests.rehearsal import rehearse

        return lambda sources: rehearse(session.api, sources, namespace, wanted)
    api, asked = session.api(), wanted._replace(dry_run=dry_run is DryRun.SERVER)
    return lambda sources: api.submit(sources, namespace, asked)


def _print(line: JSON, results: Results) -> bool:
    """Print one line of what was done; return False if it is a failure."""
    match line["type"]:
        case "WARNING":
            warn(line["message"])
        case "ERROR":
            say_error(error_from(line["status"]))
            return False
        case "DELETED":
            results.add_deleted(line["object"])
        case done:
            results.add(line["object"], done.lower())
            print_hints(line["object"])
    return True
