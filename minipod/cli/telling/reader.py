"""Ending when nobody reads any more: `minipod get pods -w | head -1`.

A write would tell, but a command that follows may have nothing to write for hours.
"""

from __future__ import annotations

import os
import select
import stat
import threading

_STDOUT = 1


def end_with_reader() -> None:
    """End this process, without a word, once the other end of its stdout has closed."""
    if stat.S_ISFIFO(os.fstat(_STDOUT).st_mode):
        threading.Thread(target=_wait, daemon=True).start()


def _wait() -> None:
    poll = select.poll()
    poll.register(_STDOUT, 0)  # only what is always told: an error, that is, no reader
    poll.poll()
    os._exit(1)
