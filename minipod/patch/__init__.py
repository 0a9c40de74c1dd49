"""Patches of objects, as Kubernetes' API and kubectl speak of them. Pure.

A patch and an object make an object; two objects, or three, make a patch.

`strategic` knows which lists of which kind merge, and by which field; `three_way` is what
`kubectl apply` does; `json_patch` and `merge_patch` are RFC 6902 and RFC 7386.
"""

from minipod.patch.json_patch import json_patch
from minipod.patch.last_applied import (
    LAST_APPLIED,
    last_applied,
    with_last_applied,
    without_last_applied,
)
from minipod.patch.merge_patch import merge_patch
from minipod.patch.strategic import strategic
from minipod.patch.three_way import three_way

__all__ = [
    "LAST_APPLIED",
    "json_patch",
    "last_applied",
    "merge_patch",
    "strategic",
    "three_way",
    "with_last_applied",
    "without_last_applied",
]
