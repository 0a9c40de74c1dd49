"""After anything: take back what lives, and clear away what nobody owns.

The store names every pod; the uid of a pod names its folder, its cgroups and its record. What is
found there without a pod is a leftover of ours. After a reboot nothing lives: what an earlier boot
recorded of pids, links and names is dropped, and nothing is looked for by it.
"""

from __future__ import annotations

import asyncio
import os
import shutil
from typing import TYPE_CHECKING

from minipod.engine.cluster import INFRASTRUCTURE
from minipod.engine.housekeeping import remove_scratch
from minipod.engine.pod_state import JOURNALS, REPLACED, WIRED, PodState
from minipod.errors import HostError
from minipod.model.pod import view
from minipod.plan.lifecycle import SandboxState
from minipod.sandbox.protocol import SERVER_GROUP
from minipod.store.protocol import Key
from minipod.watcher.protocol import WATCHER_GROUP

if TYPE_CHECKING:
    from minipod.engine.cluster import Cluster
    from minipod.engine.hands import Hands
    from minipod.engine.host_ports import HostPorts
    from minipod.engine.sandboxes import Sandboxes
    from minipod.model.pod import JSON


_OURS = INFRASTRUCTURE | {SERVER_GROUP, WATCHER_GROUP}


async def recover(
    hands: Hands,
    cluster: Cluster,
    sandboxes: Sandboxes,
    host_ports: HostPorts,
    *,
    rebooted: bool,
) -> list[PodState]:
    """Return the state of every stored pod. HostError if not all can be taken back.

    `rebooted`: the store was last used in an earlier boot of the machine.
    """
    sandboxes.check_room()
    if rebooted:
        sandboxes.forget_pids()
    node_lives = await cluster.adopt()
    states = []
    for obj in hands.store.list("Pod"):
        meta = obj["metadata"]
        key = Key("Pod", meta["namespace"], meta["name"])
        state = PodState(key, meta["uid"], hands.root.pod_folder(meta["uid"]))
        state.replaced = hands.store.record(REPLACED, state.uid) or {}
        state.recall(hands.store.record(JOURNALS, state.uid) or 0)
        state.sandbox = await sandboxes.adopt(state.uid, state.folder, state)
        if state.sandbox is not None:
            state.stage = SandboxState.READY
            state.wired = node_lives and hands.store.record(WIRED, state.uid) is not None
        elif rebooted:
            await sandboxes.clear(state.uid)
            _take_note(hands, state, obj)
        elif state.uid in sandboxes.recorded():
            state.stage = SandboxState.LOST
        address = cluster.address(state.uid)
        if address is not None:
            host_ports.adopt(state, view(obj), address)
        states.append(state)
    known = {state.uid for state in states}
    await _sweep(hands, sandboxes, known | _OURS)
    cluster.keep_only(known)
    return states


def _take_note(hands: Hands, state: PodState, obj: JSON) -> None:
    """Have a pod's journal tell of the reboot. HostError."""
    try:
        state.rebooted(obj["status"], hands.machine.boot_id, hands.clock())
        remove_scratch(state.folder)
    except OSError as error:
        raise HostError(f"cannot write {state.folder}: {error.strerror}") from error


async def _sweep(hands: Hands, sandboxes: Sandboxes, known: set[str]) -> None:
    for uid in (sandboxes.recorded() | set(hands.cgroups.uids())) - known:
        await sandboxes.clear(uid)
    for uid in _listed(hands.root.pods) - known:
        await asyncio.to_thread(shutil.rmtree, hands.root.pod_folder(uid), ignore_errors=True)


def _listed(folder: str) -> set[str]:
    try:
        return set(os.listdir(folder))
    except FileNotFoundError:
        return set()
