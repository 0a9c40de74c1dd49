"""Where everything of one instance lies: the folder given as --root."""

from __future__ import annotations

import hashlib
from typing import NamedTuple

DEFAULT_ROOT = "/var/lib/minipod"


class Root(NamedTuple):
    """An instance's folder; `path` is real: absolute, without symlinks."""

    path: str

    @property
    def id(self) -> str:
        """Six hex digits that tell this root from others: part of every name on the host."""
        return hashlib.sha256(self.path.encode(errors="surrogateescape")).hexdigest()[:6]

    @property
    def is_default(self) -> bool:
        """Whether this is the root of people who name none: its pods have the short names."""
        return self.path == DEFAULT_ROOT

    @property
    def name(self) -> str:
        """The folder's own name."""
        return self.path.rsplit("/", 1)[-1] or "root"

    @property
    def socket(self) -> str:
        """The API's Unix socket."""
        return f"{self.path}/server.sock"

    @property
    def log(self) -> str:
        """What the server has to say, if no journal takes it."""
        return f"{self.path}/server.log"

    @property
    def database(self) -> str:
        """The store."""
        return f"{self.path}/state.db"

    @property
    def pods(self) -> str:
        """The folder of the pods' folders."""
        return f"{self.path}/pods"

    def pod_folder(self, uid: str) -> str:
        """Return the folder of one pod: its socket, journal, files, logs and scratch."""
        return f"{self.pods}/{uid}"

    def node_folder(self, name: str) -> str:
        """Return the folder of a node's sandbox."""
        return f"{self.path}/nodes/{name}"

    @property
    def fabric_folder(self) -> str:
        """The folder of the fabric's sandbox."""
        return f"{self.path}/fabric"
