"""A line at the bottom of a terminal says what is waited for, and is nowhere else."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

from tests.support.manifests import container, documents, pod, shell
from tests.support.terminal import Terminal, screen

if TYPE_CHECKING:
    from tests.support.command import Minipod

SLOW = shell('trap "sleep 3; exit 0" TERM; echo hello; while :; do sleep 0.05; done')


def shown(minipod: Minipod, *args: str, until: str) -> tuple[str, list[str]]:
    """Run a command to its end; return what it drew until then, and what stands there at last."""
    with closing(Terminal(minipod, *args)) as terminal:
        before = terminal.read_until(until)
        return before, screen(before + until + terminal.read_to_end())


def test_who_is_waited_for_is_told_below_what_is_printed(minipod: Minipod) -> None:
    both = [pod(name, container("main", SLOW)) for name in ("a", "b")]
    minipod.create(documents(*both))
    wait = ("wait", "pod/a", "pod/b", "--for=condition=Ready=false", "--timeout=3s")
    before, lines = shown(minipod, *wait, until="waiting for 2 of 2: a, b (")
    assert screen(before) == [""]
    late = "Error: timed out waiting for the condition on pods/"
    assert lines == [f"{late}a", f"{late}b", ""]
    before, lines = shown(minipod, "delete", "pod", "a", "b", until="waiting for 2 of 2 to end: a")
    assert screen(before) == ['pod "a" deleted', 'pod "b" deleted', ""]
    assert lines == ['pod "a" deleted', 'pod "b" deleted', ""]


def test_up_shows_who_is_left_below_what_they_write(minipod: Minipod) -> None:
    (minipod.folder / "pods.yaml").write_text(pod("a", container("main", SLOW)))
    with closing(Terminal(minipod, "up", "-f", str(minipod.folder / "pods.yaml"))) as terminal:
        text = terminal.read_until("hello") + "hello"
        terminal.type("\x03")
        text += terminal.read_until("waiting for 1 to end: a") + terminal.read_to_end()
    lines = [line.rstrip() for line in screen(text)]
    assert "waiting" not in "".join(lines)
    assert lines[-2:] == ["minipod | a/main exited with code 0", ""]
