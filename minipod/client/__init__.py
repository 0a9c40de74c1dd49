"""A typed client of the server on its Unix socket: standard library only, quick to import.

`Client` speaks HTTP. `exec` and `forward` speak with a pod's sandbox by its own socket, so that no
user's byte passes through the server.
"""

from minipod.client.client import Client

__all__ = ["Client"]
