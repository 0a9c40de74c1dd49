"""The sentence and the record of a conflict: each case is a failed call and a pod's port space."""

from __future__ import annotations

from datetime import UTC, timedelta, timezone
from typing import Any, NamedTuple

import msgspec
import pytest

from minipod.model.binds import Call
from minipod.model.conflicts import Rule
from minipod.model.sockets import Holder, SocketState
from minipod.ports.explain import explain, suspect

from .spaces import SIDECAR, SIDECAR_PID, UDP, WEB, WEB_PID, refused, sock, space, taken

LOSER = 'container "sidecar" (pid 4312, python3 -m http.server 8080)'
WINNER = 'container "web" (pid 4188, python3 app.py)'
BIND = f"{LOSER} cannot bind 0.0.0.0:8080/tcp: held by"
CONFIGURE = (
    'Configure "sidecar" for another port (8081 is free); if both need this one, they belong in '
    "two pods."
)
CONNECTED, TIME_WAIT = SocketState.CONNECTED, SocketState.TIME_WAIT
CLIENT = ("10.244.0.9", 51514)
BOTH = {"web": [8080], "sidecar": [8080]}


def told(call, pod_ports, *bindings):
    return explain(call, pod_ports, bindings, UTC)


class Case(NamedTuple):
    asked: tuple[Any, ...]
    rule: Rule
    sentence: str


def asked(call, pod_ports, *bindings):
    return call, pod_ports, *bindings


