"""minipod: Kubernetes pods as plain Linux processes."""

__version__ = "0.1.0"
