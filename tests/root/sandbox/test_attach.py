"""Being attached to a container: its stdin, and its log as it grows."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest

from minipod.client.streams.sandbox import Sandbox
from tests.root.sandbox.lab import container, in_loop
from tests.support.wait import PATIENCE, eventually

if TYPE_CHECKING:
    from tests.root.sandbox.lab import Lab


class Peer:
    """A client of a pod's sandbox that has asked to be attached."""

    def __init__(self, lab: Lab, **request: Any) -> None:
        self.sandbox = Sandbox(str(lab.root), "a", timeout=10 * PATIENCE)
        self.sandbox.ask({"op": "attach", "name": "c", "stdin": False, **request})
        content, descriptors = self.sandbox.receive()
        self.failure = content.get("error")
        self.offset = content.get("ok", {}).get("offset")
        self.log, self.growth, self.stdin = [*descriptors, -1, -1, -1][:3]
        self._descriptors = descriptors

    def seen(self) -> bytes:
        """Return what the log has got since."""
        return os.pread(self.log, 1 << 20, self.offset)

    def close(self) -> None:
        self.sandbox.close()
        for descriptor in self._descriptors:
            os.close(descriptor)


@in_loop
async def test_what_is_left_of_a_line_is_written_at_once_while_somebody_is_attached(
    lab: Lab,
) -> None:
    """Else a prompt would wait for its newline: also the one that was there before."""
    pod = await lab.pod()
    script = "printf 'before> '; read a; printf \"$a> \"; read b; exit 3"
    await pod.request("start", container=container("sh", "-c", script, stdin=True))
    one = Peer(lab, stdin=True)
    eventually(lambda: one.seen().endswith(b" stdout P before> \n"))
    two = Peer(lab)
    os.write(one.stdin, b"x\n")
    eventually(lambda: two.seen().endswith(b" stdout P x> \n"))
    assert two.offset > one.offset
    assert os.eventfd_read(two.growth) >= 1
    os.write(one.stdin, b"\n")
    for peer in (one, two):
        assert peer.sandbox.receive().content["exit"] == {"code": 3, "signal": 0}
        peer.close()
    assert lab.output("a") == "before> x> "


@in_loop
async def test_a_stdin_ends_with_the_first_who_has_it_if_it_is_for_one(lab: Lab) -> None:
    """And else with nobody."""
    pod = await lab.pod()
    await pod.request("start", container=container("cat", stdin=True))
    first = Peer(lab, stdin=True)
    os.write(first.stdin, b"1\n")
    first.close()
    second = Peer(lab, stdin=True)
    os.write(second.stdin, b"2\n")
    eventually(lambda: lab.output("a") == "1\n2\n")
    await pod.request("kill", name="c")
    second.close()
    lab.exits("a")

    await pod.request("start", container=container("cat", attempt=1, stdin=True, stdin_once=True))
    first, second = Peer(lab, stdin=True), Peer(lab, stdin=True)
    assert second.failure["message"] == "its stdin is closed"
    os.write(first.stdin, b"3\n")
    first.close()
    second.close()
    assert lab.exits("a", 2)[-1]["code"] == 0
    assert lab.output("a", attempt=1) == "3\n"


@in_loop
async def test_a_terminal_outlives_all_who_are_attached(lab: Lab) -> None:
    """It is the container's first, and its controlling one."""
    pod = await lab.pod()
    script = "tty; stty size; read a </dev/tty; echo got $a; read b; echo got $b"
    spec = container("sh", "-c", script, stdin=True, stdin_once=True, tty=True)
    await pod.request("start", container=spec)
    said = ["/dev/pts/0", "24", "80"]
    for word in ("1", "2"):
        eventually(lambda said=said: lab.output("a").split() == said)
        peer = Peer(lab, stdin=True)
        os.write(peer.stdin, word.encode() + b"\n")
        peer.close()
        said = [*said, word, "got", word]
    assert lab.exits("a")[0]["code"] == 0
    assert lab.output("a").split() == said


@in_loop
async def test_who_reads_nothing_holds_up_nobody(lab: Lab) -> None:
    """And misses nothing: 8 MiB are in the log before it looks."""
    pod = await lab.pod()
    script = "read a; yes 0123456789abcde | head -c 8388608"
    await pod.request("start", container=container("sh", "-c", script, stdin=True))
    slow, writer = Peer(lab), Peer(lab, stdin=True)
    os.write(writer.stdin, b"\n")
    writer.close()
    assert lab.exits("a")[0]["code"] == 0
    lines = os.pread(slow.log, 1 << 25, slow.offset).splitlines()
    assert len(lines) == 8388608 // 16
    assert {line.split(b" ", 1)[1] for line in lines} == {b"stdout F 0123456789abcde"}
    slow.close()


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        ({"stdin": True}, "it has no stdin"),
        ({"attempt": 1}, "that run of it is over"),
        ({"name": "d"}, "it does not run"),
    ],
)
@in_loop
async def test_what_cannot_be_attached_to(lab: Lab, request_: dict[str, Any], message: str) -> None:
    """The container goes on."""
    pod = await lab.pod()
    await pod.request("start", container=container("sleep", "1000"))
    peer = Peer(lab, **request_)
    assert peer.failure["message"] == message
    peer.close()
    assert lab.journal("a", "exited") == []


@in_loop
async def test_no_descriptor_of_a_peer_stays(lab: Lab) -> None:
    """Neither when it is killed, nor when the run ends first."""
    pod = await lab.pod()

    def open_now() -> int:
        return len(os.listdir(f"/proc/{pod.pid}/fd"))

    before = open_now()
    await pod.request("start", container=container("cat", stdin=True))
    runs = open_now()
    peers = [Peer(lab, stdin=True) for _ in range(3)]
    peers.pop().close()
    peers.pop().close()
    eventually(lambda: open_now() == runs + 2)  # the connection, and its eventfd
    await pod.request("kill", name="c")
    lab.exits("a")
    peers.pop().close()
    eventually(lambda: open_now() == before)
