"""The mechanism `tracepoint`: programs at entry and exit of the system calls bind and listen.

They see neither io_uring's binds nor those of 32-bit programs on a 64-bit kernel.
"""

from __future__ import annotations

import os
from functools import partial

from minipod.syscalls import bpf, perf
from minipod.watcher import tracefs
from minipod.watcher.bpf_source import BpfSource
from minipod.watcher.records import CALLS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from minipod.watcher.layout import Layout


def open_tracepoint(cgroup: int, own: int, layout: Layout | None, level: int) -> BpfSource:
    """Return the source, at work. OSError if the kernel refuses."""
    source = BpfSource(cgroup, own, layout, level)
    try:
        top = tracefs.open_tracefs()
        try:
            _add_programs(source, top)
        finally:
            os.close(top)
        source.resume()
    except OSError:
        source.close()
        raise
    return source


def _add_programs(source: BpfSource, top: int) -> None:
    for call, name in enumerate(CALLS):
        for side, code in (
            ("enter", source.writer.at_entry(call)),
            ("exit", source.writer.at_exit(call)),
        ):
            point = f"sys_{side}_{name}"
            number = int(tracefs.read(top, f"events/syscalls/{point}/id"))
            source.add(bpf.load(bpf.TRACEPOINT, code, point), partial(_hook, number, point))


def _hook(number: int, name: str, program: int) -> int:
    return perf.hook(number, program, name)
