"""The strategic merge patch that leads from one object to another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from minipod.patch.lists import DELETE, DIRECTIVE, alike, by_key, key_of, same
from minipod.patch.strategic import ORDER, REMOVE, RETAIN

if TYPE_CHECKING:
    from minipod.model.pod import JSON
    from minipod.patch.shapes import Shape


class Wanted(NamedTuple):
    """Which differences a patch is to have."""

    changes: bool = True
    """What is new, and what is other."""
    deletions: bool = True
    """What is gone."""


ALL = Wanted()


def difference(
    old: JSON, new: JSON, shape: Shape, wanted: Wanted = ALL, *, retain: bool = False
) -> JSON:
    """Return the patch that makes a mapping another; `retain`: it is a union."""
    patch: JSON = {}
    for name, value in new.items():
        if name in old and type(old[name]) is type(value) and isinstance(value, dict | list):
            patch |= _field(name, old[name], value, shape.field(name), wanted)
        elif wanted.changes and not (name in old and same(old[name], value)):
            patch[name] = value
    if wanted.deletions:
        patch |= {name: None for name in old if name not in new}
    gone = any(value is not None and name not in new for name, value in old.items())
    if retain and (patch or gone):
        patch[RETAIN] = sorted(name for name, value in new.items() if value is not None)
    return patch


def _field(name: str, old: Any, new: Any, shape: Shape, wanted: Wanted) -> JSON:
    """Return what a patch says of a mapping or a list that was there."""
    if isinstance(new, dict):
        below = difference(old, new, shape, wanted)
        return {name: below} if below else {}
    if shape.key is None:
        return {name: new} if wanted.changes and not same(old, new) else {}
    if not old:
        return {name: new} if new and wanted.changes else {}
    return _items(name, old, new, shape, wanted) if shape.key else _values(name, old, new, wanted)


def _items(name: str, old: list[Any], new: list[Any], shape: Shape, wanted: Wanted) -> JSON:
    assert shape.key
    before, after = alike(old, shape.key), alike(new, shape.key)
    patch: list[Any] = []
    for mark, items in after.items():
        was = before.get(mark, [])
        for one, item in zip(was, items, strict=False):
            below = difference(one, item, shape, wanted, retain=shape.retain_keys)
            patch += [below | {shape.key: item[shape.key]}] if below else []
        patch += items[len(was) :] if wanted.changes else []
    if wanted.deletions:
        gone = [items[0] for mark, items in before.items() if len(items) > len(after.get(mark, []))]
        patch += [{shape.key: item[shape.key], DIRECTIVE: DELETE} for item in gone]
    moved = wanted.changes and _reordered(before, after)
    if not patch and not moved:
        return {}
    order = [{shape.key: key_of(item, shape.key)} for item in new]
    return ({name: patch} if patch else {}) | {ORDER + name: order}


def _values(name: str, old: list[Any], new: list[Any], wanted: Wanted) -> JSON:
    before, after = by_key(old, ""), by_key(new, "")
    added = [value for mark, value in after.items() if mark not in before and wanted.changes]
    gone = [value for mark, value in before.items() if mark not in after and wanted.deletions]
    if not added and not gone and not (wanted.changes and _reordered(before, after)):
        return {}
    patch: JSON = {ORDER + name: new}
    return patch | ({name: added} if added else {}) | ({REMOVE + name: gone} if gone else {})


def _reordered(before: dict[Any, Any], after: dict[Any, Any]) -> bool:
    """Return whether what both have stands in another order."""
    return [mark for mark in before if mark in after] != [mark for mark in after if mark in before]
