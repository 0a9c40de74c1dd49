"""What became of objects, printed as kubectl does: a line each, names, or the objects."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol

from minipod.cli.printing.output import tell
from minipod.client.views.podview import reference

if TYPE_CHECKING:
    from minipod.cli.printing.form import Form
    from minipod.cli.printing.printers import Printer

    JSON = dict[str, Any]


class DryRun(StrEnum):
    """Whether to change anything, and if not, who says what would become of it."""

    NONE = "none"
    CLIENT = "client"
    SERVER = "server"

    @property
    def suffix(self) -> str:
        """What kubectl writes behind what was not done."""
        return {"client": " (dry run)", "server": " (server dry run)"}.get(self, "")


class Results(Protocol):
    """One way to print."""

    def add(self, obj: JSON, done: str) -> None:
        """Print that an object was created, configured, ….."""

    def add_deleted(self, obj: JSON) -> None:
        """Print that an object had to go, where that may stand beside what else is printed."""

    def end(self) -> None:
        """Print what had to wait until all were known."""


def results(form: Form, dry_run: DryRun = DryRun.NONE) -> Results:
    """Return the way that -o asks for; objects are documents of their own. UsageError."""
    if form.output is None:
        return _Lines(dry_run)
    return _Names() if form.output == "name" else _Objects(form.printer())


def results_as_list(form: Form, dry_run: DryRun = DryRun.NONE) -> Results:
    """Return the same, but several objects are one List."""
    if form.output in (None, "name"):
        return results(form, dry_run)
    return _List(form.printer())


def deletions(output: str | None, dry_run: DryRun = DryRun.NONE) -> Results:
    """Return the way of `delete`, which has words of its own."""
    return _Names() if output == "name" else _Deletions(dry_run)


class _Result:
    """Prints objects that are there, and leaves nothing for the end."""

    def add_deleted(self, obj: JSON) -> None:
        """Print nothing."""

    def end(self) -> None:
        """Print nothing."""


class _Lines(_Result):
    """pod/web created (dry run)."""

    def __init__(self, dry_run: DryRun) -> None:
        self._dry_run = dry_run

    def add(self, obj: JSON, done: str) -> None:
        tell(f"{reference(obj)} {done}{self._dry_run.suffix}")

    def add_deleted(self, obj: JSON) -> None:
        _Deletions(self._dry_run).add(obj, "deleted")


class _Deletions(_Result):
    """pod "web" deleted (dry run)."""

    def __init__(self, dry_run: DryRun) -> None:
        self._dry_run = dry_run

    def add(self, obj: JSON, done: str) -> None:
        name = obj["metadata"]["name"]
        tell(f'{obj["kind"].lower()} "{name}" {done}{self._dry_run.suffix}')


class _Names(_Result):
    """pod/web."""

    def add(self, obj: JSON, _done: str) -> None:
        tell(reference(obj))


class _Objects(_Result):
    """Each object as a document."""

    def __init__(self, printer: Printer) -> None:
        self._printer = printer

    def add(self, obj: JSON, _done: str) -> None:
        self._printer.more([obj], "")


class _List(_Result):
    """All objects as one document."""

    def __init__(self, printer: Printer) -> None:
        self._printer = printer
        self._objects: list[JSON] = []

    def add(self, obj: JSON, _done: str) -> None:
        self._objects.append(obj)

    def end(self) -> None:
        if self._objects:
            self._printer.whole(self._objects, alone=len(self._objects) == 1)
