"""Making what files hold for `up`, told as it goes."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from minipod.cli.printing.output import say, say_error

if TYPE_CHECKING:
    from collections.abc import Callable

    from minipod.client import Api
    from minipod.client.foreground.making import Planned
    from minipod.client.manifests.sources import Source
    from minipod.client.targets import Target
    from minipod.errors import MinipodError

    JSON = dict[str, Any]
    Show = Callable[[str], None]


class Order(NamedTuple):
    """What to make, and by whom."""

    api: Api
    sources: list[Source]
    namespace: str | None


class Done(NamedTuple):
    """What is there by now: pods, which objects were made here, and what could not be made."""

    pods: list[JSON]
    new: list[Target]
    failures: list[MinipodError]

    @property
    def code(self) -> int:
        """The exit code, of the making."""
        return int(bool(self.failures))


def plan(order: Order) -> Planned | None:
    """Return what is to be made; None if something hinders, which is told: all of it.

    What is being deleted is waited for: it is neither there nor out of the way.
    """
    from minipod.cli.submitting import refusing
    from minipod.cli.telling.gone import wait_gone
    from minipod.client.foreground import making
    from minipod.client.views.podview import reference
    from minipod.client.waits.patience import patiently

    ask = partial(making.plan, order.api, order.sources, order.namespace)
    with refusing("created"):
        planned = patiently(ask)
        while planned.ending and not planned.errors:
            for obj in planned.ending:
                say(f"{reference(obj)} is being deleted: waiting until it is gone")
            wait_gone(order.api, planned.ending)
            planned = patiently(ask)
    for text in planned.warnings:
        heed(text)
    for error in planned.errors:
        say_error(error)
    return None if planned.errors else planned


def make(order: Order, planned: Planned, made: Done, show: Show) -> None:
    """Make what is planned, and note it in `made`; `show` prints what became of each object."""
    from minipod.cli.submitting import print_hints
    from minipod.cli.telling.making import Making
    from minipod.client.foreground import making
    from minipod.client.views.podview import reference

    with Making("created", lambda: len(planned.objects)) as shown:
        for one in making.make(order.api, order.sources, order.namespace, planned):
            shown.count += 1
            if not isinstance(one, making.Made):
                made.failures.append(one)
                with suppress(OSError):
                    say_error(one)
                continue
            if one.new:
                made.new.append(target_of(one.obj))
            if one.obj["kind"] == "Pod":
                made.pods.append(one.obj)
            show(f"{reference(one.obj)} {'created' if one.new else _already(one.obj)}")
            if one.obj["kind"] == "Pod":
                with suppress(OSError):
                    print_hints(one.obj)


def _already(obj: JSON) -> str:
    from minipod.client.foreground.runs import is_over

    ended = is_over(obj) if obj["kind"] == "Pod" else False
    return "is there already, and has ended" if ended else "is there already"


def heed(text: str) -> None:
    """Show a warning, if there is anybody: the pods are to be removed all the same."""
    from minipod.cli.session import warn

    with suppress(OSError):
        warn(text)


def target_of(obj: JSON) -> Target:
    """Return an object as what is to be waited for, or removed: that one, with its uid."""
    from minipod.client.kinds import BY_WORD
    from minipod.client.targets import Target

    metadata = obj["metadata"]
    kind = BY_WORD[obj["kind"].lower()]
    return Target(kind, metadata.get("namespace", ""), metadata["name"], metadata["uid"])
