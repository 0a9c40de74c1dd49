"""HTTP: a table of routes, Kubernetes' conventions each in one place, streaming. No decisions."""

from minipod.api.app import BACKLOG, make_app, serve

__all__ = ["BACKLOG", "make_app", "serve"]
