"""`minipod image`."""

from __future__ import annotations

import shlex
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from minipod.cli.options import Group, epilog, offers, output_option, pass_session, verb
from minipod.cli.printing.output import as_json, say, table, tell
from minipod.errors import NotFound

if TYPE_CHECKING:
    from collections.abc import Iterator

    from minipod.cli.session import Session
    from minipod.client import Api


@click.group(
    "image",
    cls=Group,
    epilog=epilog("minipod image map 'nginx:*' -- python3 -m http.server 80", "minipod image list"),
)
def image() -> None:
    """Say which program of this machine stands for an image.

    A container without a command runs what its image is mapped to.
    """


@verb("map", "minipod image map msung99/redis-lock:0.1.3 -- python3 -m http.server 8080")
@click.argument("pattern")
@click.argument("command", nargs=-1, required=True, metavar="[--] CMD...", **offers("files"))
@pass_session
def _map(session: Session, pattern: str, command: tuple[str, ...]) -> None:
    """Let containers of an image run CMD.

    PATTERN is an image, or a glob such as 'nginx:*'. Containers that wait for it start.
    """
    session.api().own.map_image(pattern, command)
    tell(f"image {pattern} mapped")


@verb("list", "minipod image list -o json")
@output_option("json")
@pass_session
def _list(session: Session, output: str | None) -> None:
    """Show which image runs which command."""
    images = session.api().own.images()
    if output == "json":
        tell(as_json(images))
    elif images:
        rows = [(pattern, shlex.join(command)) for pattern, command in images.items()]
        tell(table(("IMAGE", "COMMAND"), rows))
    else:
        say("No images are mapped.")


@verb("unmap", "minipod image unmap msung99/redis-lock:0.1.3")
@click.argument("patterns", nargs=-1, required=True, metavar="PATTERN...", **offers("images"))
@pass_session
def _unmap(session: Session, patterns: tuple[str, ...]) -> None:
    """Forget what an image is mapped to; running containers run on."""
    api = session.api()
    for pattern in patterns:
        with _naming_the_nearest(api, pattern):
            api.own.unmap_image(pattern)
        tell(f"image {pattern} unmapped")


@contextmanager
def _naming_the_nearest(api: Api, pattern: str) -> Iterator[None]:
    """Let NotFound ask whether another mapping was meant."""
    try:
        yield
    except NotFound as error:
        from minipod.client.text.nearest import did_you_mean

        hint = did_you_mean(pattern, api.own.images()) or "minipod image list shows what there is"
        raise NotFound(error.message, hint=hint) from error


for _command in (_map, _list, _unmap):
    image.add_command(_command)
