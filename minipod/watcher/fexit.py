"""The mechanism `fexit`: programs at the end of the functions that bind and listen."""

from __future__ import annotations

from functools import partial

from minipod.syscalls import bpf
from minipod.watcher import layout as kernel
from minipod.watcher.bpf_source import BpfSource
from minipod.watcher.records import BIND, LISTEN

TYPE_CHECKING = False
if TYPE_CHECKING:
    from minipod.watcher.layout import Layout

_LISTENING = (kernel.LISTEN, kernel.MULTIPATH_LISTEN)


def open_fexit(cgroup: int, own: int, layout: Layout, level: int) -> BpfSource:
    """Return the source, at work. OSError if the kernel refuses."""
    source = BpfSource(cgroup, own, layout, level)
    try:
        for name, function in layout.functions.items():
            call = LISTEN if name in _LISTENING else BIND
            program = bpf.load(
                bpf.TRACING,
                source.writer.at_end_of_function(call),
                name,
                attach_type=bpf.FEXIT,
                function=function,
            )
            source.add(program, partial(_hook, name))
        source.resume()
    except OSError:
        source.close()
        raise
    return source


def _hook(name: str, program: int) -> int:
    return bpf.attach(program, name)