SENTENCES = {
    "dual stack": Case(
        asked(refused(), space(sock("::", v6only=False)), taken("::")),
        Rule.DUAL_STACK,
        f"{BIND} {WINNER} listening on [::]:8080 since 22:13:21. An IPv6 wildcard socket also "
        "takes the IPv4 port unless it sets IPV6_V6ONLY. If each is meant for its own family, set "
        f"IPV6_V6ONLY. {CONFIGURE}",
    ),
    "same address": Case(
        asked(refused("127.0.0.1"), space(sock("127.0.0.1"))),
        Rule.SAME_ADDRESS,
        f"{LOSER} cannot bind 127.0.0.1:8080/tcp: held by {WINNER} listening on 127.0.0.1:8080. "
        f"Two sockets cannot have one address and port. {CONFIGURE}",
    ),
    "a wildcard": Case(
        asked(refused(), space(sock("127.0.0.1"))),
        Rule.WILDCARD,
        f"{BIND} {WINNER} listening on 127.0.0.1:8080. A wildcard address takes the port on every "
        f"address of its family. {CONFIGURE}",
    ),
    "UDP": Case(
        asked(refused(protocol=UDP), space(sock(protocol=UDP, state=SocketState.BOUND))),
        Rule.SAME_ADDRESS,
        f"{LOSER} cannot bind 0.0.0.0:8080/udp: held by {WINNER} bound to 0.0.0.0:8080. Two "
        f"sockets cannot have one address and port. {CONFIGURE}",
    ),
    "only one with SO_REUSEPORT": Case(
        asked(refused(reuseport=True), space(sock())),
        Rule.NO_REUSEPORT,
        f"{BIND} {WINNER} listening on 0.0.0.0:8080. Sockets share a port by SO_REUSEPORT only if "
        f"every one of them sets it. To share the port, set it in both. {CONFIGURE}",
    ),
    "both with SO_REUSEPORT, of two users": Case(
        asked(refused(reuseport=True), space(sock(uid=1000)), taken(reuseport=True, uid=1000)),
        Rule.OTHER_USER,
        f"{BIND} {WINNER} listening on 0.0.0.0:8080 since 22:13:21. Sockets share a port by "
        "SO_REUSEPORT only if they belong to one user. To share the port, run both as one user. "
        f"{CONFIGURE}",
    ),
    "a connection that has ended": Case(
        asked(
            refused(),
            space(sock("10.244.0.7", TIME_WAIT, inode=0, cgroup=0, peer=CLIENT)),
            taken(call=Call.LISTEN),
        ),
        Rule.TIME_WAIT,
        f"{BIND} a connection that has ended, from 10.244.0.7:8080 to 10.244.0.9:51514, of "
        'container "web". A connection that has ended keeps its port for a minute (TIME_WAIT) '
        "unless both sockets set SO_REUSEADDR. Wait up to a minute, or set SO_REUSEADDR on "
        "both sockets before bind.",
    ),
    "a client's local port": Case(
        asked(
            refused(port=40000),
            space(sock("10.244.0.7", CONNECTED, port=40000, peer=("10.244.0.9", 80))),
        ),
        Rule.CLIENT_PORT,
        f"{LOSER} cannot bind 0.0.0.0:40000/tcp: held by {WINNER} connected from 10.244.0.7:40000 "
        "to 10.244.0.9:80. The kernel gave the port to a client: it is the local port of its "
        "connection. Pick a port outside the ephemeral range 32768-60999.",
    ),
    "a connection whose listener is gone": Case(
        asked(refused(), space(sock("10.244.0.7", CONNECTED, peer=CLIENT)), taken(inode=7)),
        Rule.CLIENT_PORT,
        f"{BIND} {WINNER} connected from 10.244.0.7:8080 to 10.244.0.9:51514. A connection keeps "
        "its local port until it is closed, also when nobody listens any more, unless both "
        "sockets set SO_REUSEADDR. Wait until the connection is closed, or set SO_REUSEADDR "
        f"on both sockets before bind. {CONFIGURE}",
    ),
    "a connection of the process itself": Case(
        asked(
            refused(),
            space(
                sock("10.244.0.7", CONNECTED, cgroup=SIDECAR, peer=CLIENT),
                holders={1: (Holder(SIDECAR_PID, "x"),)},
            ),
        ),
        Rule.CLIENT_PORT,
        f"{BIND} the process itself, connected from 10.244.0.7:8080 to 10.244.0.9:51514. A "
        "connection keeps its local port until it is closed, also when nobody listens any more, "
        "unless both sockets set SO_REUSEADDR. Close that connection first, or set SO_REUSEADDR "
        "on both sockets before bind.",
    ),
    "a connection that nobody has any more": Case(
        asked(refused(), space(sock("10.244.0.7", SocketState.CLOSING, inode=0, peer=CLIENT))),
        Rule.CLIENT_PORT,
        f"{BIND} a connection that closes, from 10.244.0.7:8080 to 10.244.0.9:51514, of "
        'container "web". A connection keeps its local port until it is closed, also when nobody '
        "listens any more, unless both sockets set SO_REUSEADDR. Wait until the connection is "
        f"closed, or set SO_REUSEADDR on both sockets before bind. {CONFIGURE}",
    ),
    "a second listen": Case(
        asked(
            refused(call=Call.LISTEN, reuseaddr=True),
            space(sock(), sock(state=SocketState.BOUND, inode=99, cgroup=SIDECAR)),
            taken(reuseaddr=True),
        ),
        Rule.SECOND_LISTEN,
        f"{LOSER} cannot listen on 0.0.0.0:8080/tcp: held by {WINNER} listening on 0.0.0.0:8080 "
        "since 22:13:21. By SO_REUSEADDR both could bind, but only one can listen. "
        f"{CONFIGURE}",
    ),
    "gone by now": Case(
        asked(refused(), space(), taken(seq=1, time=1.0, pid=1, inode=5), taken(call=Call.LISTEN)),
        Rule.SAME_ADDRESS,
        f"{BIND} {WINNER} listening on 0.0.0.0:8080 since 22:13:21, and gone by now. Two sockets "
        "cannot have one address and port. It may be free now: a restart tries again.",
    ),
    "gone before anybody looked, and not recorded": Case(
        asked(refused(), space()),
        Rule.HOLDER_GONE,
        f"{LOSER} cannot bind 0.0.0.0:8080/tcp: whoever held it had let it go when minipod "
        "looked. It may be free now: a restart tries again.",
    ),
    "the container itself": Case(
        asked(refused(), space(sock(cgroup=SIDECAR))),
        Rule.SAME_ADDRESS,
        f"{BIND} the container itself (pid 4188, python3 app.py) listening on 0.0.0.0:8080. Two "
        "sockets cannot have one address and port. End the other process first, or give one of "
        "the two another port (8081 is free).",
    ),
    "the process itself": Case(
        asked(refused(), space(sock(cgroup=SIDECAR), holders={1: (Holder(SIDECAR_PID, "x"),)})),
        Rule.SAME_ADDRESS,
        f"{BIND} the process itself, listening on 0.0.0.0:8080. Two sockets cannot have one "
        "address and port. Close that socket first, or bind another port (8081 is free).",
    ),
    "both declare it": Case(
        asked(refused(), space(sock(), declares=BOTH)),
        Rule.SAME_ADDRESS,
        f"{BIND} {WINNER} listening on 0.0.0.0:8080. Two sockets cannot have one address and "
        "port. Both declare it, so they belong in two pods: each has a port space of its own. "
        'Configure "sidecar" for another port (8081 is free).',
    ),
    "only the loser declares it": Case(
        asked(refused(), space(sock(), declares={"sidecar": [8080]})),
        Rule.SAME_ADDRESS,
        f"{BIND} {WINNER} listening on 0.0.0.0:8080. Two sockets cannot have one address and "
        'port. Configure "web", which does not declare it, for another port (8081 is free).',
    ),
    "processes outside of the containers, and a command that nobody saw": Case(
        asked(
            refused(command=None, cgroup=1, pid=7, name="nc"),
            space(sock(cgroup=1), holders={1: (Holder(8, "socat"),)}),
        ),
        Rule.SAME_ADDRESS,
        "a process (pid 7, nc) cannot bind 0.0.0.0:8080/tcp: held by a process (pid 8, socat) "
        "listening on 0.0.0.0:8080. Two sockets cannot have one address and port. Configure the "
        "process for another port (8081 is free); if both need this one, they belong in two pods.",
    ),
    "a holder of another day, known by its record alone": Case(
        asked(refused(), space(sock(), holders={}), taken(time=1_699_900_000.0, command=None)),
        Rule.SAME_ADDRESS,
        f'{BIND} container "web" (pid 4188, python3) listening on 0.0.0.0:8080 since 2023-11-13 '
        f"18:26:40. Two sockets cannot have one address and port. {CONFIGURE}",
    ),
    "an address that nobody saw": Case(
        asked(refused(None, family=None), space(sock())),
        Rule.UNKNOWN,
        f"{LOSER} cannot bind port 8080/tcp: held by {WINNER} listening on 0.0.0.0:8080. "
        f"Which address was wanted, this kernel does not let minipod see. {CONFIGURE}",
    ),
    "any port, and none is left": Case(
        asked(refused(port=0), space(sock())),
        Rule.CLIENT_PORT,
        f"{LOSER} cannot bind 0.0.0.0:0/tcp: any port would do, and none is left of those "
        "that it may be given (32768-60999, unless set otherwise). Close sockets, or widen "
        "net.ipv4.ip_local_port_range.",
    ),
    "a port that nobody saw": Case(
        asked(refused(None, port=None, protocol=None, command=None), space(sock())),
        Rule.UNKNOWN,
        'container "sidecar" (pid 4312, python3) cannot bind its address: it is in use. Which one, '
        "this kernel does not let minipod see. `minipod ports kubia` shows who holds which.",
    ),
    "a port that nobody saw, of a container whose declared one is taken": Case(
        asked(refused(None, port=None, protocol=None), space(sock(), declares=BOTH)),
        Rule.UNKNOWN,
        f"{LOSER} cannot bind its address: it is in use. Which one, this kernel does not let "
        f"minipod see. Of those that the container declares, port 8080/tcp is held by {WINNER}. "
        "Both declare it, so they belong in two pods: each has a port space of its own. Configure "
        '"sidecar" for another port (8081 is free).',
    ),
}


