"""What would become of manifests, found out here: `--dry-run=client`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from minipod.client.api import DEFAULT_NAMESPACE
from minipod.client.kinds import BY_WORD
from minipod.errors import BadRequest, NotFound
from minipod.manifest import Source, decode
from minipod.model.submission import Action

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from minipod.client.api import Api
    from minipod.client.manifests import sources
    from minipod.model.submission import Submission

    JSON = dict[str, Any]


def rehearse(
    api: Callable[[], Api],
    given: Iterable[sources.Source],
    namespace: str | None,
    wanted: Submission,
) -> Iterator[JSON]:
    """Yield the lines that `Api.submit` would, as far as they can be known here.

    The server is asked by APPLY only, and only whether an object is there. InvalidManifest, with
    every problem.
    """
    decoded = decode(
        [Source(each.name, each.text) for each in given],
        default_namespace=namespace or DEFAULT_NAMESPACE,
        namespace_is_explicit=namespace is not None,
        strict_ports=wanted.strict_ports,
    )
    if wanted.action is Action.APPLY:
        _refuse_made_names(document.obj for document in decoded.objects)
    yield from ({"type": "WARNING", "message": warning} for warning in decoded.warnings)
    for obj in _chosen([document.obj for document in decoded.objects], wanted.selector):
        yield {"type": _outcome(api, obj, wanted.action), "object": obj}


def _chosen(objects: list[JSON], selector: str | None) -> list[JSON]:
    """Return the objects that a label selector means; None: all. BadRequest."""
    if selector is None:
        return objects
    from minipod.plan.selectors import Selector, parse_labels  # noqa: PLC0415 (seldom needed)

    return list(filter(Selector(parse_labels(selector)).matches, objects))


def _refuse_made_names(objects: Iterable[JSON]) -> None:
    """Raise kubectl's error if the name of an object is still to be made."""
    for obj in objects:
        if not obj["metadata"].get("name"):
            prefix = obj["metadata"]["generateName"]
            raise BadRequest(
                f"from {prefix}: cannot use generate name with apply", hint="create it instead"
            )


def _outcome(api: Callable[[], Api], obj: JSON, action: Action) -> str:
    if action is Action.CREATE:
        return "CREATED"
    if action is Action.REPLACE:
        return "REPLACED"
    metadata = obj["metadata"]
    try:
        api().get(BY_WORD[obj["kind"].lower()], metadata.get("namespace", ""), metadata["name"])
    except NotFound:
        return "CREATED"
    return "CONFIGURED"
