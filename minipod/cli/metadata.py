"""What `label` and `annotate` share: options, and the change of each object's metadata."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import click

from minipod.cli.options import (
    all_namespaces_option,
    dry_run_option,
    field_manager_option,
    fields_option,
    files_option,
    local_option,
    namespace_option,
    offers,
    selector_option,
)
from minipod.cli.printing.form import result_option

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from minipod.cli.printing.form import Form
    from minipod.cli.session import Session
    from minipod.client.changes.local import Objects
    from minipod.client.changes.metadata_change import Change
    from minipod.client.targets import Target

    Function = Callable[..., Any]
    JSON = dict[str, Any]


class Field(NamedTuple):
    """Labels or annotations: their field, and what kubectl says of them."""

    name: str
    singular: str
    read: Callable[[Iterable[str]], Change]
    refuse_overwriting: Callable[[Change, Mapping[str, str]], None]
    outcome: Callable[[Change, Mapping[str, str], bool], str]
    tells_missing: bool
    """Whether kubectl says that one to be removed is not there."""


class How(NamedTuple):
    """The options of a command line."""

    overwrite: bool
    show: bool
    resource_version: str | None
    dry_run: str
    output: Form
    local: bool

    @property
    def asks_server(self) -> bool:
        """Whether the server is asked for a change, and not only for what is there."""
        return not (self.show or self.local or self.dry_run == "client")


_OPTIONS = (
    click.argument(
        "resources", nargs=-1, metavar="KIND NAME... K=V... K-...", **offers("resources")
    ),
    click.option("--overwrite", is_flag=True, help="Give those that are there other values too."),
    click.option("--list", "show", is_flag=True, help="Show those that are there."),
    files_option(required=False),
    selector_option,
    fields_option,
    click.option("--all", "every", is_flag=True, help="All of the kind, in the namespace."),
    all_namespaces_option,
    click.option(
        "--resource-version",
        metavar="VERSION",
        help="Only if the object still has this one; for one object.",
    ),
    local_option,
    dry_run_option,
    result_option,
    field_manager_option,
    namespace_option,
)


def options(function: Function) -> Function:
    """Give a command the options of both."""
    for option in reversed(_OPTIONS):
        function = option(function)
    return function


def change(  # noqa: PLR0913 (an option each)
    session: Session,
    field: Field,
    *,
    resources: tuple[str, ...],
    files: tuple[str, ...],
    recursive: bool,
    selector: str | None,
    fields: str | None,
    every: bool,
    all_namespaces: bool,
    **how: Any,
) -> int:
    """Change a field of all objects that are meant, or show it; return the exit code.

    The keywords are those of `options`.
    """
    from minipod.cli.arguments.pairs import split
    from minipod.cli.arguments.targets import (
        Meant,
        changeable,
        each,
        require_local_sense,
        require_one_way,
    )
    from minipod.client.kinds import CHANGEABLE

    objects, pairs = split(resources, field.singular)
    meant = Meant(objects, files, recursive, selector, every, all_namespaces, fields)
    wanted, asked = field.read(pairs), How(**how)
    meant = meant._replace(local=asked.local)
    require_one_way(meant)
    require_local_sense(local=asked.local, dry_run=asked.dry_run)
    if not (pairs or asked.show):
        raise click.UsageError(f"at least one {field.singular} update is required")
    store, found = changeable(session, meant, CHANGEABLE)
    if asked.resource_version and len(found) != 1:
        raise click.UsageError("--resource-version may only be used with a single resource")
    _say_if_none(found)
    changing = _Changing(store, field, wanted, asked, alone=len(found) == 1 and meant.exactly)
    return each(found, changing.change)


def _say_if_none(found: list[Target]) -> None:
    from minipod.cli.printing.output import say

    if not found:
        say("No resources found")


class _Changing:
    """The change of one object after the other."""

    def __init__(
        self, store: Objects, field: Field, wanted: Change, how: How, *, alone: bool
    ) -> None:
        from minipod.cli.printing.results import DryRun, results

        self._store = store
        self._field = field
        self._wanted = wanted
        self._how = how
        self._alone = alone
        self._dry_run = DryRun(how.dry_run)
        self._results = results(how.output, self._dry_run)

    def change(self, target: Target) -> None:
        """Change an object's field, and print what became of it."""
        obj = self._store.get(target.kind, target.namespace, target.name)
        there = obj["metadata"].get(self._field.name) or {}
        if self._field.tells_missing and self._how.asks_server:
            self._say_missing(there)
        if not self._how.overwrite:
            self._field.refuse_overwriting(self._wanted, there)
        changed = self._changed(target, obj, there)
        if self._how.show:
            self._show(changed)
        else:
            done = self._field.outcome(self._wanted, there, self._how.overwrite)
            self._results.add(changed, done)

    def _changed(self, target: Target, obj: JSON, there: Mapping[str, str]) -> JSON:
        """Return the object as it is then; `--list` changes nothing, as with kubectl."""
        from minipod.cli.printing.results import DryRun
        from minipod.client.changes.patches import Patch, PatchKind

        if not self._how.asks_server:
            metadata = obj["metadata"] | {self._field.name: self._wanted.applied(there)}
            return obj | {"metadata": metadata}
        patch = Patch(PatchKind.MERGE, self._wanted.patch(self._how.resource_version))
        server_only = self._dry_run is DryRun.SERVER
        return self._store.patch(
            target.kind, target.namespace, target.name, patch, dry_run=server_only
        )

    def _say_missing(self, there: Mapping[str, str]) -> None:
        from minipod.cli.printing.output import tell

        for key in self._wanted.missing(there):
            tell(f'{self._field.singular} "{key}" not found.')

    def _show(self, obj: JSON) -> None:
        from minipod.cli.printing.output import printable, tell

        if not self._alone:
            name = f"{obj['kind']}./{obj['metadata']['name']}"
            tell(f"Listing {self._field.name} for {name}:")
        indent = "" if self._alone else " "
        for key, value in sorted((obj["metadata"].get(self._field.name) or {}).items()):
            tell(printable(f"{indent}{key}={value}"))