@pytest.mark.parametrize("case", SENTENCES.values(), ids=SENTENCES)
def test_sentences(case):
    conflict = told(*case.asked)
    assert conflict.rule is case.rule
    assert conflict.explanation == case.sentence


def test_a_conflict_in_json_has_the_promised_fields():
    conflict = told(refused(count=3), space(sock("127.0.0.1")), taken("127.0.0.1"))
    assert msgspec.to_builtins(conflict) == {
        "time": "2023-11-14T22:13:29.250000Z",
        "namespace": "default",
        "pod": "kubia",
        "protocol": "TCP",
        "port": 8080,
        "family": "IPv4",
        "rule": "Wildcard",
        "explanation": conflict.explanation,
        "wanted": {
            "address": "0.0.0.0",
            "container": "sidecar",
            "pid": 4312,
            "command": "python3 -m http.server 8080",
        },
        "holder": {
            "address": "127.0.0.1",
            "container": "web",
            "pid": 4188,
            "command": "python3 app.py",
            "since": "2023-11-14T22:13:21.500000Z",
        },
        "count": 3,
    }


def test_a_long_command_leaves_the_sentence_a_line():
    command = "python3 -c 'import time\n" + 40 * "time.sleep(1)\n" + "'"
    conflict = told(refused(command=command), space(sock()))
    who = conflict.explanation.partition(" cannot bind")[0]
    assert who.startswith('container "sidecar" (pid 4312, python3 -c \'import time time.sleep(1) ')
    assert who.endswith("…)")
    assert len(who) < 120
    assert conflict.wanted.command == command


def test_times_of_the_day_are_of_the_zone():
    east = timezone(timedelta(hours=9))
    conflict = explain(refused(), space(sock()), [taken()], east)
    assert "since 07:13:21." in conflict.explanation


