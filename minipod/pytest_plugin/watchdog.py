"""Waits for the end of a root's owner, and removes what is left of the root then."""

from __future__ import annotations

import fcntl
import sys
from pathlib import Path

from minipod.pytest_plugin.roots import OWNER, remove


def main(folder: Path) -> None:
    """Return when the owner has ended and nothing of its root is left. MinipodError."""
    try:
        owner = (folder / OWNER).open("wb")
    except FileNotFoundError:
        return  # the owner was quicker
    with owner:
        fcntl.lockf(owner, fcntl.LOCK_EX)
        if folder.exists():
            remove(folder)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
