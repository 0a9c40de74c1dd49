"""A machine that is broken, looked at by doctor, and mended by what it prints."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from typing import TYPE_CHECKING, Any, NamedTuple

from tests.support.command import PROGRAM, TIMEOUT

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.command import Minipod

Findings = list[dict[str, Any]]

LOOK = (sys.executable, "-P", "-m", "minipod.doctor", "--root")
"""What the command has look at the machine: it asks no server, which would measure."""

PICK = """
import json, sys
for finding in json.load(open(sys.argv[1]))["checks"]:
    if finding["level"] in ("WARN", "FAIL") and finding["check"] in sys.argv[2:]:
        print(finding["fix"] or "")
"""
"""Prints the fixes of some checks, and of no others: those are about another's things."""

SCRIPT = """
set -e
{breaks}
eval "$LOOK" > before.json
python3 -c "$PICK" before.json {checks} > fix.sh
set +e
. ./fix.sh >&2
eval "$LOOK" > after.json
"""


class Outcome(NamedTuple):
    """What doctor said of the broken machine, and of the mended one."""

    before: Findings
    after: Findings


def levels(findings: Findings) -> dict[str, str]:
    """Return check and level of what is not OK; leftovers may be those of other tests."""
    return {
        finding["check"]: finding["level"]
        for finding in findings
        if finding["level"] != "OK" and finding["check"] != "leftovers"
    }


def seen(findings: Findings, check: str) -> str:
    """Return what a check saw."""
    return "\n".join(finding["seen"] for finding in findings if finding["check"] == check)


def unfit(minipod: Minipod) -> Findings:
    """Return what doctor finds that is not well, and print it: what a machine said is kept."""
    found = [finding for finding in look(minipod) if finding["level"] != "OK"]
    for finding in found:
        print(f"{finding['level']}  {finding['check']}: {finding['seen']}")
        print(f"      Fix: {finding['fix']}")
    return found


def broken(minipod: Minipod, breaks: str, *checks: str, way: tuple[str, ...] = ()) -> Outcome:
    """Break the machine with a shell's commands, look, do what is printed for `checks`, look again.

    All in mounts of its own, and by `way`: a program that runs the shell.
    """
    script = SCRIPT.format(breaks=breaks, checks=" ".join(checks))
    path = f"{PROGRAM.parent}:{os.environ['PATH']}"
    done = subprocess.run(
        ["unshare", "-m", *way, "sh", "-c", script],
        env=minipod.environment
        | {"PATH": path, "PICK": PICK, "LOOK": shlex.join((*LOOK, str(minipod.root)))},
        cwd=minipod.folder,
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    print(done.stderr)
    return Outcome(*(_read(minipod.folder / f"{name}.json") for name in Outcome._fields))


def _read(path: Path) -> Findings:
    findings: Findings = json.loads(path.read_text())["checks"]
    return findings


def assert_cured(outcome: Outcome, expected: dict[str, str]) -> None:
    """Say that exactly this was broken, and nothing is any more."""
    assert levels(outcome.before) == expected
    assert levels(outcome.after) == {}


def fixes(findings: Findings, *checks: str) -> None:
    """Run what is printed for these checks."""
    environment = os.environ | {"PATH": f"{PROGRAM.parent}:{os.environ['PATH']}"}
    wanted = [each["fix"] for each in findings if each["check"] in checks and each["fix"]]
    for fix in wanted:
        done = subprocess.run(
            ["sh", "-ec", fix], env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{fix}: exit {done.returncode}: {done.stdout}{done.stderr}"


def look(minipod: Minipod) -> Findings:
    done = subprocess.run(
        [*LOOK, str(minipod.root)], capture_output=True, timeout=TIMEOUT, check=True
    )
    found: Findings = json.loads(done.stdout)["checks"]
    return found
