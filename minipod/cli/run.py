"""`minipod run`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from minipod.cli.options import (
    dry_run_option,
    namespace_option,
    offers,
    pass_session,
    result_option,
    verb,
)

if TYPE_CHECKING:
    from minipod.cli.session import Session


@verb(
    "run",
    "minipod run web --port 8080 -- python3 -m http.server 8080",
    "minipod run web --image nginx --dry-run=client -o yaml",
)
@click.argument("name")
@click.argument("command", nargs=-1, metavar="[--] [CMD]...", **offers("files"))
@click.option("--image", metavar="IMAGE", help="The image; without CMD it must be mapped.")
@click.option("--port", type=click.IntRange(1, 65535), help="A port that the container declares.")
@click.option("--env", multiple=True, metavar="K=V", help="A variable. May be repeated.")
@click.option("-l", "--labels", multiple=True, metavar="K=V,…", help="Labels. [default: run=NAME]")
@click.option(
    "--restart",
    type=click.Choice(("Always", "OnFailure", "Never")),
    default="Always",
    show_default=True,
    help="When a container that ended starts again.",
)
@dry_run_option
@click.option("--command", "_command", is_flag=True, hidden=True)
@result_option
@namespace_option
@pass_session
def run(  # noqa: PLR0913 (an option each)
    session: Session,
    *,
    name: str,
    command: tuple[str, ...],
    image: str | None,
    port: int | None,
    env: tuple[str, ...],
    labels: tuple[str, ...],
    restart: str,
    dry_run: str,
    output: str | None,
    _command: bool,
) -> None:
    """Create a pod of one container that runs CMD.

    CMD is a program of this machine. Without it, the container runs what its image is mapped to
    (minipod image map).
    """
    from minipod.cli.results import DryRun, results
    from minipod.cli.submitting import print_hints
    from minipod.client import podbuild
    from minipod.client.kinds import PODS

    if not image and not command:
        raise click.UsageError("give a command after --, or an --image that is mapped to one")
    pod = podbuild.pod(
        name,
        namespace=session.given_namespace,
        command=command,
        image=image,
        port=port,
        env=_pairs(env, "--env"),
        labels=_pairs([pair for group in labels for pair in group.split(",")], "--labels"),
        restart=restart,
    )
    dry = DryRun(dry_run)
    printed = results(output, dry)
    if dry is not DryRun.CLIENT:
        server_only = dry is DryRun.SERVER
        pod = session.api().create(PODS, session.namespace, pod, dry_run=server_only)
    printed.add(pod, "created")
    print_hints(pod)


def _pairs(texts: list[str] | tuple[str, ...], option: str) -> dict[str, str]:
    pairs = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not (name and equals):
            raise click.BadParameter(f'"{text}" is not K=V', param_hint=option)
        pairs[name] = value
    return pairs
