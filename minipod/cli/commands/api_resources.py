"""`minipod api-resources`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from minipod.cli.options import pass_session, verb
from minipod.cli.printing.output import table, tell

if TYPE_CHECKING:
    from minipod.cli.session import Session
    from minipod.client.discovery import Served

_HEADER = ("NAME", "SHORTNAMES", "APIVERSION", "NAMESPACED", "KIND")
_WIDE = ("VERBS", "CATEGORIES")


@verb(
    "api-resources",
    "minipod api-resources",
    "minipod api-resources -o wide",
    "minipod api-resources --namespaced=false -o name",
    "minipod api-resources --verbs=list,delete",
)
@click.option("-o", "--output", type=click.Choice(("wide", "name")), help="More columns, or names.")
@click.option(
    "--namespaced",
    type=bool,
    is_flag=False,
    flag_value="true",
    metavar="BOOL",
    help="Only kinds whose objects are in a namespace, or only the others. [default: both]",
)
@click.option("--verbs", metavar="VERB,…", help="Only kinds that can do all these.")
@click.option("--api-group", "group", metavar="GROUP", help='Only kinds of a group: "" is v1.')
@click.option("--categories", metavar="WORD,…", help="Only kinds for which all these words stand.")
@click.option("--sort-by", type=click.Choice(("name", "kind")), help="[default: by group]")
@click.option(
    "--cached",
    is_flag=True,
    expose_value=False,
    help="Accepted, and without effect: the server is asked each time.",
)
@click.option("--no-headers", is_flag=True, help="Only the rows of the table.")
@pass_session
def api_resources(  # noqa: PLR0913 (an option each)
    session: Session,
    *,
    output: str | None,
    namespaced: bool | None,
    verbs: str | None,
    group: str | None,
    categories: str | None,
    sort_by: str | None,
    no_headers: bool,
) -> None:
    """List the kinds of objects that the server has, and the words for them."""
    from minipod.client.discovery import resources

    found = [
        one
        for one in resources(session.api())
        if namespaced in (None, one.namespaced)
        and group in (None, one.group)
        and _words(verbs) <= set(one.verbs)
        and _words(categories) <= set(one.categories)
    ]
    if sort_by is not None:
        found.sort(key=lambda one: one.name if sort_by == "name" else one.kind)
    if output == "name":
        for one in found:
            tell(one.qualified)
    elif found or not no_headers:
        wide = output == "wide"
        header = (*_HEADER, *_WIDE) if wide else _HEADER
        rows = [_cells(one, wide=wide) for one in found]
        tell(table(header, rows, headers=not no_headers))


def _cells(one: Served, *, wide: bool) -> list[str]:
    cells = [
        one.name,
        ",".join(one.short_names),
        one.api_version,
        "true" if one.namespaced else "false",
        one.kind,
    ]
    return [*cells, ",".join(one.verbs), ",".join(one.categories)] if wide else cells


def _words(text: str | None) -> set[str]:
    return set(text.split(",")) if text else set()
