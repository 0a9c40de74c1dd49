"""The `minipod` command as a user runs it, on a root of the test's own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.support.wait import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Sequence

TIMEOUT = 60.0 * PATIENCE
PROGRAM = Path(sys.executable).with_name("minipod")


class Minipod:
    """Runs commands on one root. Every call ends within a minute, or the test fails."""

    def __init__(self, root: Path, folder: Path) -> None:
        self.root = root
        self.folder = folder
        self.environment = {
            key: value
            for key, value in os.environ.items()
            if not key.startswith("MINIPOD_") and key not in {"COLUMNS", "NO_COLOR"}
        } | {"MINIPOD_ROOT": str(root)}

    def __call__(
        self, *args: str | Path, stdin: str | None = None, timeout: float = TIMEOUT
    ) -> subprocess.CompletedProcess[str]:
        """Run one command to its end, in the test's own folder."""
        return subprocess.run(
            self.argv(args),
            input=stdin,
            stdin=subprocess.DEVNULL if stdin is None else None,
            capture_output=True,
            text=True,
            timeout=timeout,
            cwd=self.folder,
            env=self.environment,
            check=False,
        )

    def ok(self, *args: str | Path, stdin: str | None = None) -> str:
        """Run a command that must succeed, and return what it printed."""
        done = self(*args, stdin=stdin)
        assert done.returncode == 0, f"{args}: exit {done.returncode}: {done.stdout}{done.stderr}"
        return done.stdout

    def fails(self, *args: str | Path, code: int = 1, stdin: str | None = None) -> str:
        """Run a command that must fail with `code` and no traceback; return what it complained."""
        done = self(*args, stdin=stdin)
        assert done.returncode == code, f"{args}: exit {done.returncode}: {done.stderr}"
        assert "Traceback" not in done.stderr
        return done.stderr

    def json(self, *args: str | Path) -> Any:
        """Run a command with `-o json` and return what it printed, decoded."""
        return json.loads(self.ok(*args, "-o", "json"))

    def start(self, *args: str | Path, stdin: int = subprocess.DEVNULL) -> subprocess.Popen[str]:
        """Start a command that runs on. Use it as a context, and end it inside."""
        return subprocess.Popen(
            self.argv(args),
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=self.folder,
            env=self.environment,
        )

    def argv(self, args: Sequence[str | Path]) -> list[str]:
        """Return the command line, as `start` and a terminal of the test's own need it."""
        return [str(PROGRAM), *map(str, args)]

    def create(self, manifest: str) -> str:
        """Create what `manifest` says, and return what was printed."""
        return self.ok("create", "-f", "-", stdin=manifest)

    def pod(self, name: str, *args: str) -> Any:
        """Return a pod as the API has it."""
        return self.json("get", "pod", name, *args)

    def address(self, name: str) -> str:
        """Return a pod's IP."""
        return str(self.pod(name)["status"]["podIP"])

    def api(self, path: str, *curl: str) -> Any:
        """Ask the server with curl, and return its answer, decoded."""
        return json.loads(self.curl(path, *curl))

    def curl(self, path: str, *curl: str) -> str:
        """Ask the server with curl, and return its answer."""
        socket = str(self.root / "server.sock")
        done = subprocess.run(
            [
                "curl",
                "-sS",
                "--max-time",
                "30",
                "--unix-socket",
                socket,
                f"http://minipod{path}",
                *curl,
            ],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def server_pid(self) -> int:
        """Return the server's pid."""
        return int(self.json("server", "status")["pid"])
