"""`minipod cp`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from minipod.cli.options import container_option, namespace_option, pass_session, verb
from minipod.errors import BadRequest

if TYPE_CHECKING:
    from minipod.cli.session import Session
    from minipod.client.streams.file_spec import FileSpec


@verb(
    "cp",
    "minipod cp index.html web:/srv/www",
    "minipod cp web:/var/log/app ./logs -c app",
    "minipod cp lab/web:/etc/hosts hosts",
)
@click.argument("source")
@click.argument("destination")
@container_option
@click.option(
    "--no-preserve", is_flag=True, help="Do not keep modes, nor in the container the owners."
)
@namespace_option
@pass_session
def cp(
    session: Session, *, source: str, destination: str, container: str | None, no_preserve: bool
) -> None:
    """Copy files and folders into a container, or out of it.

    One of both is [NAMESPACE/]POD:PATH. What is copied into a folder of the container goes into
    it; a folder that is copied out of the container brings its contents. Symlinks are not
    brought out. It runs tar in the container.
    """
    from minipod.cli.arguments.containers import choose
    from minipod.client.streams import file_spec

    here, there = file_spec.parse(source), file_spec.parse(destination)
    remote = _remote(here, there)
    client = session.client()
    if remote.namespace:
        client = client.in_namespace(remote.namespace)
    pod = client.get(str(remote.pod))
    copy = pod.copy_out if remote is here else pod.copy_in
    copy(here, there, container=choose(pod, container), preserve=not no_preserve)


def _remote(source: FileSpec, destination: FileSpec) -> FileSpec:
    """Return the side that is in a pod. BadRequest unless it is one of both."""
    if source.pod is not None and destination.pod is not None:
        raise BadRequest("one of src or dest must be a local file specification")
    if source.pod is None and destination.pod is None:
        raise BadRequest("one of src or dest must be a remote file specification")
    return source if source.pod is not None else destination
