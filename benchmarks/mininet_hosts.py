"""Run by the system's Python, which has Mininet: print the milliseconds for COUNT hosts."""

from __future__ import annotations

import json
import sys
import time

from mininet.net import Mininet  # type: ignore[import-not-found]
from mininet.nodelib import LinuxBridge  # type: ignore[import-not-found]
from mininet.topo import SingleSwitchTopo  # type: ignore[import-not-found]

count = int(sys.argv[1])
began = time.perf_counter()
net = Mininet(topo=SingleSwitchTopo(count), switch=LinuxBridge, controller=None)
net.start()
started = time.perf_counter()
net.stop()
stopped = time.perf_counter()
print(json.dumps({"start": (started - began) * 1000, "stop": (stopped - started) * 1000}))
