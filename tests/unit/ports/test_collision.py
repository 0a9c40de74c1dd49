"""The rule that is named, and what is not known; whether sockets collide, the kernel judges."""

from __future__ import annotations

import pytest

from minipod.model.conflicts import Rule
from minipod.model.pod import Protocol
from minipod.model.sockets import SocketState
from minipod.ports.collision import Binding, collision

TCP, UDP = Protocol.TCP, Protocol.UDP
BOUND, LISTENING = SocketState.BOUND, SocketState.LISTENING
YES, NO = True, False


def binding(address="0.0.0.0", state=BOUND, protocol=TCP, **options):
    values = {"v6only": False, "reuseaddr": False, "reuseport": False, "uid": 0} | options
    return Binding(state, protocol, address, **values)


@pytest.mark.parametrize(
    ("wanted", "held", "rule"),
    [
        (binding("0.0.0.0"), binding("127.0.0.1"), Rule.WILDCARD),
        (binding("127.0.0.1"), binding("0.0.0.0"), Rule.WILDCARD),
        (binding("::1"), binding("::"), Rule.WILDCARD),
        (binding("0.0.0.0"), binding("::ffff:127.0.0.1"), Rule.WILDCARD),
        (binding("127.0.0.1"), binding("127.0.0.1"), Rule.SAME_ADDRESS),
        (binding("127.0.0.1"), binding("::ffff:127.0.0.1"), Rule.SAME_ADDRESS),
        (binding("::"), binding("::", v6only=True), Rule.SAME_ADDRESS),
        (binding("0.0.0.0"), binding("::"), Rule.DUAL_STACK),
        (binding("::"), binding("127.0.0.1"), Rule.DUAL_STACK),
        (binding("::"), binding("::ffff:127.0.0.1"), Rule.DUAL_STACK),
        (binding("0.0.0.0"), binding("::", v6only=True), None),
        (binding("127.0.0.1"), binding("127.0.0.2"), None),
        (binding("0.0.0.0"), binding("::1"), None),
        (binding(protocol=TCP), binding(protocol=UDP), None),
        (binding(reuseport=YES), binding(), Rule.NO_REUSEPORT),
        (binding(), binding("::", reuseport=YES), Rule.NO_REUSEPORT),
        (binding(reuseport=YES), binding(reuseport=YES, uid=1), Rule.OTHER_USER),
        (binding(reuseport=YES), binding(reuseport=YES), None),
        (binding(reuseaddr=YES), binding(reuseaddr=YES), None),
        (binding(reuseaddr=YES), binding(reuseaddr=YES, state=LISTENING), Rule.SAME_ADDRESS),
        (binding(state=LISTENING), binding(state=LISTENING), Rule.SECOND_LISTEN),
        (binding(), binding("10.0.0.1", SocketState.TIME_WAIT), Rule.TIME_WAIT),
        (binding(reuseport=YES), binding("10.0.0.1", SocketState.CONNECTED), Rule.CLIENT_PORT),
        (binding(), binding("10.0.0.1", SocketState.CLOSING), Rule.CLIENT_PORT),
        (binding(), binding("::1", SocketState.CONNECTED), Rule.CLIENT_PORT),
        (binding("127.0.0.1"), binding("::1", SocketState.CONNECTED), None),
        (binding(), binding("::1", SocketState.CONNECTED, v6only=True), None),
    ],
)
def test_the_rule(wanted, held, rule):
    assert collision(wanted, held) is rule


@pytest.mark.parametrize(
    ("wanted", "held", "rule"),
    [
        (binding(protocol=None), binding(), Rule.SAME_ADDRESS),
        (binding(None), binding("127.0.0.1"), Rule.UNKNOWN),
        (binding(), binding("::", v6only=None), Rule.DUAL_STACK),
        (binding(reuseaddr=YES), binding(reuseaddr=None), Rule.SAME_ADDRESS),
        (binding(reuseport=YES), binding(reuseport=None), Rule.NO_REUSEPORT),
        (binding(reuseport=YES), binding(reuseport=YES, uid=None), Rule.OTHER_USER),
    ],
)
def test_what_is_not_known_may_collide(wanted, held, rule):
    assert collision(wanted, held) is rule
