"""`up`, before anything is followed."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

from minipod.cli.commands.up import _shower
from minipod.client.foreground.signals import caught

if TYPE_CHECKING:
    import pytest


def test_a_signal_while_pods_are_made_is_answered_at_once_and_once(
    capfd: pytest.CaptureFixture[str],
) -> None:
    with caught() as signals:
        show = _shower(signals)
        show("pod/a created")
        os.kill(os.getpid(), signal.SIGINT)
        show("pod/b created")
        show("pod/c created")
    assert capfd.readouterr().err.splitlines() == [
        "pod/a created",
        "pod/b created",
        "Gracefully stopping when all are made... (press Ctrl+C again to force)",
        "pod/c created",
    ]
