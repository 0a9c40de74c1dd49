"""What the engine answers to those who change objects: the object, and what they should know."""

from __future__ import annotations

import msgspec

from minipod.model.pod import JSON


class Created(msgspec.Struct, frozen=True):
    """An object that has been stored."""

    obj: JSON
    warnings: tuple[str, ...] = ()


class Updated(msgspec.Struct, frozen=True):
    """An object that has been changed."""

    obj: JSON
    warnings: tuple[str, ...] = ()


class Deletion(msgspec.Struct, frozen=True):
    """A pod whose deletion has begun."""

    obj: JSON
    warnings: tuple[str, ...] = ()
