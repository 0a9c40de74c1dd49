"""A program that takes a port in one of the many ways there are, and says what came of it."""

from __future__ import annotations

import json
from typing import Any

PROGRAM = """
import errno, json, os, socket, sys, time

ask = json.loads(sys.argv[1])
address = ask["address"]
family = socket.AF_INET6 if ":" in address else socket.AF_INET
kind = socket.SOCK_DGRAM if ask["protocol"] == "UDP" else socket.SOCK_STREAM
if ask["protocol"] == "UNIX":
    family, place = socket.AF_UNIX, "\\0" + address
else:
    place = (address, ask["port"])
if ask["uid"]:
    os.setuid(ask["uid"])
sock = socket.socket(family, kind)
for name in ask["options"]:
    level = socket.IPPROTO_IPV6 if name == "IPV6_V6ONLY" else socket.SOL_SOCKET
    sock.setsockopt(level, getattr(socket, name), 1)
try:
    sock.bind(place)
    if ask["listen"]:
        sock.listen()
except OSError as error:
    print("refused" if error.errno == errno.EADDRINUSE else error, flush=True)
    sys.exit(1)
print("held", flush=True)
if ask["stay"]:
    time.sleep(1000)
"""


def binder(
    port: int,
    address: str = "0.0.0.0",
    *options: str,
    protocol: str = "TCP",
    listen: bool | None = None,
    stay: bool = False,
    uid: int = 0,
) -> list[str]:
    """Return the command of a program that takes a port, says "held" or "refused", and may stay.

    `options` are names of socket options that it sets first. A TCP socket listens by default.
    The socket belongs to `uid`, if it is not root's.
    """
    ask: dict[str, Any] = {
        "port": port,
        "address": address,
        "options": options,
        "protocol": protocol,
        "listen": protocol == "TCP" if listen is None else listen,
        "stay": stay,
        "uid": uid,
    }
    return ["python3", "-c", PROGRAM, json.dumps(ask)]
