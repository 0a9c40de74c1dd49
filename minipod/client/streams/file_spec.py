"""`[[NAMESPACE/]POD:]PATH`: a file of a pod's container, or one of this machine."""

from __future__ import annotations

import os
import posixpath
from typing import NamedTuple

from minipod.errors import BadRequest

_FORMAT = "filespec must match the canonical format: [[namespace/]pod:]file/path"


class FileSpec(NamedTuple):
    """Where a file is: `pod` None means here, `namespace` None the one that was asked for."""

    path: str
    pod: str | None = None
    namespace: str | None = None

    def __str__(self) -> str:
        where = "/".join(filter(None, (self.namespace, self.pod)))
        return f"{where}:{self.path}" if where else self.path

    def __fspath__(self) -> str:
        return self.path

    @property
    def base(self) -> str:
        """The last name in the path; for a folder that is called `.`, `..` or `/`, a dot."""
        name = posixpath.basename(posixpath.normpath(self.path))
        return "." if name in ("", "..") else name

    @property
    def folder(self) -> str:
        """The folder in which `base` is."""
        path = posixpath.normpath(self.path)
        return path if self.base == "." else posixpath.dirname(path) or "."

    def within(self, name: str) -> FileSpec:
        """Return the file of this name in this folder."""
        return self._replace(path=posixpath.join(self.path, name))


def of(path: str | os.PathLike[str], pod: str | None = None) -> FileSpec:
    """Return where a path is; one that tells it already stays as it is. BadRequest if it is empty.

    `pod` is whose path it is, None for one of this machine.
    """
    return path if isinstance(path, FileSpec) else _with_path(FileSpec(os.fspath(path), pod))


def parse(text: str) -> FileSpec:
    """Return what a word of `cp` means, as kubectl reads it. BadRequest.

    A path of this machine with a colon in it is told from a pod's by a slash before the colon: by
    `./a:b`, for instance.
    """
    before, colon, path = text.partition(":")
    if not colon or before.startswith((".", "/")):
        return _with_path(FileSpec(text))
    namespace, slash, pod = before.rpartition("/")
    if not pod or "/" in namespace or (slash and not namespace):
        raise BadRequest(f'cannot read "{text}": {_FORMAT}')
    return _with_path(FileSpec(path, pod, namespace or None))


def _with_path(spec: FileSpec) -> FileSpec:
    if not spec.path:
        raise BadRequest("filepath can not be empty")
    return spec
