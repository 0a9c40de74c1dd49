"""HTTP: a table of routes, Kubernetes' conventions each in one place, streaming. No decisions."""

from minipod.api.app import make_app, serve

__all__ = ["make_app", "serve"]
