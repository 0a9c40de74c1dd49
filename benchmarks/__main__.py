"""Run every task with every contender, in turns, and print medians and ratios as a table."""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import subprocess
import sys
from collections import defaultdict

from benchmarks.measure import CREATE_MANY, DELETE_MANY, TASKS, Contender, Unavailable
from benchmarks.ours import ImportClick, Minipod
from benchmarks.peers import ByHand, Mininet, Podman

Samples = dict[str, dict[str, list[float]]]
MANY_TASKS = (CREATE_MANY, DELETE_MANY)


def main() -> None:
    """Parse the options, run, print."""
    parser = argparse.ArgumentParser(prog="benchmarks/run", description=__doc__)
    parser.add_argument("--rounds", type=int, default=15, help="of the tasks with one pod")
    parser.add_argument("--many-rounds", type=int, default=5, help="of the tasks with many pods")
    parser.add_argument("--many", type=int, default=100, help="pods in one file")
    parser.add_argument("--podman-many", type=int, default=10, help="the same for podman")
    options = parser.parse_args()
    enter_host()
    contenders = available(
        [
            Minipod(options.many),
            ImportClick(),
            ByHand(options.many),
            Podman(options.podman_many),
            Mininet(options.many),
        ]
    )
    try:
        one = measure(contenders, [t for t in TASKS if t not in MANY_TASKS], options.rounds)
        many = measure(contenders, MANY_TASKS, options.many_rounds)
    finally:
        for contender in contenders:
            contender.stop()
    report(one | many, contenders)


def enter_host() -> None:
    """Make the fresh namespaces of this process a host: loopback, and folders of its own."""
    for command in (
        "mount --make-rprivate /",
        "mount -t tmpfs -o mode=0755 run /run",
        "ip link set lo up",
    ):
        subprocess.run(command.split(), check=True)


def available(contenders: list[Contender]) -> list[Contender]:
    """Start the contenders, and leave out those that cannot run here, saying why."""
    ready = []
    for contender in contenders:
        try:
            contender.start()
        except Unavailable as error:
            print(f"{contender.name} is left out: {error}", file=sys.stderr)
        else:
            ready.append(contender)
    return ready


def measure(
    contenders: list[Contender], tasks: list[str] | tuple[str, ...], rounds: int
) -> Samples:
    """Do the tasks in turns. The first round warms up, and is not counted."""
    samples: Samples = defaultdict(lambda: defaultdict(list))
    for number in range(rounds + 1):
        for contender in contenders:
            ways = contender.tasks()
            for task in tasks:
                if task not in ways:
                    continue
                took = ways[task]()
                if number > 0:
                    samples[task][contender.name].append(took)
        print(f"round {number} of {rounds}", file=sys.stderr)
    return samples


def report(samples: Samples, contenders: list[Contender]) -> None:
    """Print one table: medians in milliseconds, and in brackets the multiple of ours."""
    ours, *others = [contender.name for contender in contenders]
    machine = (f"Linux {platform.release()}", f"{os.cpu_count()} processors")
    print(", ".join((*machine, f"Python {platform.python_version()}")))
    print(f"\n| median, ms | {ours} | {' | '.join(others)} |")
    print("|---" * (len(others) + 2) + "|")
    for task in TASKS:
        mine = statistics.median(samples[task][ours])
        cells = [f"{mine:.1f}"]
        for name in others:
            values = samples[task].get(name)
            theirs = statistics.median(values) if values else None
            cells.append(f"{theirs:.1f} ({theirs / mine:.2f} x)" if theirs else "")
        print(f"| {task} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
