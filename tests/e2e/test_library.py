"""The library as programs use it, on real pods."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from minipod import Client
from minipod.errors import TimedOut
from tests.support.host import control_groups
from tests.support.wait import eventually

if TYPE_CHECKING:
    from tests.support.command import Minipod

TOP = Path(__file__).parents[2]
THREADS = 8


def test_the_page_s_examples_do_what_it_says(minipod: Minipod) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "doctest", "-o", "IGNORE_EXCEPTION_DETAIL", "docs/python.md"],
        cwd=TOP,
        env=minipod.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_threads_share_a_client_and_nothing_stays_open(minipod: Minipod) -> None:
    """Eight at once, each with a pod of its own and one of all."""
    client = Client(minipod.root, warn=lambda _: None)
    shared = client.run("shared", ["sleep", "1000"])

    def work(number: int) -> tuple[str, ...]:
        own = client.run(f"own-{number}", ["sh", "-c", f"echo {number}; exec sleep 1000"])
        said = [shared.exec(["cat"], stdin=f"{number} {turn}").stdout for turn in range(4)]
        with pytest.raises(TimedOut):
            shared.exec(["nohup", "sleep", "1000"], timeout=0.2)  # hanging up does not end it
        eventually(lambda: own.logs() == f"{number}\n")
        own.delete(grace=0)
        return tuple(said)

    shared.exec(["true"])
    gc.collect()  # what an earlier test left open would be closed at any moment
    before, threads = len(os.listdir("/proc/self/fd")), threading.active_count()
    with ThreadPoolExecutor(THREADS) as pool:
        said = list(pool.map(work, range(THREADS)))
    assert said == [tuple(f"{n} {turn}" for turn in range(4)) for n in range(THREADS)]
    assert client.pods() == [shared]
    assert len(os.listdir("/proc/self/fd")) == before
    assert threading.active_count() == threads
    assert len(group_pids(minipod.root, shared.uid)) == 1


def group_pids(root: Path, uid: str) -> list[str]:
    """Return what the kernel says runs in a pod's container."""
    (top,) = control_groups(root)
    return (top / uid / "shared" / "cgroup.procs").read_text().split()
