"""The root's server as a systemd service: installed, looked at, removed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from minipod.client.text.words import reason
from minipod.errors import Conflict, HostError
from minipod.model.root import Root
from minipod.plan.units import MARK, Units, unit_name, units

if TYPE_CHECKING:
    from collections.abc import Callable

FOLDER = Path("/etc/systemd/system")
"""Where the machine's own units are (systemd.unit(5))."""

RUNNING = Path("/run/systemd/system")
"""It is there if the machine was booted with systemd (sd_booted(3))."""


def program() -> str:
    """Return the path of the command that runs now. HostError if it is not one that stays."""
    called = shutil.which(sys.argv[0]) or ""
    beside = str(Path(sys.executable).with_name("minipod"))
    for path in (os.path.abspath(called) if called else "", beside):
        if os.path.basename(path) == "minipod" and os.access(path, os.X_OK):
            return path
    raise HostError(
        "cannot tell where the program minipod is", hint="install it, and call it by its name"
    )


def rendered(root: str) -> Units:
    """Return the units of a root. BadRequest if it can have none, HostError without a program."""
    place = Root(os.path.realpath(root))
    return units(program(), place.path, place.socket)


def installed(root: str) -> str | None:
    """Return the name of a root's service if `install` has installed one, else None."""
    name = f"{unit_name(os.path.realpath(root))}.service"
    return name if _is_ours(FOLDER / name) else None


def active(root: str) -> bool:
    """Return whether systemd runs the root's server, or is starting it; False without a service.

    To ask the server itself would start it: systemd listens on its socket.
    """
    service = installed(root)
    if service is None or not RUNNING.is_dir():
        return False
    shown = _systemctl("show", "--property=ActiveState", "--value", service)
    return shown.strip() in {"active", "activating", "reloading", "deactivating"}


def install(root: str, stop_server: Callable[[], object]) -> bool:
    """Have the service installed, enabled and running; return whether anything changed.

    `stop_server` ends a server that was started by hand; its pods run on. HostError, Conflict.
    """
    _require_systemd()
    wanted = rendered(root)
    texts = {wanted.service: wanted.service_text, wanted.socket: wanted.socket_text}
    for name in texts:
        if (FOLDER / name).exists() and not _is_ours(FOLDER / name):
            raise Conflict(f"cannot install {name}: {FOLDER / name} is not minipod's")
    changed = [name for name, text in texts.items() if _write(FOLDER / name, text)]
    if changed:
        _systemctl("daemon-reload")
    was_active = active(root)
    if changed or not was_active:
        _systemctl("stop", wanted.service, wanted.socket)  # else it would answer for one by hand
        stop_server()
    _systemctl("enable", "--quiet", wanted.socket, wanted.service)
    _systemctl("start", wanted.socket)
    _systemctl("start", wanted.service)
    return bool(changed) or not was_active


def uninstall(root: str) -> str | None:
    """Stop the service and remove its units; return its name, None if there was none. HostError.

    Pods run on. What is not minipod's own stays.
    """
    service = installed(root)
    socket = f"{unit_name(os.path.realpath(root))}.socket"
    ours = [name for name in (service, socket) if name and _is_ours(FOLDER / name)]
    if not ours:
        return None
    _require_systemd()
    _systemctl("disable", "--quiet", "--now", *ours)
    for name in ours:
        (FOLDER / name).unlink()
    _systemctl("daemon-reload")
    return service or socket


def journal_command(service: str, *, follow: bool, tail: int | None) -> list[str]:
    """Return the command line that shows what a service has logged."""
    more = ["--follow", "--no-tail"] if follow and tail is None else ["--follow"] * follow
    lines = [] if tail is None else [f"--lines={tail}"]
    shape = ["--no-pager", "--output=short-iso"]
    return ["journalctl", f"--unit={service}", *shape, *more, *lines]


def file_command(path: str, *, follow: bool, tail: int | None) -> list[str]:
    """Return the command line that shows what is in a log; -F: though it is cut meanwhile."""
    lines = "+1" if tail is None else str(tail)
    return ["tail", f"--lines={lines}", *["-F"] * follow, "--", path]


def _require_systemd() -> None:
    if not RUNNING.is_dir():
        raise HostError(
            "cannot use a service: this system was not booted with systemd as init system (PID 1)",
            hint="'minipod server run' is for another supervisor",
        )


def _is_ours(path: Path) -> bool:
    try:
        return path.read_text(errors="replace").startswith(MARK)
    except OSError:
        return False


def _write(path: Path, text: str) -> bool:
    """Have a unit say this; return whether it said something else. HostError."""
    try:
        if path.exists() and path.read_text(errors="replace") == text:
            return False
        new = path.with_name(f".{path.name}.new")
        new.write_text(text)
        new.replace(path)
    except OSError as error:
        raise HostError(f"cannot write {path}: {reason(error)}") from error
    return True


def _systemctl(*argv: str) -> str:
    """Run systemctl and return its output. HostError with what it complained."""
    try:
        done = subprocess.run(  # noqa: S603 (no shell)
            ["systemctl", *argv],  # noqa: S607 (the machine's own)
            capture_output=True,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
        )
    except OSError as error:
        raise HostError(f"cannot run systemctl: {reason(error)}") from error
    if done.returncode != 0:
        complaint = " ".join(done.stderr.split()) or f"exit code {done.returncode}"
        raise HostError(f"cannot run systemctl {' '.join(argv)}: {complaint}")
    return done.stdout
