"""The rule that is named, and what is not known; whether sockets collide, the kernel judges."""

from __future__ import annotations

import pytest

from minipod.model.conflicts import Rule
from minipod.model.pod import Protocol
from minipod.model.sockets import SocketState
from minipod.ports.collision import Claim, collision

TCP, UDP = Protocol.TCP, Protocol.UDP
BOUND, LISTENING = SocketState.BOUND, SocketState.LISTENING
YES, NO = True, False


def claim(address="0.0.0.0", state=BOUND, protocol=TCP, **options):
    values = {"v6only": False, "reuseaddr": False, "reuseport": False, "uid": 0} | options
    return Claim(state, protocol, address, **values)


@pytest.mark.parametrize(
    ("wanted", "held", "rule"),
    [
        (claim("0.0.0.0"), claim("127.0.0.1"), Rule.WILDCARD),
        (claim("127.0.0.1"), claim("0.0.0.0"), Rule.WILDCARD),
        (claim("::1"), claim("::"), Rule.WILDCARD),
        (claim("0.0.0.0"), claim("::ffff:127.0.0.1"), Rule.WILDCARD),
        (claim("127.0.0.1"), claim("127.0.0.1"), Rule.SAME_ADDRESS),
        (claim("127.0.0.1"), claim("::ffff:127.0.0.1"), Rule.SAME_ADDRESS),
        (claim("::"), claim("::", v6only=True), Rule.SAME_ADDRESS),
        (claim("0.0.0.0"), claim("::"), Rule.DUAL_STACK),
        (claim("::"), claim("127.0.0.1"), Rule.DUAL_STACK),
        (claim("::"), claim("::ffff:127.0.0.1"), Rule.DUAL_STACK),
        (claim("0.0.0.0"), claim("::", v6only=True), None),
        (claim("127.0.0.1"), claim("127.0.0.2"), None),
        (claim("0.0.0.0"), claim("::1"), None),
        (claim(protocol=TCP), claim(protocol=UDP), None),
        (claim(reuseport=YES), claim(), Rule.NO_REUSEPORT),
        (claim(), claim("::", reuseport=YES), Rule.NO_REUSEPORT),
        (claim(reuseport=YES), claim(reuseport=YES, uid=1), Rule.OTHER_USER),
        (claim(reuseport=YES), claim(reuseport=YES), None),
        (claim(reuseaddr=YES), claim(reuseaddr=YES), None),
        (claim(reuseaddr=YES), claim(reuseaddr=YES, state=LISTENING), Rule.SAME_ADDRESS),
        (claim(state=LISTENING), claim(state=LISTENING), Rule.SECOND_LISTEN),
        (claim(), claim("10.0.0.1", SocketState.TIME_WAIT), Rule.TIME_WAIT),
        (claim(reuseport=YES), claim("10.0.0.1", SocketState.CONNECTED), Rule.CLIENT_PORT),
        (claim(), claim("10.0.0.1", SocketState.CLOSING), Rule.CLIENT_PORT),
        (claim(), claim("::1", SocketState.CONNECTED), Rule.CLIENT_PORT),
        (claim("127.0.0.1"), claim("::1", SocketState.CONNECTED), None),
        (claim(), claim("::1", SocketState.CONNECTED, v6only=True), None),
    ],
)
def test_the_rule(wanted, held, rule):
    assert collision(wanted, held) is rule


@pytest.mark.parametrize(
    ("wanted", "held", "rule"),
    [
        (claim(protocol=None), claim(), Rule.SAME_ADDRESS),
        (claim(None), claim("127.0.0.1"), Rule.UNKNOWN),
        (claim(), claim("::", v6only=None), Rule.DUAL_STACK),
        (claim(reuseaddr=YES), claim(reuseaddr=None), Rule.SAME_ADDRESS),
        (claim(reuseport=YES), claim(reuseport=None), Rule.NO_REUSEPORT),
        (claim(reuseport=YES), claim(reuseport=YES, uid=None), Rule.OTHER_USER),
    ],
)
def test_what_is_not_known_may_collide(wanted, held, rule):
    assert collision(wanted, held) is rule
