"""What seeing binds costs: a million binds and a million other calls, with the hooks and without.

    benchmarks/run watching

Of each, the fastest batch of 1,000 counts. The load is C where there is a compiler, else Python, of
which more is the program's own time. No other watcher may run meanwhile: its hooks would stay in.
"""

from __future__ import annotations

import asyncio
import os
import select
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from minipod.kernel.cgroups import find_or_mount
from minipod.model.root import Root
from minipod.watcher.cost import LOAD, measure
from minipod.watcher.protocol import Mechanism
from minipod.watcher.remote import connect, spawn

if TYPE_CHECKING:
    from collections.abc import Sequence

    from minipod.model.doctor import Cost

ROUNDS = 10
COUNT = 100_000
"""Of each in a round: a million in all, with the hooks, and a million without."""


def main() -> None:
    """Measure every mechanism that works here, and print a table."""
    with tempfile.TemporaryDirectory(prefix="minipod-bench-") as folder:
        argv = _compiled(folder) or LOAD
        root = Root(os.path.realpath(folder))
        print(f"Load: {'C' if argv is not LOAD else 'Python'}, {ROUNDS * COUNT:,} of each\n")
        print("| mechanism | socket, bind, close | of that without | getppid | of that without |")
        print("|---|---|---|---|---|")
        for mechanism in (Mechanism.FEXIT, Mechanism.TRACEPOINT, Mechanism.TRACEFS):
            print(_row(mechanism, asyncio.run(_measured(root, mechanism, argv))), flush=True)


def _compiled(folder: str) -> Sequence[str] | None:
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        return None
    program = f"{folder}/load"
    source = Path(__file__).with_name("load.c")
    subprocess.run([compiler, "-O2", "-o", program, str(source)], check=True)
    return [program]


async def _measured(root: Root, mechanism: Mechanism, argv: Sequence[str]) -> Cost | str:
    """Return the cost, or why the mechanism does not work here."""
    tree = find_or_mount(root.id)
    group = tree.open_root()
    try:
        await spawn(root, group, mechanism)
        connection = await connect(root, None, lambda _: None, lambda: None)
        try:
            if connection.greeting.mechanism is not mechanism:
                return connection.greeting.reasons[mechanism]
            return await measure(connection, group, argv=argv, count=COUNT, rounds=ROUNDS)
        finally:
            pidfd = os.pidfd_open(connection.greeting.pid)
            await connection.quit()
            await asyncio.to_thread(select.select, [pidfd], [], [])
            os.close(pidfd)
    finally:
        os.close(group)
        tree.remove_root()
        tree.close()


def _row(mechanism: Mechanism, cost: Cost | str) -> str:
    if isinstance(cost, str):
        return f"| {mechanism} | {cost} | | | |"
    bind, other = f"{cost.bind_nanoseconds:.0f} ns", f"{cost.other_nanoseconds:.0f} ns"
    return (
        f"| {mechanism} | {bind} | {cost.bind_ratio:.2f} x | {other} | {cost.other_ratio:.2f} x |"
    )


if __name__ == "__main__":
    main()
