"""The program that shows how objects differ: which one it is, and how it is called."""

from __future__ import annotations

import shlex
import signal
import subprocess
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, NamedTuple

from minipod.client.text.words import reason
from minipod.errors import BadRequest, HostError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

VARIABLE = "KUBECTL_EXTERNAL_DIFF"
_USUAL = ("diff", "-u", "-N")
_DIFFERENT = 1
"""What a program ends with that found differences; more is trouble."""


class Compared(NamedTuple):
    """An object as it is and as it would be, each as a text; one that is not there is empty."""

    name: str
    live: str
    merged: str


def file_name(obj: Mapping[str, Any]) -> str:
    """Return what kubectl calls an object's file: `v1.Pod.default.web`."""
    metadata = obj["metadata"]
    version = obj["apiVersion"].replace("/", ".")
    return f"{version}.{obj['kind']}.{metadata.get('namespace', '')}.{metadata['name']}"


def command(environment: Mapping[str, str]) -> list[str]:
    """Return the words before the two folders. BadRequest if the variable is no command."""
    words = environment.get(VARIABLE, "").strip()
    try:
        return shlex.split(words) or [*_USUAL]
    except ValueError as error:
        raise BadRequest(f"cannot read {VARIABLE}={words}: {error}") from error


def show(objects: Iterable[Compared], words: list[str]) -> bool:
    """Have a program write the differences to stdout; return whether there are any. HostError.

    It gets two folders with a file for each object: they are gone when it has ended.
    """
    try:
        with (
            TemporaryDirectory(prefix="LIVE-") as live,
            TemporaryDirectory(prefix="MERGED-") as merged,
        ):
            for one in objects:
                _write(f"{live}/{one.name}", one.live)
                _write(f"{merged}/{one.name}", one.merged)
            return _run([*words, live, merged])
    except OSError as error:
        raise HostError(f"cannot write {error.filename or 'a file'}: {reason(error)}") from error


def _write(path: str, text: str) -> None:
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def _run(words: list[str]) -> bool:
    try:
        code = subprocess.run(words, check=False).returncode  # noqa: S603 (a person's own choice)
    except OSError as error:
        raise HostError(
            f'failed to run "{words[0]}": {reason(error)}',
            hint=f"install it, or set {VARIABLE} to a program that there is",
        ) from error
    if code not in (0, _DIFFERENT):
        how = f"exit status {code}" if code > 0 else f"signal: {signal.strsignal(-code)}"
        raise HostError(f'failed to run "{words[0]}": {how}')
    return code == _DIFFERENT
