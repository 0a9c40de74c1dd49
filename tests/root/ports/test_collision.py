"""The pure rule of collisions against the kernel: it says what the kernel does, of every pair."""

from __future__ import annotations

from contextlib import ExitStack
from itertools import product
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minipod.model.pod import Protocol
from minipod.model.sockets import SocketState
from minipod.ports.collision import collision

from .real import ENDPOINTS, SITUATIONS, STRANGER, Options, Situation, hold, next_port, refused

if TYPE_CHECKING:
    from collections.abc import Iterator

    from minipod.ports.collision import Binding

TCP = Protocol.TCP
BOUND, LISTENING = SocketState.BOUND, SocketState.LISTENING

EVERY = [Options(*each) for each in product(ENDPOINTS, (False, True), (False, True), (0, STRANGER))]
PLACES = [(protocol, each) for protocol, every in SITUATIONS.items() for each in every]


def questions(
    one: Options, other: Options, protocol: Protocol, situation: Situation
) -> Iterator[tuple[bool, Binding, Binding]]:
    """Yield what the kernel refused or granted, with who wanted it and who had it."""
    port = next_port()
    with ExitStack() as stack:
        held = hold(stack, one, protocol, situation, port)
        second = stack.enter_context(other.make(protocol))
        no = refused("bind", second, (other.endpoint.address, port))
        yield no, other.binding(protocol, BOUND), held.binding
        if no or protocol is not TCP:
            return
        no = refused("listen", second)
        yield no, other.binding(TCP, LISTENING), held.binding
        if situation is Situation.BOUND and not no:
            no = refused("listen", held.socket)
            yield no, one.binding(TCP, LISTENING), other.binding(TCP, LISTENING)


@pytest.mark.parametrize(("protocol", "situation"), PLACES)
def test_of_two_sockets_the_rule_says_what_the_kernel_does(protocol, situation):
    asked = 0
    for one, other in product(EVERY, EVERY):
        for no, wanted, held in questions(one, other, protocol, situation):
            asked += 1
            rule = collision(wanted, held)
            assert (rule is not None) is no, (rule, wanted, held)
    assert asked >= len(EVERY) ** 2


@settings(max_examples=1500)
@given(
    place=st.sampled_from(PLACES),
    first=st.sampled_from(EVERY),
    others=st.lists(st.tuples(st.sampled_from(EVERY), st.booleans()), min_size=1, max_size=4),
)
def test_of_many_sockets_one_explains_each_refusal(place, first, others):
    """The kernel may grant more: of a group with SO_REUSEPORT it asks the first one it meets."""
    protocol, situation = place
    port = next_port()
    with ExitStack() as stack:
        held = [hold(stack, first, protocol, situation, port).binding]
        for options, listens in others:
            made = stack.enter_context(options.make(protocol))
            if refused("bind", made, (options.endpoint.address, port)):
                wanted = options.binding(protocol, BOUND)
                assert any(collision(wanted, each) for each in held), (wanted, held)
            elif listens and protocol is TCP and refused("listen", made):
                wanted = options.binding(protocol, LISTENING)
                assert any(collision(wanted, each) for each in held), (wanted, held)
                held.append(options.binding(protocol, BOUND))
            else:
                state = LISTENING if listens and protocol is TCP else BOUND
                held.append(options.binding(protocol, state))
