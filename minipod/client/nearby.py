"""What there is instead of an object that is not there: in other namespaces, by similar names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from minipod.client.text.nearest import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterable

    from minipod.client.kinds import Kind

    JSON = dict[str, Any]


def hint(kind: Kind, namespace: str, name: str, there: Iterable[JSON]) -> str | None:
    """Return what to try, knowing all objects of the kind; None if nothing is near."""
    places = [(obj["metadata"].get("namespace", ""), obj["metadata"]["name"]) for obj in there]
    elsewhere = [place for place, known in places if known == name and place != namespace]
    if kind.namespaced and elsewhere:
        return _in_other(elsewhere)
    return did_you_mean(
        name, [known for place, known in places if place == namespace or not kind.namespaced]
    )


def _in_other(namespaces: list[str]) -> str:
    first, *more = sorted(namespaces)
    if more:
        names = ", ".join(f'"{one}"' for one in (first, *more))
        return f"there is one in each of the namespaces {names}: add -n {first}, say"
    return f'it is in namespace "{first}": add -n {first}'
