"""`minipod run`."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

import click

from minipod.cli.options import (
    dry_run_option,
    grace_option,
    namespace_option,
    offers,
    pass_session,
    pod_running_option,
    verb,
)
from minipod.cli.printing.form import result_option

if TYPE_CHECKING:
    from collections.abc import Callable

    from minipod.cli.printing.form import Form
    from minipod.cli.printing.results import DryRun
    from minipod.cli.session import Session

    JSON = dict[str, Any]

_NO_IMAGE = "no image: "


@verb(
    "run",
    "minipod run web --port 8080 -- python3 -m http.server 8080",
    "minipod run -it --rm shell --restart=Never -- bash",
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
@click.option("-i", "--stdin", is_flag=True, help="Attach, and hand over our stdin.")
@click.option("-t", "--tty", is_flag=True, help="Give CMD a terminal; use it with -i.")
@click.option("--attach", is_flag=True, help="Stay and show what CMD writes. [default: with -i]")
@click.option("--rm", "remove", is_flag=True, help="Delete the pod when we leave it, however.")
@grace_option
@click.option("-q", "--quiet", is_flag=True, help="Only what CMD writes, and errors.")
@pod_running_option
@click.option("--leave-stdin-open", is_flag=True, help="Do not close CMD's stdin when ours ends.")
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
    stdin: bool,
    tty: bool,
    attach: bool,
    remove: bool,
    grace: int | None,
    quiet: bool,
    pod_running_timeout: float,
    leave_stdin_open: bool,
    dry_run: str,
    output: Form,
    _command: bool,
) -> int:
    """Create a pod of one container that runs CMD.

    CMD is a program of this machine. Without it, the container runs what its image is mapped to
    (minipod image map). With -i or --attach we stay until CMD ends, and unless it starts again its
    exit code is ours. With --rm the pod is removed then, also when Ctrl+C, SIGTERM or SIGHUP ends
    us; the same once more kills CMD.
    """
    from minipod.cli.printing.results import DryRun, results
    from minipod.cli.submitting import print_hints
    from minipod.client.kinds import PODS
    from minipod.client.manifests import podbuild

    if not image and not command:
        raise click.UsageError("give a command after --, or an --image that is mapped to one")
    dry = DryRun(dry_run)
    _require_sense(attached=attach or stdin, stdin=stdin, tty=tty, remove=remove, dry=dry)
    pod = podbuild.pod(
        name,
        namespace=session.given_namespace,
        command=command,
        image=image,
        port=port,
        env=_pairs(env, "--env"),
        labels=_pairs([pair for group in labels for pair in group.split(",")], "--labels"),
        restart=restart,
        stdin=stdin,
        stdin_once=not leave_stdin_open,
        tty=tty,
    )
    printed = results(output, dry)
    if dry is DryRun.CLIENT:
        printed.add(pod, "created")
        return 0
    client = session.client(heed=_heeder(quiet=quiet, image=image))
    if attach or stdin:
        from minipod.cli.staying import Manner, stay, stay_and_remove

        manner = Manner(stdin, tty, quiet, patience=pod_running_timeout, open_=leave_stdin_open)
        if not remove:
            return stay(client, pod, manner)
        return stay_and_remove(client, pod, manner, grace)
    pod = client.api.create(PODS, client.namespace, pod, dry_run=dry is DryRun.SERVER)
    printed.add(pod, "created")
    print_hints(pod)
    return 0


def _require_sense(*, attached: bool, stdin: bool, tty: bool, remove: bool, dry: DryRun) -> None:
    """Raise UsageError unless the options go together, in kubectl's words."""
    if tty and not stdin:
        raise click.UsageError("-i/--stdin is required for containers with -t/--tty=true")
    if remove and not attached:
        raise click.UsageError("--rm should only be used for attached containers")
    if attached and dry.suffix:
        raise click.UsageError(
            "--dry-run=[server|client] can't be used with attached containers options"
            " (--attach, --stdin, or --tty)"
        )


def _heeder(*, quiet: bool, image: str | None) -> Callable[[str], None]:
    """Return who hears the server's warnings; that there is no image is no news without --image."""
    from minipod.cli.session import warn

    def heed(text: str) -> None:
        if not quiet and (image or _NO_IMAGE not in text):
            with suppress(OSError):  # the terminal is gone: the pod is to be removed all the same
                warn(text)

    return heed


def _pairs(texts: list[str] | tuple[str, ...], option: str) -> dict[str, str]:
    pairs = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not (name and equals):
            raise click.BadParameter(f'"{text}" is not K=V', param_hint=option)
        pairs[name] = value
    return pairs
