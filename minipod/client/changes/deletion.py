"""Deletions as the API takes them."""

from __future__ import annotations

from typing import Any, NamedTuple

JSON = dict[str, Any]


class Deletion(NamedTuple):
    """How to delete: within `grace` seconds (None: as the object says), only this `uid`."""

    grace: int | None = None
    uid: str | None = None
    dry_run: bool = False

    def options(self) -> JSON:
        """Return Kubernetes' DeleteOptions."""
        options: JSON = {"apiVersion": "v1", "kind": "DeleteOptions"}
        if self.grace is not None:
            options["gracePeriodSeconds"] = self.grace
        if self.uid is not None:
            options["preconditions"] = {"uid": self.uid}
        if self.dry_run:
            options["dryRun"] = ["All"]
        return options
