"""What is to be done with the objects of manifests."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class Action(StrEnum):
    """kubectl's verbs for files."""

    CREATE = "create"
    APPLY = "apply"
    REPLACE = "replace"
    DIFF = "diff"
    """Nothing is done: what APPLY would make of each is told, beside what is there."""


class Submission(NamedTuple):
    """What to do, and how.

    `strict_ports`: a port that stands in a pod twice is an error. `dry_run`: check and answer, but
    change nothing. `force`: of REPLACE, delete what is there and create it anew; its programs get
    `grace` seconds to end. `selector`: only the objects whose labels, as written, it means.
    """

    action: Action
    strict_ports: bool = False
    dry_run: bool = False
    force: bool = False
    grace: int = 0
    selector: str | None = None
