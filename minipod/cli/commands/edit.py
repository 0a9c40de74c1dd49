"""`minipod edit`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from minipod.cli.options import (
    field_manager_option,
    files_option,
    namespace_option,
    offers,
    pass_session,
    selector_option,
    verb,
)
from minipod.cli.printing.form import managed_fields_option

if TYPE_CHECKING:
    from minipod.cli.session import Session


@verb(
    "edit",
    "minipod edit pod/web",
    "minipod edit pod web db -n lab -o json",
    "minipod edit pods -l app=web",
    "minipod edit -f pod.yaml --save-config",
)
@click.argument(
    "resources", nargs=-1, metavar="[KIND [NAME...] | KIND/NAME...]", **offers("resources")
)
@files_option(required=False)
@selector_option
@click.option(
    "-o",
    "--output",
    type=click.Choice(("yaml", "json")),
    help="The language to edit in, and to print the objects in then. [default: yaml, and a line"
    " for each]",
)
@click.option("--output-patch", is_flag=True, help="Print what is sent to the server too.")
@click.option(
    "--save-config",
    is_flag=True,
    help="Keep the object in its annotation, as if it had been applied.",
)
@click.option(
    "--validate",
    type=click.Choice(("strict", "warn", "ignore", "true", "false")),
    is_flag=False,
    flag_value="strict",
    default="strict",
    show_default=True,
    help="What becomes of fields that are not known: an error, a warning, nothing.",
)
@click.option(
    "--windows-line-endings",
    "windows",
    is_flag=True,
    help="Give the editor lines that end in CRLF.",
)
@field_manager_option
@managed_fields_option
@namespace_option
@pass_session
def edit(  # noqa: PLR0913 (an option each)
    session: Session,
    *,
    resources: tuple[str, ...],
    files: tuple[str, ...],
    recursive: bool,
    selector: str | None,
    output: str | None,
    output_patch: bool,
    save_config: bool,
    validate: str,
    windows: bool,
) -> int:
    """Change objects in an editor.

    The editor is KUBE_EDITOR, EDITOR, or vi. Several objects are one List in it; a kind without
    names is all of it in the namespace. Nothing changes if the file is left as it was, or empty. If
    it is not valid, it is opened again with the reasons at its top; if it cannot be saved, it is
    kept, and its name told. What others change meanwhile stays.
    """
    from minipod.cli.arguments.targets import Meant, require_one_way, targets
    from minipod.cli.editing import Editing, How
    from minipod.client.changes import editor
    from minipod.client.changes.patches import Validation
    from minipod.client.kinds import CHANGEABLE
    from minipod.errors import MinipodError

    meant = Meant(resources, files, recursive, selector)
    meant = meant._replace(every=bool(resources) and selector is None and not meant.named)
    require_one_way(meant)
    api = session.api()
    found = [api.get(*one[:3]) for one in targets(api, session, meant, CHANGEABLE)]
    if not found:
        raise MinipodError("edit cancelled, no objects found")
    words = editor.command(os.environ)
    strictness = {"true": "strict", "false": "ignore"}.get(validate, validate)
    how = How(
        output,
        Validation(strictness.capitalize()),
        output_patch,
        save_config,
        "\r\n" if windows else "\n",
    )
    return Editing(api, found, words, how).run()
