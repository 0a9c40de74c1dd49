"""`minipod explain`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from minipod.cli.options import offers, verb

if TYPE_CHECKING:
    from minipod.client.kinds import Kind


@verb(
    "explain",
    "minipod explain pods",
    "minipod explain pod.spec.containers.ports",
    "minipod explain pod.spec --recursive --supported",
)
@click.argument("path", metavar="RESOURCE[.FIELD...]", required=False, **offers("fields"))
@click.option("--recursive", is_flag=True, help="Only names and types, but of all that is below.")
@click.option("--supported", is_flag=True, help="Only the fields that minipod acts on, or sets.")
@click.option("--api-version", metavar="VERSION", help="Of this version of the API: group/version.")
@click.option(
    "-o",
    "--output",
    type=click.Choice(("plaintext",)),
    expose_value=False,
    help="Accepted, and without effect: there is one format.",
)
def explain(path: str | None, *, recursive: bool, supported: bool, api_version: str | None) -> None:
    """Tell what a field is for, and whether minipod acts on it.

    Of a kind, or a field of it: its type, what it is for, and the fields in it; those marked
    -required- must be there. A place may be written as errors write it, spec.containers[0].ports.
    Needs neither root nor a server.
    """
    from minipod.cli.printing.output import tell
    from minipod.client.views.explanation import explained

    if not path:
        raise click.UsageError(
            "You must specify the type of resource to explain."
            ' Use "minipod api-resources" for a complete list of supported resources.'
        )
    word, *fields = path.removesuffix(".").split(".")
    if not all((word, *fields)):
        raise click.UsageError(f'"{path}" is not RESOURCE[.FIELD...]')
    kind = _kind(word, api_version)
    tell(explained(kind, fields, recursive=recursive, supported=supported))


def _kind(word: str, api_version: str | None) -> Kind:
    from minipod.cli.arguments.resources import named
    from minipod.client.kinds import KINDS, NODE_METRICS, POD_METRICS
    from minipod.errors import NotFound

    if api_version is None:
        return named((word,), KINDS)[0]
    for kind in (*KINDS, POD_METRICS, NODE_METRICS):
        names = (kind.plural, kind.singular, kind.short)
        if kind.api_version == api_version and word.lower() in names:
            return kind
    group, _, version = api_version.rpartition("/")
    raise NotFound(
        f'couldn\'t find resource for "{group}/{version}, Resource={word}"',
        hint="`minipod api-resources` lists the kinds, each with its version",
    )
