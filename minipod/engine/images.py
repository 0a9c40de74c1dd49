"""Which program of this machine stands for an image; kept in the root's store."""

from __future__ import annotations

from typing import TYPE_CHECKING

from minipod.errors import BadRequest, NotFound

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from minipod.store.protocol import Store

_BUCKET = "images"


class Images:
    """The image map; `on_change` is called after each change, for containers that wait for it."""

    def __init__(self, store: Store, on_change: Callable[[], None]) -> None:
        self._store = store
        self._on_change = on_change

    def list(self) -> dict[str, list[str]]:
        """Return the command of each image or pattern."""
        return dict(self._store.records(_BUCKET))

    def map(self, pattern: str, command: Sequence[str]) -> None:
        """Say what an image, or every image that a glob pattern matches, runs."""
        if not pattern:
            raise BadRequest("cannot map an image: its name is empty")
        if not command or not command[0]:
            raise BadRequest(f'cannot map image "{pattern}": the command is empty')
        self._store.put_record(_BUCKET, pattern, list(command))
        self._on_change()

    def unmap(self, pattern: str) -> None:
        """Forget a mapping; containers that run on it go on."""
        if self._store.record(_BUCKET, pattern) is None:
            raise NotFound(f'image "{pattern}" is not mapped')
        self._store.drop_record(_BUCKET, pattern)
        self._on_change()
