"""Reading manifests from files, folders, the web and stdin.

Without pathlib, whose import takes a tenth of a `minipod create`.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, NamedTuple

from minipod.client.text.words import reason
from minipod.errors import BadRequest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

STDIN = "-"
_URLS = ("http://", "https://")
_SUFFIXES = {".yaml", ".yml", ".json"}
_LARGEST = 64 << 20  # far above what the server takes: its refusal names the limit


class Source(NamedTuple):
    """A text with manifests, and the name that errors call it by."""

    name: str
    text: str


def read(
    names: Iterable[str | os.PathLike[str] | Source], *, recursive: bool = False
) -> list[Source]:
    """Return the texts of files, of the manifests in folders, of URLs, and of stdin for "-".

    Of a folder only its own files, unless `recursive`; what has been read stays as it is.
    BadRequest if one cannot be read, is not UTF-8, or is a folder without manifests.
    """
    found: list[Source] = []
    for name in names:
        if isinstance(name, Source):
            found.append(name)
        else:
            found += _read(os.fspath(name), recursive=recursive)
    return found


def _read(name: str, *, recursive: bool) -> Iterator[Source]:
    if name == STDIN:
        yield Source("stdin", _text("stdin", sys.stdin.buffer.read(_LARGEST)))
        return
    if name.lower().startswith(_URLS):
        from minipod.client.manifests.download import download  # noqa: PLC0415 (urllib takes 20 ms)

        yield Source(name, _text(name, download(name)))
        return
    path = _plain(name)
    try:
        for file in _manifests(path, recursive=recursive) if os.path.isdir(path) else [path]:
            with open(file, "rb") as opened:
                yield Source(file, _text(file, opened.read(_LARGEST)))
    except FileNotFoundError as error:
        hint = "it reads http and https only" if "://" in name else None
        raise BadRequest(f'the path "{name}" does not exist', hint=hint) from error
    except OSError as error:
        raise BadRequest(f"cannot read {error.filename or name}: {reason(error)}") from error


def _manifests(folder: str, *, recursive: bool) -> list[str]:
    """Return the manifests of a folder, sorted by its names from the top on. BadRequest if none."""
    within = _below(folder) if recursive else os.listdir(folder)
    paths = [name if folder == os.curdir else os.path.join(folder, name) for name in within]
    files = [
        path for path in paths if os.path.splitext(path)[1] in _SUFFIXES and not os.path.isdir(path)
    ]
    if not files:
        below = any(map(os.path.isdir, paths)) and not recursive
        hint = "-R takes the folders in it too" if below else None
        raise BadRequest(f"no *.yaml, *.yml or *.json in {folder}", hint=hint)
    return sorted(files, key=lambda path: path.split(os.sep))


def _below(folder: str) -> Iterator[str]:
    """Yield what is in a folder and in the folders in it, as seen from there."""
    for inside, _, names in os.walk(folder):
        for name in names:
            yield os.path.relpath(os.path.join(inside, name), folder)


def _plain(name: str) -> str:
    """Return a path without what means nothing in it, "./" say: so errors name it."""
    parts = [part for part in name.split(os.sep) if part not in ("", os.curdir)]
    return (os.sep if name.startswith(os.sep) else "") + os.sep.join(parts) or os.curdir


def _text(name: str, data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise BadRequest(f"cannot read {name}: line {line} is not UTF-8 text") from error
