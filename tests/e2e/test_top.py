"""`top`: what the kernel counts of programs that spin, and that hold memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.support.manifests import container, pod
from tests.support.wait import eventually

if TYPE_CHECKING:
    from tests.support.command import Minipod

SPIN = ["sh", "-c", "while :; do :; done"]
HOLD = ["python3", "-c", "held = bytearray(64 << 20)\nimport time\ntime.sleep(1000)"]


def test_who_spins_and_who_holds_memory_can_be_seen(minipod: Minipod) -> None:
    minipod.create(pod("web", container("spin", SPIN), container("hold", HOLD)))

    def used() -> dict[str, tuple[int, int]]:
        rows = [
            line.split()
            for line in minipod.ok("top", "pods", "--containers", "--no-headers").splitlines()
        ]
        return {
            row[1]: (int(row[2].removesuffix("m")), int(row[3].removesuffix("Mi"))) for row in rows
        }

    def both() -> bool:
        (spins, small), (idles, large) = used()["spin"], used()["hold"]
        assert 50 <= spins <= 1100
        assert idles < spins / 2
        assert small < 16
        assert 64 <= large < 96
        return True

    eventually(both)
    node = minipod.ok("top", "nodes", "--no-headers").split()
    assert node[0] == minipod.json("get", "nodes")["items"][0]["metadata"]["name"]
    assert int(node[1].removesuffix("m")) >= 50
