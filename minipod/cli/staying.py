"""Staying with a pod of one container that `run` creates, as `kubectl run --attach` does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from minipod.cli.printing.output import say, say_error_line, say_hint, tell
from minipod.cli.submitting import print_hints
from minipod.cli.telling.attaching import begun, say_prompt, say_resume, wants_terminal
from minipod.client.kinds import PODS
from minipod.client.pod import Pod
from minipod.client.views import podview
from minipod.client.waits.completion import Termination, ended, termination

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from minipod.client.client import Client

    JSON = dict[str, Any]


class Manner(NamedTuple):
    """How to stay.

    `patience` is how many seconds the pod may take to run, and to end once its program has.
    `open_`: the program's stdin outlives ours, so its end is not waited for.
    """

    stdin: bool
    tty: bool
    quiet: bool
    patience: float
    open_: bool


def stay(client: Client, wanted: JSON, manner: Manner) -> int:
    """Create a pod and attach to it from its first byte on; return what its end means for us."""
    pod = client.api.create(PODS, client.namespace, wanted)
    return _report(pod, _with(client, pod, manner, resumable=True), manner)


def stay_and_remove(client: Client, wanted: JSON, manner: Manner, grace: int | None) -> int:
    """Do the same; the pod is gone when this returns, and whatever it raises.

    `grace` is how many seconds the program may take to end; None: as the pod says.
    """
    from minipod.client.foreground.temporary import Temporary, temporarily

    def with_it(pod: JSON) -> tuple[JSON, Termination]:
        return pod, _with(client, pod, manner, resumable=False)

    temporary = Temporary(client.namespace, wanted, grace)
    pod, end = temporarily(client.api, temporary, with_it, _Teller(manner))
    return _report(pod, end, manner)


def _with(client: Client, pod: JSON, manner: Manner, *, resumable: bool) -> Termination:
    """Stay with a pod; return how it ended, without a reason if nobody waits for that."""
    name = pod["metadata"]["name"]
    terminal = wants_terminal(pod, name, stdin=manner.stdin, tty=manner.tty, quiet=manner.quiet)
    if manner.quiet:
        _say_why_not(pod)
    else:
        print_hints(pod)
    pod = begun(client.api, pod, name, manner.patience)
    if terminal and not manner.quiet:
        say_prompt()
    Pod(client, pod).attach(container=name, stdin=manner.stdin, tty=terminal, attempt=0)
    if terminal and resumable and not manner.quiet:
        say_resume(pod, name)
    if manner.open_ or pod["spec"]["restartPolicy"] == "Always":
        return Termination(int(any(podview.cannot_start(pod))), "", "")
    return termination(ended(client.api, pod, manner.patience), name)


def _say_why_not(pod: JSON) -> None:
    """Say why the program could not be started: that is no noise."""
    for container, message in podview.cannot_start(pod):
        say_error_line(f'container "{container}" does not start: {message}')


def _report(pod: JSON, end: Termination, manner: Manner) -> int:
    """Say how the program failed, if it did; return its exit code."""
    if end.reason and end.exit_code and not manner.quiet:
        namespace, name = podview.key(pod)
        say(f"pod {namespace}/{name} terminated ({end.reason})")
        if end.message and end.reason != podview.START_ERROR:  # that one was told at once
            say(end.message)
    return end.exit_code


class _Teller:
    """Says in kubectl's words what becomes of a pod that is removed."""

    def __init__(self, manner: Manner) -> None:
        self._manner = manner

    def deleted(self, pod: JSON) -> None:
        if not self._manner.quiet:
            tell(f'pod "{pod["metadata"]["name"]}" deleted')

    def until_gone(self, pods: list[JSON]) -> AbstractContextManager[set[str]]:
        from minipod.cli.telling.gone import left_of

        return left_of(pods)

    def stays(self, pod: JSON) -> None:
        metadata = pod["metadata"]
        say_hint(
            f"pod/{metadata['name']} may still be there: "
            f"'minipod delete pod {metadata['name']} -n {metadata['namespace']}' removes it"
        )
