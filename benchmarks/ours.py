"""minipod, and what any Python command line costs at least."""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.measure import (
    CREATE,
    CREATE_MANY,
    DELETE,
    DELETE_MANY,
    EXEC,
    LIST,
    PROGRAM,
    Contender,
    timed,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


def manifest(name: str, image: str, command: list[str]) -> str:
    """Return a pod of two containers, as JSON, which is YAML too."""
    containers = [{"name": each, "image": image, "command": command} for each in ("a", "b")]
    return json.dumps(
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": name},
            "spec": {"containers": containers},
        }
    )


class Minipod(Contender):
    """minipod with its server up, on a root of its own."""

    name = "minipod"

    def __init__(self, many: int) -> None:
        self._many = many
        self._program = str(Path(sys.executable).with_name("minipod"))

    def start(self) -> None:
        """Write the manifests and start the server."""
        self._work = Path(tempfile.mkdtemp(prefix="minipod-bench-"))
        self._environment = os.environ | {"MINIPOD_ROOT": str(self._work / "root")}
        (self._work / "one.yaml").write_text(manifest("one", "none", PROGRAM))
        (self._work / "many.yaml").write_text(
            "\n---\n".join(manifest(f"many-{n}", "none", PROGRAM) for n in range(self._many))
        )
        self._run("server", "start")

    def tasks(self) -> Mapping[str, Callable[[], float]]:
        """Return the commands of a user."""
        one, many = str(self._work / "one.yaml"), str(self._work / "many.yaml")
        return {
            CREATE: lambda: self._run("create", "-f", one),
            EXEC: lambda: self._run("exec", "one", "-c", "a", "--", "true"),
            LIST: lambda: self._run("get", "pods"),
            DELETE: lambda: self._run("delete", "pod", "one"),
            CREATE_MANY: lambda: self._run("create", "-f", many) / self._many,
            DELETE_MANY: lambda: self._run("delete", "-f", many) / self._many,
        }

    def stop(self) -> None:
        """Purge the root."""
        self._run("purge", "--yes")
        self._run("server", "stop")
        shutil.rmtree(self._work)

    def _run(self, *args: str) -> float:
        return timed([self._program, *args], self._environment)


class ImportClick(Contender):
    """A Python program that does nothing but import the library of the command line."""

    name = "import click"

    def start(self) -> None:
        """Nothing is needed."""

    def tasks(self) -> Mapping[str, Callable[[], float]]:
        """Return the one command, for the tasks whose aim it is to come near it."""
        run = lambda: timed([sys.executable, "-c", "import click"])  # noqa: E731
        return {EXEC: run, LIST: run}
