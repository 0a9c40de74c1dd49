"""A person's editor: which one it is, and a file edited in it."""

from __future__ import annotations

import shlex
import shutil
import signal
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from minipod.client.text.words import reason
from minipod.errors import BadRequest, HostError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_VARIABLES = ("KUBE_EDITOR", "EDITOR")
_USUAL = ("vi", "nano", "editor")


def command(environment: Mapping[str, str]) -> list[str]:
    """Return the words that start the editor: KUBE_EDITOR, EDITOR, or what there is of the usual.

    HostError if there is none, BadRequest if the variable is no command.
    """
    for variable in _VARIABLES:
        if words := environment.get(variable, "").strip():
            try:
                return shlex.split(words)
            except ValueError as error:
                raise BadRequest(f"cannot read {variable}={words}: {error}") from error
    for name in _USUAL:
        if shutil.which(name, path=environment.get("PATH")):
            return [name]
    raise HostError(
        f"unable to launch the editor: there is no {', '.join(_USUAL[:-1])} or {_USUAL[-1]}",
        hint="set KUBE_EDITOR or EDITOR to an editor that there is",
    )


def write(text: str, suffix: str, *, newline: str = "\n") -> Path:
    """Return a new file with a text, which only its owner may read."""
    try:
        descriptor, name = tempfile.mkstemp(suffix, "minipod-edit-")
        with open(descriptor, "w", encoding="utf-8", newline=newline) as file:
            file.write(text)
    except OSError as error:
        raise HostError(f"cannot write a file to edit: {reason(error)}") from error
    return Path(name)


def edit(file: Path, words: list[str]) -> str:
    """Have a file edited, and return what it holds then. HostError, with the editor's name.

    The terminal is the editor's meanwhile, and its Ctrl+C does not end us.
    """
    shown = shlex.join(words)
    try:
        with _undisturbed():
            code = subprocess.run([*words, str(file)], check=False).returncode  # noqa: S603
    except OSError as error:
        raise HostError(
            f'unable to launch the editor "{shown}": {reason(error)}',
            hint="set KUBE_EDITOR or EDITOR to an editor that there is",
        ) from error
    if code:
        raise HostError(f'there was a problem with the editor "{shown}": it ended with code {code}')
    return _read(file)


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""  # removed: nothing is to be saved
    except UnicodeDecodeError as error:
        raise HostError(f"cannot read {file}: it is not UTF-8 text any more") from error
    except OSError as error:
        raise HostError(f"cannot read {file}: {reason(error)}") from error


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Leave the terminal's signals to the editor; a handler, unlike SIG_IGN, is not inherited."""
    numbers = (signal.SIGINT, signal.SIGQUIT)
    before = {number: signal.signal(number, lambda *_: None) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
