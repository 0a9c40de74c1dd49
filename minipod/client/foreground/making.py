"""Making what files hold, knowing what was there before: nothing that differs is replaced."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from minipod.client.kinds import NAMESPACES, PODS
from minipod.client.targets import Target, of_sources
from minipod.client.waits.patience import TRIES
from minipod.client.wire.statuses import error_from
from minipod.errors import Conflict, Unavailable
from minipod.model.submission import Action, Submission

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from minipod.client.api import Api
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
    lines = list(api.submit(sources, namespace, Submission(Action.APPLY, dry_run=True)))
    planned = Planned([], [], [], [], [])
    waiting = iter(of_sources(api, sources, namespace, (PODS, NAMESPACES)))
    for line in lines:
        if line["type"] != "WARNING":
            _plan_one(api, next(waiting), line, planned)
        elif _LAST_APPLIED not in line["message"]:  # of a pod that `create` made
            planned.warnings.append(line["message"])
    return planned


def _plan_one(api: Api, target: Target, line: JSON, planned: Planned) -> None:
    """Note what would become of one object."""
    if line["type"] == "ERROR":
        obj = live = api.find(target.kind, target.namespace, target.name)
    else:
        obj = live = line["object"]
        if line["type"] == "CONFIGURED":
            live = api.find(target.kind, target.namespace, target.name)
    if live is None and line["type"] == "ERROR":
        planned.errors.append(error_from(line["status"]))
    elif obj is not None and "deletionTimestamp" in obj["metadata"]:
        planned.ending.append({"kind": target.kind.name, **obj})
    elif line["type"] == "ERROR" or live is None or _content(live) != _content(line["object"]):
        planned.errors.append(_different(target))
    else:
        planned.objects.append(line["object"])
        if line["type"] == "CREATED":
            planned.new.append(target)


def make(
    api: Api, sources: Sequence[Source], namespace: str | None, planned: Planned
) -> Iterator[Made | MinipodError]:
    """Make what is planned to be made; yield each object as it is then, or why it is not.

    If the server ends meanwhile, the next one makes the rest. Unavailable.
    """
    done = 0
    for attempt in range(TRIES):
        told = _objects(api, sources, namespace)
        try:
            for line in islice(told, done, None):
                done += 1
                yield _made(line, planned, again=attempt > 0)
        except Unavailable:
            if attempt == TRIES - 1:
                raise
        else:
            return


def _objects(api: Api, sources: Sequence[Source], namespace: str | None) -> Iterator[JSON]:
    """Apply what files hold; yield a line for each object: warnings were said before."""
    for line in api.submit(sources, namespace, Submission(Action.APPLY)):
        if line["type"] != "WARNING":
            yield line


def _made(line: JSON, planned: Planned, *, again: bool) -> Made | MinipodError:
    """Read a line; `again`: the server before may have made the object, and not told."""
    if line["type"] == "ERROR":
        return error_from(line["status"])
    metadata = line["object"]["metadata"]
    key = line["object"]["kind"], metadata.get("namespace", ""), metadata["name"]
    was_new = key in {(target.kind.name, target.namespace, target.name) for target in planned.new}
    return Made(line["object"], new=line["type"] == "CREATED" or (again and was_new))


def _content(obj: JSON) -> JSON:
    metadata = {key: item for key, item in obj["metadata"].items() if key != "resourceVersion"}
    notes = {k: v for k, v in metadata.pop("annotations", {}).items() if k != _LAST_APPLIED}
    return {**obj, "metadata": metadata, "annotations": notes}


def _different(target: Target) -> Conflict:
    return Conflict(
        f"{target.kind.singular}/{target.name} is there already, and is not what the files say",
        hint=_ANEW,
    )
