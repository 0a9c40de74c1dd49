"""Labels and annotations to set and to remove, in kubectl's spelling and with its objections."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from minipod.errors import BadRequest
from minipod.manifest import formats

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    JSON = dict[str, Any]


class Change(NamedTuple):
    """Which values to set and which keys to remove, in `metadata.FIELD`."""

    field: str
    values: dict[str, str]
    removed: tuple[str, ...] = ()

    def missing(self, there: Mapping[str, str]) -> list[str]:
        """Return the keys that are to be removed and are not there."""
        return [key for key in self.removed if key not in there]

    def overwritten(self, there: Mapping[str, str]) -> list[str]:
        """Return the keys whose values would be others than they are."""
        return [key for key, value in self.values.items() if there.get(key, value) != value]

    def applied(self, there: Mapping[str, str]) -> dict[str, str]:
        """Return what is there when all is done."""
        kept = {key: value for key, value in there.items() if key not in self.removed}
        return kept | self.values

    def patch(self, resource_version: str | None) -> JSON:
        """Return the merge patch; with a resourceVersion, for that one of the object only."""
        metadata: JSON = {self.field: {**dict.fromkeys(self.removed), **self.values}}
        if resource_version:
            metadata["resourceVersion"] = resource_version
        return {"metadata": metadata}


def read_labels(pairs: Iterable[str]) -> Change:
    """Return the change of labels that `K=V` and `K-` ask for. BadRequest."""
    change = _change("labels", pairs)
    for key, value in change.values.items():
        if "=" in value:
            raise BadRequest(f"invalid label spec: {key}={value}")
        if wrong := formats.label_value(value):
            raise BadRequest(f'invalid label value: "{key}={value}": {"; ".join(wrong)}')
        if wrong := formats.qualified_name(key):
            raise BadRequest(f'invalid label key: "{key}": {"; ".join(wrong)}')
    if set(change.removed) & change.values.keys():
        raise BadRequest("can not both modify and remove a label in the same command")
    return change


def read_annotations(pairs: Iterable[str]) -> Change:
    """Return the change of annotations that `K=V` and `K-` ask for. BadRequest."""
    change = _change("annotations", pairs)
    for key in change.values:
        if wrong := formats.qualified_name(key.lower()):
            raise BadRequest(f'invalid annotation key: "{key}": {"; ".join(wrong)}')
    if both := [key for key in change.removed if key in change.values]:
        raise BadRequest(
            "can not both modify and remove the following annotation(s) in the same command: "
            + ", ".join(both)
        )
    return change


def refuse_overwriting_labels(change: Change, there: Mapping[str, str]) -> None:
    """Raise BadRequest if labels would get other values."""
    if old := change.overwritten(there):
        raise BadRequest(
            "; ".join(f"{_has(key, there)}, and --overwrite is false" for key in old),
            hint="--overwrite gives them the new values",
        )


def refuse_overwriting_annotations(change: Change, there: Mapping[str, str]) -> None:
    """Raise BadRequest if annotations would get other values."""
    if old := change.overwritten(there):
        raise BadRequest(
            "--overwrite is false but found the following declared annotation(s): "
            + "; ".join(_has(key, there) for key in old),
            hint="--overwrite gives them the new values",
        )


def _change(field: str, pairs: Iterable[str]) -> Change:
    values, removed = {}, []
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if equals:
            values[key] = value
        else:
            removed.append(pair.removesuffix("-"))
    return Change(field, values, tuple(removed))


def _has(key: str, there: Mapping[str, str]) -> str:
    return f"'{key}' already has a value ({there[key]})"
