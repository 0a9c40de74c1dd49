"""The demo, run as it is, shows what it claims and leaves nothing."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.support.command import PROGRAM
from tests.support.host import snapshot

LESSON = Path(__file__).parents[2] / "scripts/lib/lesson"


def test_the_demo_works_and_leaves_nothing() -> None:
    before = snapshot()
    done = subprocess.run(
        [LESSON, PROGRAM.parent],
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr
    for number in range(1, 7):
        assert f"{number}. " in done.stdout
    assert "$ minipod port-forward kubia 8888:8080" in done.stdout
    assert before.difference(snapshot()) == []
