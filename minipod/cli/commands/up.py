"""`minipod up`."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import click

from minipod.cli.bringing_up import Done, Order, heed, make, plan, target_of
from minipod.cli.options import (
    Timeout,
    files_option,
    grace_option,
    namespace_option,
    pass_session,
    verb,
)
from minipod.cli.printing.output import say, say_error, say_hint, tell
from minipod.errors import BadRequest, MinipodError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from minipod.cli.session import Session
    from minipod.client import Api
    from minipod.client.foreground.follower import Wanted
    from minipod.client.foreground.labels import Dress
    from minipod.client.foreground.making import Planned
    from minipod.client.foreground.signals import Signals

    JSON = dict[str, Any]
    Show = Callable[[str], None]


class _Container(click.ParamType[tuple[str, str]]):
    """POD/CONTAINER."""

    name = "container"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, str]:
        pod, slash, container = str(value).partition("/")
        if not (pod and slash and container) or "/" in container:
            self.fail(f'"{value}" is not POD/CONTAINER', param, ctx)
        return pod, container


@verb(
    "up",
    "minipod up -f pod.yaml",
    "minipod up -f pods/ --detach --timeout 1m",
    "minipod up -f test.yaml --exit-code-from test/main",
)
@files_option(required=True)
@click.option("-d", "--detach", is_flag=True, help="Return when the pods are ready; they stay.")
@click.option(
    "--wait",
    type=bool,
    is_flag=False,
    flag_value="true",
    metavar="BOOL",
    help="Whether --detach waits for the pods; implies it. [default: true]",
)
@click.option(
    "--timeout",
    type=Timeout(),
    metavar="TIME",
    help="How long --detach waits. [default: 60s]",
)
@click.option(
    "--abort-on-container-exit", "abort", is_flag=True, help="Stop all when any container ends."
)
@click.option(
    "--exit-code-from",
    "code_from",
    type=_Container(),
    metavar="POD/CONTAINER",
    help="Exit with this container's code; implies --abort-on-container-exit.",
)
@grace_option
@click.option("--timestamps", is_flag=True, help="Begin each line with its time.")
@click.option("--no-color", is_flag=True, help="No colours, though stdout is a terminal.")
@click.option("--no-log-prefix", "bare", is_flag=True, help="Lines without POD/CONTAINER.")
@namespace_option
@pass_session
def up(  # noqa: PLR0913 (an option each)
    session: Session,
    *,
    files: tuple[str, ...],
    recursive: bool,
    detach: bool,
    wait: bool | None,
    timeout: float | None,
    abort: bool,
    code_from: tuple[str, str] | None,
    grace: int | None,
    timestamps: bool,
    no_color: bool,
    bare: bool,
) -> int:
    """Create pods from files and show what they write, until Ctrl+C removes them.

    What is there already and is what the files say is shown too, and stays; if something differs,
    nothing is made. Ctrl+C stops the pods that were made here as gracefully as `delete`, a second
    one at once. It ends by itself when all containers have ended: with 0 if all succeeded, else 1.
    """
    from minipod.cli.printing.foreground import dress
    from minipod.client.foreground.follower import Wanted
    from minipod.client.manifests.sources import read

    detach = detach or wait is not None
    if detach and (abort or code_from or timestamps or bare or grace is not None):
        raise click.UsageError("--detach shows nothing, and does not stop the pods")
    if timeout is not None and (not detach or wait is False):
        raise click.UsageError("--timeout is of --detach, which waits")
    order = Order(session.api(heed=heed), read(files, recursive=recursive), session.given_namespace)
    if detach:
        seconds = 60.0 if timeout is None else timeout
        return _detached(order, None if wait is False else seconds)
    wanted = Wanted(timestamps, abort or code_from is not None, code_from, grace)
    return _attached(order, wanted, dress(prefix=not bare, colour=not no_color))


def _attached(order: Order, wanted: Wanted, dress: Dress) -> int:
    """Make the pods, follow them, and remove them. Signals count from the first moment."""
    from minipod.client.foreground.outcome import FORCED
    from minipod.client.foreground.signals import caught
    from minipod.client.foreground.undoing import undone
    from minipod.client.streams.ending import EndedBySignal

    planned = plan(order)
    if planned is None:
        return 1
    _require_container(planned, wanted)
    made = Done([], [], [])
    with caught() as signals, _left_to_down():
        events = _events(order.api, planned)
        with undone(order.api, made.new):
            make(order, planned, made, _shower(signals))
            code = _follow(order.api, made, events, wanted, dress, signals) if made.pods else 0
        _remove_namespaces(order.api, made)
    if signals.count >= FORCED:
        raise EndedBySignal(signals.last)
    return code or made.code


@contextmanager
def _left_to_down() -> Iterator[None]:
    """Say what to do if a third signal leaves things as they are."""
    from minipod.client.streams.ending import EndedBySignal

    try:
        yield
    except EndedBySignal:
        with suppress(OSError):
            say_hint("pods may still be there: 'minipod down -f' removes them")
        raise


def _say(text: str) -> None:
    """Say something, if there is anybody: the pods are to be removed all the same."""
    with suppress(OSError):
        say(text)


def _shower(signals: Signals) -> Show:
    """Return what says what is made, and once that a signal was heard: nothing else tells yet."""
    told = False

    def show(text: str) -> None:
        nonlocal told
        _say(text)
        if signals.look() and not told:
            told = True
            _say("Gracefully stopping when all are made... (press Ctrl+C again to force)")

    return show


def _follow(
    api: Api,
    made: Done,
    events: dict[str, int],
    wanted: Wanted,
    dress: Dress,
    signals: Signals,
) -> int:
    from minipod.cli.printing.foreground import Screen, name_of
    from minipod.client.foreground.follower import Followed, Follower
    from minipod.client.foreground.labels import Labels
    from minipod.client.foreground.runs import names
    from minipod.client.kinds import PODS

    namespaces = len({pod["metadata"]["namespace"] for pod in made.pods}) > 1
    known = [name_of(pod, name, namespaces) for pod in made.pods for name in names(pod)]
    new = [target for target in made.new if target.kind is PODS]
    followed = Followed(made.pods, new, events)
    with Screen(Labels(known, dress), signals, namespaces=namespaces) as screen:
        code = Follower(api, followed, wanted, screen, signals).run()
    screen.end()
    return code


def _detached(order: Order, timeout: float | None) -> int:
    """Make the pods and wait for them; say of each that is not ready why."""
    planned = plan(order)
    if planned is None:
        return 1
    made = Done([], [], [])
    make(order, planned, made, tell)
    if timeout is None:
        return made.code
    ready = _await(order.api, made, timeout)
    if not ready:
        say_hint("'minipod down -f' removes the pods, 'minipod describe pod' tells more")
    return made.code or int(not ready)


def _await(api: Api, made: Done, timeout: float) -> bool:
    """Wait until each pod is ready, or will not be; tell which, and return whether all are."""
    from minipod.cli.telling.awaiting import awaiting
    from minipod.client.foreground.readiness import Verdict, verdict, why_not
    from minipod.client.foreground.settling import settle

    targets = [target_of(pod) for pod in made.pods]
    ready = True
    outcomes = settle(api, targets, timeout)
    for target, obj, _ in awaiting(outcomes, targets, " to be ready"):
        pod = obj or api.find(target.kind, target.namespace, target.name)
        if pod is not None and verdict(pod) is Verdict.READY:
            tell(f"pod/{target.name} ready")
            continue
        ready = False
        why = why_not(pod) if pod is not None else "it was deleted"
        say_error(MinipodError(f"pod/{target.name} is not ready: {why}"))
    return ready


def _events(api: Api, planned: Planned) -> dict[str, int]:
    """Return which events there are before anything is made, and how often each came."""
    from minipod.client.foreground.follower import told

    return told(api, {obj["metadata"].get("namespace") for obj in planned.objects})


def _require_container(planned: Planned, wanted: Wanted) -> None:
    from minipod.client.foreground.runs import names

    if wanted.code_from is None:
        return
    pod, container = wanted.code_from
    for obj in planned.objects:
        if obj["kind"] == "Pod" and obj["metadata"]["name"] == pod and container in names(obj):
            return
    raise BadRequest(
        f"cannot take the exit code of {pod}/{container}: the files have no such container"
    )


def _remove_namespaces(api: Api, made: Done) -> None:
    from minipod.client.foreground.undoing import empty_namespaces

    for target, gone in empty_namespaces(api, made.new):
        if not gone:
            with suppress(OSError):
                say_hint(f"namespace/{target.name} stays: other pods are in it")
