"""Waiting until what is being deleted is gone."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from minipod.client.kinds import BY_WORD
from minipod.client.waits.patience import patiently
from minipod.errors import TimedOut

if TYPE_CHECKING:
    from collections.abc import Sequence

    from minipod.client.api import Api

    JSON = dict[str, Any]


def wait(
    api: Api,
    objects: Sequence[JSON],
    left: set[str] | None = None,
    *,
    until: float | None = None,
) -> None:
    """Wait until these objects, as `Api.delete` returned them, are gone.

    `left` has the uids of those that are still waited for, meanwhile. TimedOut, which names the
    first of those, once time.monotonic is `until`.
    """
    left = set() if left is None else left
    for name in dict.fromkeys(obj["kind"] for obj in objects):
        of_kind = [obj["metadata"] for obj in objects if obj["kind"] == name]
        namespaces = {metadata.get("namespace") for metadata in of_kind}
        left |= {metadata["uid"] for metadata in of_kind}
        where = namespaces.pop() if len(namespaces) == 1 else None
        after = str(min(int(metadata["resourceVersion"]) for metadata in of_kind))
        wait_gone = partial(api.wait_gone, BY_WORD[name.lower()], where, left, after, until=until)
        try:
            patiently(wait_gone)
        except TimeoutError:
            _require_gone(api, objects)
            return


def _require_gone(api: Api, objects: Sequence[JSON]) -> None:
    """Look once. TimedOut, in kubectl's words, if one of these is still there."""
    for obj in objects:
        kind, metadata = BY_WORD[obj["kind"].lower()], obj["metadata"]
        where = kind, metadata.get("namespace", ""), metadata["name"]
        now = patiently(partial(api.find, *where))
        if now is not None and now["metadata"]["uid"] == metadata["uid"]:
            raise TimedOut(
                f"timed out waiting for the condition on {kind.plural}/{metadata['name']}"
            )
