"""The one writer: Kubernetes objects on one side, the kernel on the other."""

from minipod.engine.engine import Engine, ServerInfo
from minipod.engine.outcome import Outcome

__all__ = ["Engine", "Outcome", "ServerInfo"]
