"""Making what files hold, knowing what was there before: nothing that differs is replaced."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from minipod.client.kinds import NAMESPACES, PODS
from minipod.client.targets import Target, of_sources
from minipod.client.wire.statuses import error_from
from minipod.errors import Conflict
from minipod.model.submission import Action, Submission

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from minipod.client.api import Api
    from minipod.client.manifests.sources import Source
    from minipod.errors import MinipodError

    JSON = dict[str, Any]

_LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
_ANEW = "'minipod down -f' removes what is there, 'minipod apply -f' changes what can change"


class Planned(NamedTuple):
    """What becomes of the files' objects, which are to be made, or are there; or why not."""

    objects: list[JSON]
    new: list[Target]
    warnings: list[str]
    errors: list[MinipodError]


class Made(NamedTuple):
    """What the server did with one object: `new` if it was not there before."""

    obj: JSON
    new: bool


def plan(api: Api, sources: Sequence[Source], namespace: str | None) -> Planned:
    """Ask what would become of the files, changing nothing. InvalidObject."""
    targets = of_sources(api, sources, namespace, (PODS, NAMESPACES))
    planned = Planned([], [], [], [])
    waiting = iter(targets)
    for line in api.submit(sources, namespace, Submission(Action.APPLY, dry_run=True)):
        match line["type"]:
            case "WARNING":
                if _LAST_APPLIED not in line["message"]:  # of a pod that `create` made
                    planned.warnings.append(line["message"])
            case "ERROR":
                planned.errors.append(_refusal(api, next(waiting), error_from(line["status"])))
            case done:
                target = next(waiting)
                planned.objects.append(line["object"])
                if done == "CREATED":
                    planned.new.append(target)
                elif done == "CONFIGURED" and _differs(api, target, line["object"]):
                    planned.errors.append(_different(target))
    return planned


def make(
    api: Api, sources: Sequence[Source], namespace: str | None, planned: Planned
) -> Iterable[Made | MinipodError]:
    """Make what is planned to be made; yield each object as it is then, or why it is not."""
    new = {(target.kind.name, target.namespace, target.name) for target in planned.new}
    for line in api.submit(sources, namespace, Submission(Action.APPLY)):
        match line["type"]:
            case "WARNING":
                continue  # said when it was planned
            case "ERROR":
                yield error_from(line["status"])
            case _:
                metadata = line["object"]["metadata"]
                key = line["object"]["kind"], metadata.get("namespace", ""), metadata["name"]
                yield Made(line["object"], new=key in new)


def _differs(api: Api, target: Target, after: JSON) -> bool:
    """Return whether more would change than the note of what was applied."""
    return _content(api.get(target.kind, target.namespace, target.name)) != _content(after)


def _content(obj: JSON) -> JSON:
    metadata = {key: item for key, item in obj["metadata"].items() if key != "resourceVersion"}
    notes = {k: v for k, v in metadata.pop("annotations", {}).items() if k != _LAST_APPLIED}
    return {**obj, "metadata": metadata, "annotations": notes}


def _refusal(api: Api, target: Target, error: MinipodError) -> MinipodError:
    """Return what to say of an object that could not be applied: if it is there, it differs."""
    return _different(target) if api.find(target.kind, target.namespace, target.name) else error


def _different(target: Target) -> Conflict:
    return Conflict(
        f"{target.kind.singular}/{target.name} is there already, and is not what the files say",
        hint=_ANEW,
    )
