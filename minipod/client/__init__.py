"""A typed client of the server on its Unix socket: standard library only, quick to import.

`Api` speaks HTTP, one method a request. `exec` and `forward` speak with a pod's sandbox by its own
socket, so that no user's byte passes through the server.
"""

from minipod.client.api import Api
from minipod.client.wire.transport import Transport

__all__ = ["Api", "Transport"]
