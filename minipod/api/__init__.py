"""HTTP: a table of routes, Kubernetes' conventions each in one place, streaming. No decisions."""

from minipod.api.app import BACKLOG, listen, make_app, serve

__all__ = ["BACKLOG", "listen", "make_app", "serve"]
