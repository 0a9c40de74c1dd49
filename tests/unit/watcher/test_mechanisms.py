"""Which mechanism is chosen, and what is said of the others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from minipod.watcher import mechanisms, trial
from minipod.watcher.mechanisms import Choice
from minipod.watcher.protocol import Mechanism, parse_mechanisms
from minipod.watcher.records import Seen
from minipod.watcher.trial import Attempt, Wrong
from tests.unit.watcher.kernels import blob

if TYPE_CHECKING:
    from collections.abc import Callable

OWN = 55
FACTS: dict[str, Any] = {
    "call": "bind",
    "failed": True,
    "pid": 700,
    "name": "minipod-watcher",
    "command": "watch",
    "cgroup": OWN,
    "uid": 0,
    "protocol": "TCP",
    "family": 4,
    "address": "127.0.0.1",
    "port": 80,
    "inode": 1,
}
WHAT_IS_ASKED = {name: FACTS[name] for name in trial._OF_BPF + trial._OF_ADDRESS}
FAILURE = {name: FACTS[name] for name in trial._OF_TRACEFS}


class FakeSource:
    """Tells what the test has it tell."""

    def __init__(self, told: list[dict[str, Any]], *, kernel_fields: bool = True) -> None:
        self.told = told
        self.kernel_fields = kernel_fields
        self.closed = False

    def read(self) -> list[Seen]:
        return [Seen(**fields) for fields in self.told]

    def ignore(self, cgroup: int) -> None:
        self.ignored = cgroup

    def close(self) -> None:
        self.closed = True


class Group:
    """The groups, as far as a choice looks at them."""

    watched = 3
    own_id = OWN


@pytest.fixture
def choice(monkeypatch: pytest.MonkeyPatch) -> Choice:
    """Give a choice on a machine where every mechanism is refused, and one attempt is made."""

    def refuse(*_: object) -> None:
        raise OSError(1, "Operation not permitted", "program x")

    for name in ("open_fexit", "open_tracepoint", "TracefsSource"):
        monkeypatch.setattr(mechanisms, name, refuse)
    monkeypatch.setattr(mechanisms, "read_vmlinux", blob)
    monkeypatch.setattr(mechanisms, "sweep", lambda _: None)
    monkeypatch.setattr(mechanisms, "own_pid", lambda: 700)
    monkeypatch.setattr(trial, "attempt_all", lambda *_: [Attempt(FACTS, asked=80)])
    return Choice(Group(), "instance")


def offer(monkeypatch: pytest.MonkeyPatch, name: str, opened: Callable[..., Any]) -> None:
    """Have a mechanism work."""
    monkeypatch.setattr(mechanisms, name, opened)


def test_where_all_is_refused_it_is_none_and_every_reason_is_told(choice: Choice) -> None:
    """In the kernel's words, with what was tried."""
    choice.make(tuple(Mechanism))
    assert (choice.mechanism, choice.source) == (Mechanism.NONE, None)
    assert {choice.reasons[name] for name in ("fexit", "tracepoint", "tracefs")} == {
        "program x: Operation not permitted"
    }


def test_the_best_that_works_is_taken(choice: Choice, monkeypatch: pytest.MonkeyPatch) -> None:
    """The worse ones are not looked at."""
    source = FakeSource([FACTS])
    offer(monkeypatch, "open_fexit", lambda *_: source)
    choice.make(tuple(Mechanism))
    assert (choice.mechanism, choice.source, choice.reasons) == (Mechanism.FEXIT, source, {})


def test_only_what_is_allowed_is_tried(choice: Choice, monkeypatch: pytest.MonkeyPatch) -> None:
    """The variable is named in the reason."""
    offer(monkeypatch, "open_fexit", lambda *_: pytest.fail("it was tried"))
    offer(monkeypatch, "TracefsSource", lambda *_: FakeSource([FAILURE], kernel_fields=False))
    choice.make(parse_mechanisms("tracefs"))
    assert choice.mechanism is Mechanism.TRACEFS
    assert "MINIPOD_WATCHER" in choice.reasons["fexit"]


