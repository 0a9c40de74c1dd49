"""How pods and nodes are called in `ip netns list`: names in the order in which they are tried."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from minipod.model.root import Root

DEFAULT_NAMESPACE = "default"

_NAME_MAX = 255
_UNFIT = re.compile(r"[^A-Za-z0-9._-]")


def pod_names(root: Root, namespace: str, name: str) -> tuple[str, ...]:
    """Return names for a pod: POD in the default root and namespace, else ROOT.NS.POD.

    The root's id instead of its folder's name tells roots of one name apart.
    """
    short = name if root.is_default and namespace == DEFAULT_NAMESPACE else None
    return _names(root, short, f"{namespace}.{name}")


def node_names(root: Root, name: str) -> tuple[str, ...]:
    """Return names for a node: NODE in the default root, else ROOT.NODE."""
    return _names(root, name if root.is_default else None, name)


def fabric_names(root: Root) -> tuple[str, ...]:
    """Return names for the fabric: never a short one, for pods and nodes may be called so."""
    return _names(root, None, "fabric")


def _names(root: Root, short: str | None, name: str) -> tuple[str, ...]:
    folder = _UNFIT.sub("-", root.name)
    last = hashlib.sha256(name.encode()).hexdigest()[:16]
    wishes = (short, f"{folder}.{name}", f"{root.id}.{name}", f"{root.id}.{last}")
    return tuple(wish for wish in wishes if wish is not None and len(wish) <= _NAME_MAX)
