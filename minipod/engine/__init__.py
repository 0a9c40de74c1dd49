"""The one writer: Kubernetes objects on one side, the kernel on the other."""

from minipod.engine.engine import Created, Deletion, Engine, ServerInfo

__all__ = ["Created", "Deletion", "Engine", "ServerInfo"]
