"""Which objects a command line is about: `pods a b`, `pod/a ns/b`, -f, -l or --all."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import click

from minipod.cli.arguments.resources import selections
from minipod.cli.printing.output import say_error
from minipod.client.kinds import Where
from minipod.client.targets import Target, of_sources, selected
from minipod.errors import MinipodError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from minipod.cli.session import Session
    from minipod.client import Api
    from minipod.client.changes.local import Objects
    from minipod.client.kinds import Kind


class Meant(NamedTuple):
    """The words and options of a command line that tell objects; one way of these is given."""

    words: tuple[str, ...]
    files: tuple[str, ...] = ()
    recursive: bool = False
    selector: str | None = None
    every: bool = False
    all_namespaces: bool = False
    fields: str | None = None
    local: bool = False

    @property
    def named(self) -> bool:
        """Whether words name objects, not a kind alone."""
        return len(self.words) > 1 or (bool(self.words) and "/" in self.words[0])

    @property
    def by_label(self) -> bool:
        """Whether all of a kind are meant, or those with some labels."""
        return self.selector is not None or self.fields is not None or self.every

    @property
    def exactly(self) -> bool:
        """Whether each is named, so that one which is not there is an error."""
        return not self.by_label


def require_one_way(meant: Meant) -> None:
    """Raise UsageError unless the objects are told in exactly one way."""
    if meant.local and not meant.files:
        raise click.UsageError("--local changes objects of files: give --filename")
    if meant.files and (meant.words or meant.by_label):
        raise click.UsageError("--filename cannot be given together with a kind or --selector")
    if meant.selector is not None and meant.every:
        raise click.UsageError("--selector and --all cannot be given together")
    if not meant.files and not meant.words:
        raise click.UsageError("give KIND NAME, or --filename")
    if meant.words:
        _require_names_or_labels(meant)


def require_local_sense(*, local: bool, dry_run: str) -> None:
    """Raise UsageError if the server is to be asked, and is not."""
    if local and dry_run == "server":
        raise click.UsageError(
            "cannot specify --local and --dry-run=server - did you mean --dry-run=client?"
        )


def changeable(
    session: Session, meant: Meant, kinds: tuple[Kind, ...]
) -> tuple[Objects, list[Target]]:
    """Return whose objects are meant, the server's or those of files, and which.

    Errors as of `targets`; InvalidManifest.
    """
    if not meant.local:
        api = session.api()
        return api, targets(api, session, meant, kinds)
    from minipod.client.changes.local import LocalObjects
    from minipod.client.manifests.sources import read

    sources = read(meant.files, recursive=meant.recursive)
    local = LocalObjects(sources, session.given_namespace, kinds)
    return local, local.targets


def targets(api: Api, session: Session, meant: Meant, kinds: tuple[Kind, ...]) -> list[Target]:
    """Return the objects that are meant.

    NotFound for a kind that there is not, BadRequest for one that the command is not about.
    """
    if meant.files:
        from minipod.client.manifests.sources import read

        sources = read(meant.files, recursive=meant.recursive)
        return of_sources(api, sources, session.given_namespace, kinds)
    found: list[Target] = []
    for kind, names in selections(meant.words, kinds):
        if meant.by_label:
            namespace = None if meant.all_namespaces else session.namespace
            found += selected(api, kind, Where(namespace, meant.selector, meant.fields))
        namespace = session.namespace if kind.namespaced else ""
        found += [Target(kind, namespace, name) for name in names]
    return found


def each(found: Iterable[Target], act: Callable[[Target], None]) -> int:
    """Do something with each object; return 1 if it failed with one, which is told at once."""
    code = 0
    for target in found:
        try:
            act(target)
        except MinipodError as error:
            say_error(error)
            code = error.exit_code
    return code


def _require_names_or_labels(meant: Meant) -> None:
    if meant.named and meant.by_label:
        raise click.UsageError("names cannot be given together with --selector or --all")
    if meant.named and meant.all_namespaces:
        raise click.UsageError("a resource cannot be retrieved by name across all namespaces")
    if not meant.named and not meant.by_label:
        raise click.UsageError("give names, --selector or --all")
