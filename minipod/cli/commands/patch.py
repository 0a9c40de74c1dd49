"""`minipod patch`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from minipod.cli.options import (
    dry_run_option,
    field_manager_option,
    files_option,
    local_option,
    namespace_option,
    offers,
    pass_session,
    verb,
)
from minipod.cli.printing.form import result_option

if TYPE_CHECKING:
    from minipod.cli.printing.form import Form
    from minipod.cli.session import Session
    from minipod.client.targets import Target


@verb(
    "patch",
    """minipod patch pod web -p '{"metadata": {"labels": {"app": "shop"}}}'""",
    "minipod patch pod web -p 'spec: {containers: [{name: app, image: nginx:2}]}'",
    "minipod patch pod web --type json --patch-file change.json",
)
@click.argument("resources", nargs=-1, metavar="KIND NAME...", **offers("resources"))
@click.option("-p", "--patch", "text", metavar="PATCH", help="The change, YAML or JSON.")
@click.option("--patch-file", metavar="FILE", help="A file with the change.", **offers("files"))
@click.option(
    "--type",
    "form",
    type=click.Choice(("strategic", "merge", "json")),
    default="strategic",
    show_default=True,
    help="strategic merges lists by what tells their items apart, merge (RFC 7386) replaces lists,"
    " json (RFC 6902) is a list of operations.",
)
@files_option(required=False)
@local_option
@dry_run_option
@result_option
@field_manager_option
@namespace_option
@pass_session
def patch(  # noqa: PLR0913 (an option each)
    session: Session,
    *,
    resources: tuple[str, ...],
    text: str | None,
    patch_file: str | None,
    form: str,
    files: tuple[str, ...],
    recursive: bool,
    local: bool,
    dry_run: str,
    output: Form,
) -> int:
    """Change some of an object, by a piece of YAML or JSON."""
    from minipod.cli.arguments.targets import (
        Meant,
        changeable,
        each,
        require_local_sense,
        require_one_way,
    )
    from minipod.cli.printing.results import DryRun, results
    from minipod.client.changes.patch_text import KINDS, patch_of
    from minipod.client.kinds import CHANGEABLE

    meant = Meant(resources, files, recursive, local=local)
    require_one_way(meant)
    require_local_sense(local=local, dry_run=dry_run)
    change = patch_of(*_written(text, patch_file), KINDS[form])
    dry = DryRun(dry_run)
    printed = results(output, dry)
    store, found = changeable(session, meant, CHANGEABLE)

    def act(target: Target) -> None:
        """Patch one object, and see whether it is another one now."""
        where = target.kind, target.namespace, target.name
        before = store.get(*where)
        after = store.patch(*where, change, dry_run=dry is not DryRun.NONE)
        printed.add(after, "patched" if after != before else "patched (no change)")

    return each(found, act)


def _written(text: str | None, file: str | None) -> tuple[str, str]:
    """Return the patch's text, and what errors call it. UsageError, BadRequest."""
    if text and file:
        raise click.UsageError("cannot specify --patch and --patch-file together")
    if text:
        return "--patch", text
    if not file:
        raise click.UsageError("must specify --patch or --patch-file containing the patch")
    from minipod.client.manifests.sources import read

    (source,) = read([file])
    return source.name, source.text
