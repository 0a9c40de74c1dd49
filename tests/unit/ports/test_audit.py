"""The marks of `minipod ports`: each case is a pod's sockets and declarations, and the rows."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from minipod.model.sockets import Holder, SocketState
from minipod.ports.rows import port_rows

from .spaces import APP, SIDECAR, UDP, WEB, sock, space

OTHER = Holder(4312, "python3 other.py")
BOUND, TIME_WAIT = SocketState.BOUND, SocketState.TIME_WAIT
UNDECLARED = (
    "The container does not declare it. It works all the same, but whoever reads the manifest does "
    "not know of it: declare it as a containerPort."
)
SILENT = "Nothing listens: have the program listen there, or take the port out of the manifest."
ENDED = sock("10.244.0.7", TIME_WAIT, inode=0, cgroup=0, peer=("10.244.0.9", 51514))


class Row(NamedTuple):
    container: str
    marks: str
    note: str | None


CASES = {
    "listening and declared": (
        space(sock(), declares={"web": [8080]}),
        [("web", "Declared", None)],
    ),
    "listening and undeclared": (space(sock()), [("web", "Undeclared", UNDECLARED)]),
    "declared and silent": (space(declares={"web": [8080]}), [("web", "Silent", SILENT)]),
    "taken by another container": (
        space(sock(), declares={"sidecar": [8080]}),
        [
            Row(
                "sidecar",
                "Silent Taken",
                'container "web" (pid 4188) has it: configure one of the two for another port '
                '(8081 is free), or give "sidecar" a pod of its own.',
            ),
            ("web", "Undeclared", UNDECLARED),
        ],
    ),
    "held in TIME_WAIT": (
        space(ENDED, declares={"web": [8080]}),
        [
            Row(
                "web",
                "Silent TimeWait",
                "Nothing listens, and connections that have ended hold it (TIME_WAIT): a bind may "
                "fail for up to a minute. Wait, or set SO_REUSEADDR before bind.",
            )
        ],
    ),
    "listening beside its own TIME_WAIT": (
        space(sock(), ENDED, declares={"web": [8080]}),
        [("web", "Declared", None)],
    ),
    "bound, and silent": (
        space(sock(state=BOUND), declares={"web": [8080]}),
        [("web", "Silent", SILENT)],
    ),
    "shared by SO_REUSEPORT": (
        space(
            sock(),
            sock(inode=2, cgroup=SIDECAR),
            declares={"web": [8080], "sidecar": [8080]},
            holders={1: (APP,), 2: (OTHER,)},
        ),
        [
            Row(
                "sidecar",
                "Declared Shared",
                'Shared with container "web" (pid 4188) by SO_REUSEPORT: what comes in goes to '
                "one of them. If that is not meant, configure one for another port.",
            ),
            Row(
                "web",
                "Declared Shared",
                'Shared with container "sidecar" (pid 4312) by SO_REUSEPORT: what comes in goes '
                "to one of them. If that is not meant, configure one for another port.",
            ),
        ],
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_marks_and_notes(case):
    pod_ports, expected = case
    rows = port_rows([pod_ports])
    assert [(row.container, " ".join(row.marks), row.note) for row in rows] == expected


@pytest.mark.parametrize(
    ("address", "marks", "where"),
    [
        ("127.0.0.1", "Declared LoopbackOnly", "0.0.0.0"),
        ("127.0.0.53", "Declared LoopbackOnly", "0.0.0.0"),
        ("::1", "Declared LoopbackOnly", "::"),
        ("::ffff:127.0.0.1", "Declared LoopbackOnly", "::"),
        ("10.244.0.7", "Declared", None),
        ("::ffff:10.244.0.7", "Declared", None),
        ("::", "Declared", None),
    ],
)
def test_only_a_loopback_address_is_not_reached(address, marks, where):
    (row,) = port_rows([space(sock(address), declares={"web": [8080]})])
    assert " ".join(row.marks) == marks
    assert row.note == (
        where
        and f"It listens on {address} only: other pods cannot reach it. Have it listen on {where} "
        "or on the pod's address."
    )


def marks_of(*sockets):
    return [" ".join(row.marks) for row in port_rows([space(*sockets)])]


@pytest.mark.parametrize(
    ("first", "second", "shared"),
    [
        (sock(protocol=UDP, state=BOUND), sock(protocol=UDP, state=BOUND, inode=2), True),
        (sock("10.244.0.7"), sock(inode=2), True),
        (sock(), sock("::", inode=2, v6only=False), True),
        (sock(), sock("::", inode=2, v6only=True), False),
        (sock(), sock(protocol=UDP, state=BOUND, inode=2), False),
        (sock("10.244.0.7"), sock("10.244.0.8", inode=2), False),
        (sock(), sock(port=8081, inode=2), False),
    ],
)
def test_sockets_that_meet_on_a_port_share_it(first, second, shared):
    assert ["Shared" in marks for marks in marks_of(first, second)] == [shared, shared]


def test_whoever_shares_is_named_once():
    three = [sock(), sock(inode=2), sock(inode=3, cgroup=SIDECAR)]
    pod_ports = space(*three, holders={1: (APP,), 2: (APP,), 3: (OTHER,)})
    by_web = 'Shared with container "sidecar" (pid 4312) and container "web" (pid 4188) by'
    assert [row.note.count(by_web) for row in port_rows([pod_ports]) if row.pid != 4312] == [1, 1]


def test_udp_may_be_shared_by_either_option():
    pair = [sock(protocol=UDP, state=BOUND, inode=inode, cgroup=WEB) for inode in (1, 2)]
    rows = port_rows([space(*pair)])
    assert all(" by SO_REUSEADDR or SO_REUSEPORT: " in row.note for row in rows)
