"""The pytest plugin, in runs of pytest of its own: whatever ends them, nothing stays."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from tests.support import host as playing_host
from tests.support.wait import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator

EXAMPLE = Path(__file__).parents[2] / "examples" / "notes"
ENVIRONMENT = {name: value for name, value in os.environ.items() if "PYTEST" not in name}

FAILING = """
import signal, time
from pathlib import Path

def test_it_fails(minipod):
    clash = ["python3", "-u", "-m", "http.server", "8080"]
    pod = minipod.create({
        "metadata": {"name": "web"},
        "spec": {
            "restartPolicy": "Never",
            "containers": [{"name": name, "command": clash} for name in ("first", "second")],
        },
    })
    pod.wait(lambda pod: pod.conflicts() and any("Serving" in pod.logs(container=c)
                                                 for c in ("first", "second")))
    assert pod.phase == "Nonsense"
"""

HANGING = """
import time

def test_it_hangs(minipod, minipod_module):
    minipod.run("web", ["sleep", "1000"])
    minipod_module.run("other", ["sleep", "1000"])
    print("both pods run", flush=True)
    time.sleep(1000)
"""


class Suite:
    """Runs of pytest, with roots in a folder of the test's own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.roots = folder / "roots"

    def argv(self, *arguments: str | Path) -> list[str]:
        options = ["-p", "no:cacheprovider", "-o", f"minipod_roots={self.roots}", "-s"]
        return [sys.executable, "-m", "pytest", *options, *map(str, arguments)]

    def run(self, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.argv(*arguments),
            capture_output=True,
            text=True,
            cwd=self.folder,
            env=ENVIRONMENT,
            timeout=60,
            check=False,
        )

    @contextmanager
    def hanging(self) -> Iterator[subprocess.Popen[str]]:
        """Give a run that hangs, once its pods are up; the test ends it."""
        (self.folder / "test_hang.py").write_text(HANGING)
        run: subprocess.Popen[str] = subprocess.Popen(
            self.argv("test_hang.py"),
            stdout=subprocess.PIPE,
            text=True,
            cwd=self.folder,
            env=ENVIRONMENT,
        )
        assert run.stdout is not None
        try:
            assert any("both pods run" in line for line in run.stdout)
            yield run
        finally:
            run.kill()
            run.communicate()

    def left(self) -> list[Path]:
        return sorted(self.roots.iterdir()) if self.roots.exists() else []

    def watchdog(self) -> int:
        """Return the pid of the watchdog of the one root that there is."""
        (root,) = self.left()
        commands = playing_host.processes(root)
        (pid,) = [pid for pid, command in commands.items() if "pytest_plugin.watchdog" in command]
        return pid


@pytest.fixture
def suite(tmp_path: Path) -> Iterator[Suite]:
    """Give a suite; what its runs leave fails the test."""
    before = playing_host.snapshot()
    suite = Suite(tmp_path)
    seen: set[Path] = set()
    yield suite
    seen |= set(suite.left())
    try:
        eventually(lambda: not suite.left())
        eventually(lambda: not before.difference(playing_host.snapshot()))
    finally:
        for root in seen:
            playing_host.sweep(root, before)
    assert not before.difference(playing_host.snapshot())


def test_the_example_s_suite_passes_in_parallel_and_leaves_nothing(suite: Suite) -> None:
    done = suite.run("-n", "2", EXAMPLE)
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"\b7 passed\b", done.stdout)
    assert not suite.left()


def test_a_failed_test_s_report_tells_of_its_pods(suite: Suite) -> None:
    """In the terminal, and in JUnit's XML."""
    (suite.folder / "test_fail.py").write_text(FAILING)
    done = suite.run("test_fail.py", "--junit-xml=report.xml")
    assert done.returncode == 1, done.stdout + done.stderr
    (failure,) = ET.parse(suite.folder / "report.xml").iter("failure")
    for text in (done.stdout, str(failure.text)):
        assert re.search(r"-+ pods of test-it-fails-1 -+\nweb: Running, .*10\.", text)
        assert re.search(r"(first|second): terminated, Error, .*last exit code 1", text, re.DOTALL)
        assert re.search(r"-+ port conflicts of test-it-fails-1 -+\nweb: container .* cannot", text)
        assert re.search(r"-+ events of test-it-fails-1 -+\n.*Scheduled", text)
        for log, said in (("Serving HTTP", 1), ("Address already in use", 1)):
            assert len(re.findall(log, text)) >= said
        assert re.search(r"-+ log of web/first -+", text)
        assert re.search(r"-+ log of web/second -+", text)
    assert not suite.left()


def test_a_run_that_is_interrupted_or_killed_leaves_nothing(suite: Suite) -> None:
    """Ctrl+C and SIGKILL; after each, nothing that the kernel knows of."""
    for number in (signal.SIGINT, signal.SIGKILL):
        with suite.hanging() as run:
            (root,) = suite.left()
            run.send_signal(number)
            run.wait(30)
        eventually(lambda: not suite.left())
        eventually(lambda root=root: not playing_host.processes(root))
        assert not playing_host.control_groups(root)


def test_what_a_killed_watchdog_left_is_swept_by_the_next_run(suite: Suite) -> None:
    with suite.hanging() as run:
        (root,) = suite.left()
        os.kill(suite.watchdog(), signal.SIGKILL)
        run.kill()
    assert suite.left() == [root]
    assert len(playing_host.processes(root)) > 3
    (suite.folder / "test_next.py").write_text("def test_it(minipod): assert not minipod.pods()\n")
    done = suite.run("test_next.py")
    assert done.returncode == 0, done.stdout + done.stderr
    assert not suite.left()
    assert not playing_host.processes(root)
