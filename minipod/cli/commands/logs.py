"""`minipod logs`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from minipod.cli.arguments.resources import pod_name
from minipod.cli.options import (
    container_option,
    namespace_option,
    offers,
    pass_session,
    selector_option,
    verb,
)
from minipod.cli.printing.output import say

if TYPE_CHECKING:
    from minipod.cli.session import Session

_TAIL_OF_MANY = 10


class _Duration(click.ParamType[int]):
    """A duration as Go writes it: 90s, 5m, 1h30m."""

    name = "duration"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> int:
        from minipod.client.text.durations import seconds

        try:
            return seconds(str(value))
        except ValueError as error:
            self.fail(str(error), param, ctx)


@verb("logs", "minipod logs web --tail 20", "minipod logs -f web --all-containers --prefix")
@click.argument("pod", required=False, **offers("pods"))
@click.argument("inline", required=False, metavar="[CONTAINER]", **offers("containers"))
@container_option
@click.option("-f", "--follow", is_flag=True, help="Go on with what comes.")
@click.option("--tail", type=int, metavar="N", help="Only the last N lines. [default: all]")
@click.option("--since", type=_Duration(), help="Only lines that are younger, such as 5m.")
@click.option("--timestamps", is_flag=True, help="Begin each line with its time.")
@click.option("-p", "--previous", is_flag=True, help="Of the run before the last restart.")
@click.option("--all-containers", is_flag=True, help="Of all containers.")
@click.option("--prefix", is_flag=True, help="Begin each line with [pod/POD/CONTAINER].")
@selector_option
@namespace_option
@pass_session
def logs(  # noqa: PLR0913 (an option each)
    session: Session,
    *,
    pod: str | None,
    inline: str | None,
    container: str | None,
    follow: bool,
    tail: int | None,
    since: int | None,
    timestamps: bool,
    previous: bool,
    all_containers: bool,
    prefix: bool,
    selector: str | None,
) -> None:
    """Print what the containers of a pod wrote.

    That is their stdout and stderr, since their last start.
    """
    from minipod.cli.arguments.containers import choose

    if (pod is None) == (selector is None):
        raise click.UsageError("give a pod or --selector")
    if inline is not None and container is not None:
        raise click.UsageError("only one of -c or an inline [CONTAINER] arg is allowed")
    container = inline or container
    if all_containers and container is not None:
        raise click.UsageError("--all-containers and --container cannot be given together")
    if tail is None and selector is not None:
        tail = _TAIL_OF_MANY
    client = session.client()
    found = client.pods(selector) if pod is None else [client.get(pod_name(pod))]
    sources = found if all_containers else [(one, choose(one, container)) for one in found]
    if not sources:
        say(f"No resources found in {session.namespace} namespace.")
    if follow:
        from minipod.cli.telling.reader import end_with_reader

        end_with_reader()
    pieces = client.stream_logs(
        *sources,
        follow=follow,
        previous=previous,
        tail=tail if tail is not None and tail >= 0 else None,
        since=since or None,
        timestamps=timestamps,
        lines=prefix,
    )
    for _, name, of, data in pieces:
        _write(f"[pod/{name}/{of}] ".encode() + data if prefix else data)


def _write(data: bytes) -> None:
    """Write at once. HostError if stdout takes no more (a full disk)."""
    try:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        from minipod.client.text.words import reason
        from minipod.errors import HostError

        raise HostError(f"cannot write the log: {reason(error)}") from error
