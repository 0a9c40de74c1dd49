"""The connections into pods that Kubernetes' API upgrades to: minipod's commands make them instead.

No user's byte passes through the server: the commands get descriptors from the pod's own process.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, NoReturn

from minipod.api import read
from minipod.api.resources import PODS
from minipod.errors import NotServed

if TYPE_CHECKING:
    from aiohttp import web

    from minipod.api.read import Handler

COMMANDS = {
    "exec": "`minipod exec` and `minipod cp` do",
    "attach": "`minipod attach` does",
    "portforward": "`minipod port-forward` does",
}
"""Who makes the connection that a subresource of pods stands for."""


def refuser(subresource: str) -> Handler:
    """Return the handler that says which command does it: all that kubectl shows is a message."""
    return partial(_refuse, subresource)


async def _refuse(subresource: str, request: web.Request) -> NoReturn:
    read.one(request, PODS)
    raise NotServed(f"the API does not serve {subresource}: {COMMANDS[subresource]}")
