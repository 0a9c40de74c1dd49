"""The one writer: Kubernetes objects on one side, the kernel on the other."""

from minipod.engine.engine import Engine, ServerInfo
from minipod.engine.outcomes import Created, Deletion, Updated

__all__ = ["Created", "Deletion", "Engine", "ServerInfo", "Updated"]
