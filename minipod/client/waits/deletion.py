"""Waiting until what is being deleted is gone."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from minipod.client.kinds import BY_WORD
from minipod.client.waits.patience import patiently

if TYPE_CHECKING:
    from collections.abc import Sequence

    from minipod.client.api import Api

    JSON = dict[str, Any]


def wait(api: Api, objects: Sequence[JSON], left: set[str] | None = None) -> None:
    """Wait until these objects, as `Api.delete` returned them, are gone.

    `left` has the uids of those that are still waited for, meanwhile.
    """
    left = set() if left is None else left
    for name in dict.fromkeys(obj["kind"] for obj in objects):
        of_kind = [obj["metadata"] for obj in objects if obj["kind"] == name]
        namespaces = {metadata.get("namespace") for metadata in of_kind}
        left |= {metadata["uid"] for metadata in of_kind}
        where = namespaces.pop() if len(namespaces) == 1 else None
        after = str(min(int(metadata["resourceVersion"]) for metadata in of_kind))
        wait_gone = partial(api.wait_gone, BY_WORD[name.lower()], where, left, after)
        patiently(wait_gone)
