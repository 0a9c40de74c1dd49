"""Manifests on their way to the server: read, made, rehearsed."""
