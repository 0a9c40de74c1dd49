"""`-v` shows what is done to the kernel, as commands that do the same when they are typed."""

from __future__ import annotations

import re
import subprocess
from typing import TYPE_CHECKING

from tests.support import host
from tests.support.manifests import pod
from tests.support.wait import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.command import Minipod

ENDS_WITH_3 = "trap 'exit 3' TERM; sleep 100 & wait"
LINE = re.compile(r"\[[\d.]+ ms\] (?:\S+ )?(?P<what>\w+): (?P<command>.*?)(?:  # (?P<about>.*))?")


def commands(err: str, *what: str) -> Iterator[str]:
    """Yield the commands that were shown of these steps."""
    for line in err.splitlines():
        found = LINE.fullmatch(line)
        if found and found["what"] in what:
            yield found["command"]


def by_hand(shown: Iterator[str]) -> None:
    for command in shown:
        done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{command}: {done.stderr}"


def test_what_is_shown_of_a_birth_does_the_same_by_hand(minipod: Minipod, tmp_path: Path) -> None:
    done = minipod("-v", "run", "web", "--", "sh", "-c", ENDS_WITH_3)
    assert (done.returncode, done.stdout) == (0, "pod/web created\n")
    address = minipod.address("web")
    ended = minipod("delete", "pod", "web", "--now", "-v")
    assert (ended.returncode, ended.stdout) == (0, 'pod "web" deleted\n')
    assert re.search(r"web signal: kill -TERM \d+  # container web", ended.stderr)
    assert "web container: web ended: exit code 3, it ran" in ended.stderr
    away = minipod("purge", "--yes", "-v").stderr
    assert list(commands(away, "host"))

    named = [command.split("/")[-1] for command in commands(done.stderr, "name")]
    try:
        for name in named:
            subprocess.run(["ip", "netns", "add", name], check=True)
        by_hand(commands(done.stderr, "fabric", "node", "link"))
        by_hand(
            command for command in commands(done.stderr, "address") if command.startswith("ip ")
        )
        by_hand(command for command in commands(done.stderr, "route"))
        eventually(lambda: host.run("ping", "-c1", "-W1", address))
        by_hand(commands(away, "host"))
    finally:
        for name in named:
            subprocess.run(["ip", "netns", "delete", name], check=False)


def test_each_is_told_of_its_own_pods_only(minipod: Minipod) -> None:
    minipod.ok("run", "first", "--", "sleep", "100")
    with minipod.start("-v", "create", "-f", "-", stdin=subprocess.PIPE) as mine:
        minipod.ok("run", "other", "--", "sleep", "100")
        _, err = mine.communicate(pod("mine"), timeout=20)
    assert " mine link: " in err
    assert "other" not in err
