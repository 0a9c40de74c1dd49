"""Making what files hold, knowing what was there before: nothing that differs is replaced."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from minipod.client.kinds import NAMESPACES, PODS
from minipod.client.manifests.outcomes import FAILED, outcomes
from minipod.client.targets import Target, of_sources
from minipod.client.waits.patience import TRIES
from minipod.errors import Conflict, Unavailable
from minipod.model.submission import Action, Submission

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from minipod.client.api import Api
    from minipod.client.manifests.outcomes import Outcome
    from minipod.client.manifests.sources import Source
    from minipod.errors import MinipodError

    JSON = dict[str, Any]

_LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
_ANEW = "'minipod down -f' removes what is there, 'minipod apply -f' changes what can change"


class Planned(NamedTuple):
    """What becomes of the files' objects, which are to be made, or are there; or why not.

    `ending` are there, but are being deleted: nothing can be planned before they are gone.
    """

    objects: list[JSON]
    new: list[Target]
    ending: list[JSON]
    warnings: list[str]
    errors: list[MinipodError]


class Made(NamedTuple):
    """What the server did with one object: `new` if it was not there before."""

    obj: JSON
    new: bool


def plan(api: Api, sources: Sequence[Source], namespace: str | None) -> Planned:
    """Ask what would become of the files, changing nothing. InvalidObject."""
    planned = Planned([], [], [], [], [])

    def heed(warning: str) -> None:
        if _LAST_APPLIED not in warning:  # of a pod that `create` made
            planned.warnings.append(warning)

    wanted = Submission(Action.APPLY, dry_run=True)
    found = list(outcomes(api.submit(sources, namespace, wanted), heed))
    for target, outcome in zip(
        of_sources(api, sources, namespace, (PODS, NAMESPACES)), found, strict=True
    ):
        _plan_one(api, target, outcome, planned)
    return planned


def _plan_one(api: Api, target: Target, outcome: Outcome, planned: Planned) -> None:
    """Note what would become of one object."""
    there = live = outcome.raw
    if outcome.done in (FAILED, "configured"):
        live = api.find(target.kind, target.namespace, target.name)
    if outcome.error is not None:
        there = live
    if live is None and outcome.error is not None:
        planned.errors.append(outcome.error)
    elif there is not None and "deletionTimestamp" in there["metadata"]:
        planned.ending.append({"kind": target.kind.name, **there})
    elif outcome.raw is None or live is None or _content(live) != _content(outcome.raw):
        planned.errors.append(_different(target))
    else:
        planned.objects.append(outcome.raw)
        if outcome.done == "created":
            planned.new.append(target)


def make(
    api: Api, sources: Sequence[Source], namespace: str | None, planned: Planned
) -> Iterator[Made | MinipodError]:
    """Make what is planned to be made; yield each object as it is then, or why it is not.

    If the server ends meanwhile, the next one makes the rest. Unavailable.
    """
    done = 0
    for attempt in range(TRIES):
        lines = api.submit(sources, namespace, Submission(Action.APPLY))
        try:
            for outcome in islice(outcomes(lines, _said_before), done, None):
                done += 1
                yield _made(outcome, planned, again=attempt > 0)
        except Unavailable:
            if attempt == TRIES - 1:
                raise
        else:
            return


def _said_before(_warning: str) -> None:
    """Say nothing: it was, when it was planned."""


def _made(outcome: Outcome, planned: Planned, *, again: bool) -> Made | MinipodError:
    """Read an outcome; `again`: the server before may have made the object, and not told."""
    if outcome.raw is None:
        assert outcome.error is not None
        return outcome.error
    metadata = outcome.raw["metadata"]
    key = outcome.raw["kind"], metadata.get("namespace", ""), metadata["name"]
    was_new = key in {(target.kind.name, target.namespace, target.name) for target in planned.new}
    return Made(outcome.raw, new=outcome.done == "created" or (again and was_new))


def _content(obj: JSON) -> JSON:
    metadata = {key: item for key, item in obj["metadata"].items() if key != "resourceVersion"}
    notes = {k: v for k, v in metadata.pop("annotations", {}).items() if k != _LAST_APPLIED}
    return {**obj, "metadata": metadata, "annotations": notes}


def _different(target: Target) -> Conflict:
    return Conflict(
        f"{target.kind.singular}/{target.name} is there already, and is not what the files say",
        hint=_ANEW,
    )