def test_one_that_tells_wrong_is_not_taken_and_leaves_nothing(
    choice: Choice, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The reason says what it told, and what is true."""
    wrong = FakeSource([FACTS | {"port": 81}])
    offer(monkeypatch, "open_fexit", lambda *_: wrong)
    offer(monkeypatch, "open_tracepoint", lambda *_: FakeSource([FACTS]))
    choice.make(tuple(Mechanism))
    assert choice.mechanism is Mechanism.TRACEPOINT
    assert choice.reasons["fexit"] == "of a bind that failed it tells port 81 instead of 80"
    assert wrong.closed


def test_where_the_kernels_structures_mislead_they_are_left_alone(
    choice: Choice, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The tracepoints work on, with what was asked for."""
    misled = FakeSource([FACTS | {"inode": 2}])
    plain = FakeSource([WHAT_IS_ASKED], kernel_fields=False)
    offer(monkeypatch, "open_tracepoint", lambda _, __, layout, ___: misled if layout else plain)
    choice.make(tuple(Mechanism))
    assert (choice.mechanism, choice.source) == (Mechanism.TRACEPOINT, plain)
    assert "inode 2 instead of 1" in choice.reasons["kernel_fields"]
    assert misled.closed


def test_a_kernel_without_btf_is_said_so(choice: Choice, monkeypatch: pytest.MonkeyPatch) -> None:
    """It takes fexit, and the fields."""

    def missing() -> None:
        raise FileNotFoundError(2, "No such file or directory", "/sys/kernel/btf/vmlinux")

    plain = FakeSource([WHAT_IS_ASKED], kernel_fields=False)
    offer(monkeypatch, "read_vmlinux", missing)
    offer(monkeypatch, "open_tracepoint", lambda *_: plain)
    choice.make(tuple(Mechanism))
    assert choice.source is plain
    why = "/sys/kernel/btf/vmlinux: No such file or directory"
    assert (choice.reasons["fexit"], choice.reasons["kernel_fields"]) == (why, why)


def test_in_a_nested_pid_namespace_the_right_one_is_looked_for(
    choice: Choice, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Until the watcher is told by the number that it has in /proc."""
    numbers = {0: 91234, 1: 4000, 2: 700}
    opened = []

    def open_fexit(_: int, __: int, ___: object, level: int) -> FakeSource:
        opened.append(FakeSource([FACTS | {"pid": numbers[level]}]))
        return opened[-1]

    offer(monkeypatch, "open_fexit", open_fexit)
    choice.make(tuple(Mechanism))
    assert choice.source is opened[2]
    assert [each.closed for each in opened] == [True, True, False]


def test_what_others_did_during_the_trial_is_kept(
    choice: Choice, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A mechanism is at work from its first moment."""
    theirs = FACTS | {"cgroup": 99, "pid": 4}
    offer(monkeypatch, "open_fexit", lambda *_: FakeSource([theirs, FACTS]))
    choice.make(tuple(Mechanism))
    assert [seen.pid for seen in choice.seen] == [4]
    assert choice.source.ignored == OWN


@pytest.mark.parametrize("told", [[], [FACTS, FACTS]])
def test_more_or_less_than_was_done_is_wrong(told: list[dict[str, Any]]) -> None:
    """Nothing may be missed, and nothing told twice."""
    with pytest.raises(Wrong, match="instead of 1"):
        trial.check([FACTS], [Seen(**each) for each in told])


def test_what_cannot_be_known_must_not_be_told() -> None:
    """A field that nobody expects is a guess."""
    with pytest.raises(Wrong, match="inode 1 instead of None"):
        trial.check([WHAT_IS_ASKED], [Seen(**WHAT_IS_ASKED, inode=1)])


def test_names_of_mechanisms_are_checked() -> None:
    """In any order, from best to worst in the answer; none is always one of them."""
    assert parse_mechanisms("tracefs, fexit") == (
        Mechanism.FEXIT,
        Mechanism.TRACEFS,
        Mechanism.NONE,
    )
    assert parse_mechanisms("") == (Mechanism.NONE,)
    with pytest.raises(ValueError, match="strace"):
        parse_mechanisms("strace")
