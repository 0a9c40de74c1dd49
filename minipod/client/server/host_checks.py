"""Has the machine looked at, by a process that needs neither server nor root."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

from minipod.client.server.start import environment
from minipod.client.text.words import reason
from minipod.errors import HostError

if TYPE_CHECKING:
    from collections.abc import Sequence

    JSON = dict[str, Any]

_DEADLINE = 60.0  # seconds; it takes half of one


def look(root: str, cluster_cidr: str | None, argv: Sequence[str]) -> list[JSON]:
    """Return the findings: check, level, seen, why, fix. `argv` is how to ask again. HostError."""
    command = [sys.executable, "-P", "-m", "minipod.doctor", "--root", root]
    if cluster_cidr is not None:
        command += ["--cluster-cidr", cluster_cidr]
    try:
        done = subprocess.run(  # noqa: S603 (our own command line, no shell)
            [*command, "--argv", *argv],
            env=environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_DEADLINE,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise HostError(f"cannot look at this machine: no end within {_DEADLINE:g} s") from None
    except OSError as error:
        raise HostError(f"cannot look at this machine: {reason(error)}") from error
    if done.returncode != 0:
        last = done.stderr.strip().rpartition("\n")[2]
        raise HostError(f"cannot look at this machine: {last or done.returncode}")
    found: list[JSON] = json.loads(done.stdout)["checks"]
    return found
