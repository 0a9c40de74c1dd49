"""`minipod run`."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from minipod.cli.options import (
    dry_run_option,
    namespace_option,
    offers,
    pass_session,
    result_option,
    verb,
)
from minipod.cli.printing.output import say

if TYPE_CHECKING:
    from collections.abc import Iterator

    from minipod.cli.printing.form import Form
    from minipod.cli.printing.results import DryRun
    from minipod.cli.session import Session
    from minipod.client import Api

    JSON = dict[str, Any]


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
@click.option("--rm", "remove", is_flag=True, help="Delete the pod when we leave it.")
@click.option("-q", "--quiet", is_flag=True, help="Only what CMD writes.")
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
    quiet: bool,
    dry_run: str,
    output: Form,
    _command: bool,
) -> int:
    """Create a pod of one container that runs CMD.

    CMD is a program of this machine. Without it, the container runs what its image is mapped to
    (minipod image map). With -i or --attach we stay until CMD ends, and unless it starts again its
    exit code is ours.
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
        tty=tty,
    )
    printed = results(output, dry)
    if dry is DryRun.CLIENT:
        printed.add(pod, "created")
        return 0
    api = session.api()
    pod = api.create(PODS, session.namespace, pod, dry_run=dry is DryRun.SERVER)
    if not (attach or stdin):
        printed.add(pod, "created")
        print_hints(pod)
        return 0
    return _stay(api, pod, _Manner(stdin, tty, remove, quiet))


class _Manner(NamedTuple):
    """How to stay with a pod."""

    stdin: bool
    tty: bool
    remove: bool
    quiet: bool


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


def _stay(api: Api, pod: JSON, manner: _Manner) -> int:
    """Attach to a new pod from its first byte on; return what its end means for us."""
    from minipod.client.views import podview
    from minipod.client.waits import completion

    name = pod["metadata"]["name"]
    with _removing(api, pod, manner):
        _attach(api, pod, manner)
        if pod["spec"]["restartPolicy"] == "Always":
            return int(any(podview.cannot_start(pod)))
        code = completion.exit_code(completion.wait(api, pod), name)
    if code:
        say(f"pod {pod['metadata']['namespace']}/{name} terminated (Error)")
    return code


def _attach(api: Api, pod: JSON, manner: _Manner) -> None:
    from minipod.cli.submitting import print_hints
    from minipod.cli.telling.attaching import say_prompt, say_resume, wants_terminal
    from minipod.client.streams import attach

    name = pod["metadata"]["name"]
    terminal = wants_terminal(pod, name, stdin=manner.stdin, tty=manner.tty)
    if terminal and not manner.quiet:
        say_prompt()
    print_hints(pod)
    wanted = attach.Wanted(name, manner.stdin, terminal, attempt=0)
    attached = attach.attach(api.root, pod, wanted)
    if attached is None:
        attach.copy_log(api.root, pod, name, 0)
        return
    with attached:
        attached.run()
    if terminal and not (manner.quiet or manner.remove):
        say_resume(pod, wanted)


@contextmanager
def _removing(api: Api, pod: JSON, manner: _Manner) -> Iterator[None]:
    """Delete the pod at the end if that is wanted, whatever the end is."""
    from minipod.cli.printing.results import deletions
    from minipod.client.kinds import PODS
    from minipod.client.waits import deletion

    try:
        yield
    finally:
        if manner.remove:
            metadata = pod["metadata"]
            gone = api.delete(PODS, metadata["namespace"], metadata["name"])
            if not manner.quiet:
                deletions(None).add(gone, "deleted")
            deletion.wait(api, [gone])


def _pairs(texts: list[str] | tuple[str, ...], option: str) -> dict[str, str]:
    pairs = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not (name and equals):
            raise click.BadParameter(f'"{text}" is not K=V', param_hint=option)
        pairs[name] = value
    return pairs
