"""A port-forward beside the caller's own work, and single connections into a pod."""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Self

from minipod.client.ports import forward, listening
from minipod.client.text.words import reason
from minipod.errors import HostError, Unavailable

if TYPE_CHECKING:
    import socket

    JSON = dict[str, Any]

_AT_ONCE = 128
"""Connections that one forward carries; the next wait. The command takes all descriptors it may
have, a library leaves them to its program."""


class PortForward:
    """A TCP port here that leads to a port of a pod, until `close` or the pod's end.

    It stands in `opened` until it is closed. What listens on the pod's 127.0.0.1 only is reached
    too. It runs on a thread of its own.
    """

    def __init__(
        self,
        root: str,
        pod: JSON,
        wanted: listening.Forward,
        address: str,
        opened: set[PortForward],
    ) -> None:
        self._opened = opened
        self._sandbox = forward.sandbox_of(root, pod)
        try:
            (self._listener,) = listening.listen([wanted], [address])
        except BaseException:
            self._sandbox.close()
            raise
        self.address = address
        self.port = self._listener.local
        events = forward.Events(forward.unheard, forward.unheard)
        self._forwarder = forward.Forwarder(self._sandbox, [self._listener], events, _AT_ONCE)
        self._ending = threading.Lock()
        self._over = False
        self._thread = threading.Thread(target=self._run, name=f"forward {self.port}", daemon=True)
        self._thread.start()
        opened.add(self)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<PortForward {self._listener}>"

    def close(self) -> None:
        """Stop to listen and break the connections; a second time does nothing."""
        with self._ending:
            if not self._over:
                self._forwarder.stop()
        self._thread.join()
        self._opened.discard(self)

    def _run(self) -> None:
        with self._sandbox, self._listener.socket:
            with suppress(Unavailable):  # the pod has ended: from here on, connecting is refused
                self._forwarder.run()
            with self._ending:
                self._over = True
                self._forwarder.close()


def connect(root: str, pod: JSON, port: int, timeout: float | None) -> socket.socket:
    """Return a connection to a port of a pod's own loopback, IPv4 before IPv6.

    The socket is made inside the pod. HostError, caused by the OSError, if nobody answers there.
    """
    refused: OSError | None = None
    with forward.sandbox_of(root, pod) as sandbox:
        for family, address in forward.LOOPBACKS:
            inside = sandbox.tcp_socket(family)
            try:
                inside.settimeout(timeout)
                inside.connect((address, port))
            except OSError as error:
                inside.close()
                refused = refused or error
            else:
                return inside
    assert refused is not None
    name = pod["metadata"]["name"]
    raise HostError(
        f'cannot connect to port {port} of pod "{name}": {reason(refused)}'
    ) from refused
