"""The composition root of `minipod doctor`: looks at the machine, needs no server and no root.

    python3 -P -m minipod.doctor --root ROOT [--cluster-cidr CIDR] [--argv WORD…]

Findings go to stdout as JSON, {"checks": […]}. It is a process of one thread, for what the kernel
can do is tried in children of it.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from ipaddress import IPv4Network

import msgspec

from minipod.kernel.host_facts.gather import everything
from minipod.kernel.host_facts.trials import trials
from minipod.model.root import Root
from minipod.plan.host_checks.judge import complete, judge


def main() -> int:
    """Look, judge, tell; return 0, for it is the caller's to say what a failure means."""
    options = _options()
    root = Root(os.path.realpath(options.root))
    tried = trials()
    facts = asyncio.run(everything(root, options.cluster_cidr, tried, tuple(options.argv)))
    sys.stdout.buffer.write(msgspec.json.encode({"checks": complete(judge(facts))}) + b"\n")
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="minipod.doctor")
    parser.add_argument("--root", required=True)
    parser.add_argument("--cluster-cidr", type=IPv4Network, default=None)
    parser.add_argument("--argv", nargs=argparse.REMAINDER, default=["minipod", "doctor"])
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