LISTENER = sock(inode=1)
CONNECTION = sock("10.244.0.7", CONNECTED, inode=2, peer=CLIENT)
ENDED = sock("10.244.0.7", TIME_WAIT, inode=0, cgroup=0, peer=CLIENT)


@pytest.mark.parametrize(
    ("sockets", "chosen"),
    [
        ((ENDED, CONNECTION, LISTENER), "0.0.0.0"),
        ((ENDED, CONNECTION), "10.244.0.7"),
        ((LISTENER, ENDED), "0.0.0.0"),
    ],
)
def test_a_listener_is_named_before_its_connections_and_these_before_what_has_ended(
    sockets, chosen
):
    conflict = told(refused(), space(*sockets))
    assert conflict.holder.address == chosen
    assert conflict.holder.container == "web"


def test_what_cannot_collide_is_not_named():
    others = (sock(port=8081), sock(protocol=UDP), sock("127.0.0.2"), sock("::1", v6only=True))
    conflict = told(refused("127.0.0.1"), space(*others))
    assert (conflict.rule, conflict.holder) == (Rule.HOLDER_GONE, None)


def test_who_is_known_to_share_is_not_named():
    both = {"reuseaddr": True, "call": Call.BIND}
    bound = sock(state=SocketState.BOUND)
    assert told(refused(**both), space(bound), taken(**both)).holder is None
    assert told(refused(**both), space(bound), taken(reuseaddr=None)).holder is not None


def test_a_port_taken_after_the_failure_is_not_the_holders():
    later = {"time": refused().time + 0.001, "inode": 1}
    assert told(refused(), space(sock()), taken(**later)).holder is None
    listened = taken(call=Call.LISTEN, **later)
    assert told(refused(), space(sock()), taken(), listened).holder.pid == WEB_PID


def test_the_losers_own_socket_is_not_the_holder():
    own = sock(inode=99, cgroup=SIDECAR)
    assert told(refused(), space(own)).holder is None
    bound = sock(inode=98, cgroup=SIDECAR, state=SocketState.BOUND)
    assert told(refused(call=Call.LISTEN, inode=None), space(bound)).holder is None


def test_the_candidates_decide_a_protocol_that_nobody_saw():
    bound = sock(protocol=UDP, state=SocketState.BOUND)
    conflict = told(refused(protocol=None), space(bound))
    assert conflict.protocol == "UDP"
    assert " 0.0.0.0:8080/udp: held by" in conflict.explanation


def test_a_record_without_an_inode_is_matched_by_process_and_address():
    matching = taken(inode=None)
    assert told(refused(), space(sock()), matching).holder.since is not None
    for other in ({"pid": 5}, {"address": "127.0.0.1"}, {"protocol": UDP}):
        record = msgspec.structs.replace(matching, **other)
        assert told(refused(), space(sock()), record).holder.since is None


def test_a_silent_socket_that_the_kernel_does_not_tell_is_not_said_to_be_gone():
    blind = msgspec.structs.replace(space(), whole=False)
    assert told(refused(), blind, taken()).explanation.startswith(
        f"{BIND} {WINNER} bound to 0.0.0.0:8080 since 22:13:21. Two"
    )
    for record in (taken(call=Call.LISTEN), taken(pid=5), taken(protocol=UDP)):
        call = refused(protocol=record.protocol)
        assert "gone by now" in told(call, blind, record).explanation


def test_a_container_that_ended_is_told_who_holds_what_it_declares():
    pod_ports = space(sock("0.0.0.0"), declares={"sidecar": [9090, 8080]})
    conflict = suspect("sidecar", 1, pod_ports, 1_700_000_000.0)
    assert (conflict.rule, conflict.wanted.pid, conflict.holder.pid) == (
        Rule.UNKNOWN, None, WEB_PID
    )  # fmt: skip
    assert conflict.explanation == (
        'container "sidecar" exited with code 1, and declares port 8080/tcp, which is held by '
        f'{WINNER} on 0.0.0.0:8080. Configure "web", which does not declare it, for another port '
        "(8081 is free)."
    )


@pytest.mark.parametrize(
    "pod_ports",
    [
        space(declares=BOTH),
        space(sock(cgroup=SIDECAR), declares=BOTH),
        space(sock(protocol=UDP, state=SocketState.BOUND), declares=BOTH),
        space(sock(state=CONNECTED, peer=CLIENT), declares=BOTH),
        space(sock(cgroup=WEB), declares={"web": [8080]}),
    ],
    ids=["free", "its own", "another protocol", "a connection", "not declared"],
)
def test_a_container_whose_ports_nobody_took_is_not_suspected(pod_ports):
    assert suspect("sidecar", 1, pod_ports, 0.0) is None
