"""What all commands share: which root, which namespace, and a client for them."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

from minipod.errors import MinipodError

if TYPE_CHECKING:
    from collections.abc import Callable

    from minipod.cli.telling.steps import Steps
    from minipod.client import Api, Transport
    from minipod.client.client import Client
    from minipod.client.wire.transport import Observer

DEFAULT_ROOT = "/var/lib/minipod"
DEFAULT_NAMESPACE = "default"
REQUESTS = 6
"""The verbosity from which on requests are shown, as kubectl does."""


class Session:
    """The options of one command line that are not a command's own."""

    def __init__(self, root: str | None = None, *, debug: bool = False) -> None:
        self.root = os.path.abspath(root or DEFAULT_ROOT)
        self.cluster_cidr: str | None = None
        self.given_namespace: str | None = None
        self.debug = debug
        self.verbosity = 0
        self._began = time.time()
        self._steps: Steps | None = None

    @property
    def namespace(self) -> str:
        """The namespace that was asked for, or the default one."""
        return self.given_namespace or DEFAULT_NAMESPACE

    def api(self, *, start: bool = True, heed: Callable[[str], None] | None = None) -> Api:
        """Return the API of the root's server, which starts one if need be and `start` allows.

        For commands that print the server's own objects, or are about objects of any kind.
        `heed` gets its warnings instead of the user. MinipodError unless root asks.
        """
        from minipod.client import Api, Transport

        require_root()
        starter = self.start if start else None
        transport = Transport(
            self.root, warn=heed or warn, start=starter, observer=self._observer()
        )
        if self.verbosity and (start or transport.answers()):
            self._listen(transport)
        api = Api(transport)
        if start and self.cluster_cidr is not None:
            from minipod.client.own import agree_on_network

            agree_on_network(api.own, self.cluster_cidr, warn)
        return api

    def client(self, *, heed: Callable[[str], None] | None = None) -> Client:
        """Return the library's client, for all that a command does with pods.

        On what `api` returns. docs/decisions/library.md says who stands on which.
        """
        from minipod.client.client import Client

        api = self.api(heed=heed)
        return Client.of(api, namespace=self.given_namespace, warn=heed or warn)

    def _observer(self) -> Observer | None:
        """Return who shows the requests, if they are to be shown."""
        if not self.debug and self.verbosity < REQUESTS:
            return None
        from minipod.cli.telling.exchanges import Requests

        return Requests(max(self.verbosity, REQUESTS), self._began)

    def _listen(self, transport: Transport) -> None:
        """Show what is done to the kernel for the requests of a transport, from now on."""
        from minipod.cli.telling.steps import Steps

        if self._steps is None:
            self._steps = Steps(self.root, self._began, transport.start)
        transport.headers |= self._steps.headers

    def start(self) -> None:
        """Return when a server answers."""
        from minipod.cli.telling.progress import Waiting
        from minipod.client.server.start import start

        with Waiting(lambda: "starting the server", after=1.0):
            start(self.root, self.cluster_cidr, warn)
        if self.verbosity:
            from minipod.cli.printing.output import say
            from minipod.cli.telling.steps import since

            say(f"[{since(self._began, time.time())}] server: minipod server start  # none ran")

    def close(self) -> None:
        """Show what is still to be shown."""
        if self._steps is not None:
            self._steps.close()
            self._steps = None


def require_root() -> None:
    """Raise MinipodError unless we are root."""
    if os.geteuid() != 0:
        raise MinipodError(
            "minipod needs root, for it makes namespaces and links: run the same with sudo"
        )


def warn(text: str) -> None:
    """Show a warning as kubectl does."""
    from minipod.cli.printing.output import say_warning

    say_warning(text)
