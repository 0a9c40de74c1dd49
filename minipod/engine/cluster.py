"""The network of one root: its fabric, its default node, and the addresses of the node's pods."""

from __future__ import annotations

import asyncio
import logging
import shutil
from ipaddress import IPv4Network
from typing import TYPE_CHECKING

from minipod.engine.pod_state import WIRED
from minipod.engine.publications import Publications
from minipod.engine.sandboxes import Order, Sandbox, Sandboxes
from minipod.errors import HostError
from minipod.plan import byhand
from minipod.plan.addresses import AddressPool, candidates
from minipod.plan.netns import fabric_names, node_names
from minipod.plan.network import NetworkPlan, NodePlan

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from ipaddress import IPv4Address

    from minipod.engine.hands import Hands
    from minipod.model.host_ports import HostPort
    from minipod.plan.host_ports import Publication

FABRIC_UID = "fabric"
NODE_UID = "node-0"
INFRASTRUCTURE = frozenset({FABRIC_UID, NODE_UID})

_BUCKET = "network"
_PLAN = "plan"
_POOL = "addresses"

_log = logging.getLogger(__name__)


class Cluster:
    """The fabric and the default node: built when the first pod needs them, rebuilt when lost.

    `on_lost` is called when one of them went: with True if it was the node, and with it every
    pod's link.
    """

    def __init__(
        self,
        hands: Hands,
        sandboxes: Sandboxes,
        wanted: IPv4Network | None,
        on_lost: Callable[[bool], None],
    ) -> None:
        self._hands = hands
        self._sandboxes = sandboxes
        self._wanted = wanted
        self._on_lost = on_lost
        self._building = asyncio.Lock()
        self._ready = False
        self._living: dict[str, Sandbox] = {}
        self.plan: NetworkPlan | None
        self.node: NodePlan | None
        """The default node's place; None until the network has been claimed."""
        self._settle(self._recorded_plan())
        self._pool: AddressPool | None = self._recorded_pool()
        self.publications = Publications(hands)

    @property
    def block(self) -> IPv4Network | None:
        """The pod network: the one that was claimed, else the one that was asked for."""
        return self.plan.cluster if self.plan else self._wanted

    @property
    def required_node(self) -> NodePlan:
        """The default node's place, for those who know that the network has been claimed."""
        node = self.node
        assert node is not None
        return node

    @property
    def netns_name(self) -> str:
        """The name of the default node's namespace in `ip netns list`, if it was free."""
        return node_names(self._hands.root, self._hands.node_name)[0]

    @property
    def fabric_name(self) -> str:
        """The name of the fabric's, if it was free."""
        return fabric_names(self._hands.root)[0]

    async def want(self, block: IPv4Network) -> IPv4Network:
        """Have the network at this block, unless it has been claimed; return where it is to be."""
        async with self._building:
            if self.plan is not None:
                return self.plan.cluster
            self._wanted = block
            return block

    async def ensure(self) -> tuple[str, ...]:
        """Have the network in place; return warnings of what was new or could not be had.

        HostError if it cannot be built; the next call tries again.
        """
        async with self._building:
            if self._ready:
                return ()
            warnings: list[str] = []
            plan = self.plan or await self._claim(warnings)
            node = self.required_node
            fabric = await self._namespace(FABRIC_UID)
            place = await self._namespace(NODE_UID)
            network = self._hands.network
            trace = self._hands.trace
            began = trace.begin()
            warnings += await network.ensure_fabric(plan, fabric)
            if trace.on:
                trace.tell(byhand.fabric(plan, self.fabric_name), began)
            began = trace.begin()
            await network.ensure_node(plan, node, fabric, place)
            if trace.on:
                trace.tell(byhand.node(plan, node, self.fabric_name, self.netns_name), began)
            # Both may have ended while the other was built.
            self._ready = len(self._living) == len(INFRASTRUCTURE)
            try:
                await self._write_publications()
            except HostError as error:
                warnings.append(f"host ports are not open: {error}")
            return tuple(warnings)

    def keep_only(self, pods: Collection[str]) -> None:
        """Give back the addresses of pods that are not there: their last record was lost, say."""
        for uid in self._pool.owners - set(pods) if self._pool else ():
            self.release(uid)

    async def look_again(self) -> None:
        """Record anew how the machine is without us: it has booted, and its settings with it."""
        if self.plan is not None:
            self._record_plan(self.plan, forwarding=await self._hands.network.forwarding())

    async def adopt(self) -> bool:
        """Take back fabric and node from an earlier server; return whether the node lives."""
        for uid in INFRASTRUCTURE:
            sandbox = await self._sandboxes.adopt(uid, self._folder(uid), _Part(self, uid))
            if sandbox is not None:
                self._living[uid] = sandbox
            else:
                await self._sandboxes.clear(uid)
        return NODE_UID in self._living

    async def connect(self, link: str, address: IPv4Address, pod: Sandbox) -> Sandbox:
        """Make a pod's link, anew if there is an old one; return the node that has it."""
        await self.ensure()
        node = self._living.get(NODE_UID)
        if node is None:
            raise self._node_ended()
        await self._hands.network.disconnect_pod(link, node)
        await self._hands.network.connect_pod(link, address, node, pod)
        return node

    def check(self, node: Sandbox) -> None:
        """Raise HostError if this is not the node any more: what was connected to it is lost."""
        if self._living.get(NODE_UID) is not node:
            raise self._node_ended()

    def _node_ended(self) -> HostError:
        return HostError(f"cannot connect to node {self._hands.node_name}: it has just ended")

    async def disconnect(self, link: str) -> None:
        """Remove a pod's link; nothing happens if it, or the node, is gone."""
        node = self._living.get(NODE_UID)
        if node is None:
            return
        await self._hands.network.disconnect_pod(link, node)
        if self._hands.trace.on:
            self._hands.trace.tell(byhand.link_removed(link, self.netns_name))

    async def publish(self, uid: str, publications: tuple[Publication, ...]) -> None:
        """Have these host ports lead to a pod, and no others. HostError: then none does.

        Those of all pods are written together: of several that wait, one writes.
        """
        if (
            publications == self.publications.of(uid)
            and self._ready
            and self.publications.are_written
        ):
            return
        self.publications.expect(uid, publications)
        began = self._hands.trace.begin()
        try:
            await self.ensure()
            async with self._building:
                await self._write_publications()
        except HostError:
            self.publications.expect(uid, ())
            raise
        if self._hands.trace.on and self.plan is not None:
            self._hands.trace.tell(byhand.published(self.plan, publications), began)

    async def cut_flows(self, ports: Collection[HostPort]) -> None:
        """Have the kernel forget where it leads flows to host ports; what it cannot is logged."""
        node = self._living.get(NODE_UID)
        if not ports or node is None:
            return
        try:
            await self._hands.network.cut_flows(self.required_node, node, ports)
        except HostError as error:
            _log.warning("%s", error)

    async def _write_publications(self) -> None:
        if self.publications.are_written:
            return
        node = self._living.get(NODE_UID)
        if self.plan is None or self.node is None or node is None:
            raise self._node_ended()
        await self.publications.write(self.plan, self.node, node)

    def address(self, uid: str) -> IPv4Address | None:
        """Return the address of a pod; None if it has none."""
        return self._pool.address(uid) if self._pool else None

    def assign(self, uid: str) -> IPv4Address | None:
        """Take an address for a pod, and record it; None if none is free."""
        assert self._pool is not None
        found = self._pool.allocate(uid)
        if found is None:
            return None
        self._keep(found[0])
        return found[1]

    def release(self, uid: str) -> None:
        """Give a pod's address back: it will be the last to be used again."""
        if self._pool is not None:
            self._keep(self._pool.release(uid))

    async def remove(self) -> None:
        """End node and fabric, and remove what the host has of them.

        HostError if something could not be removed: then it is known still, for the next try.
        """
        async with self._building:
            self._ready = False
            for uid in (NODE_UID, FABRIC_UID):
                sandbox = self._living.pop(uid, None)
                if sandbox is not None:
                    self._hands.network.forget(sandbox)
                    await sandbox.end()
                await self._sandboxes.clear(uid)
                shutil.rmtree(self._folder(uid), ignore_errors=True)
            # The host knows what this root has claimed, even if the root's folder was removed.
            claims = await self._hands.network.claimed(self._hands.root.id)
            for cidr, switched in claims.items():
                plan = NetworkPlan(self._hands.root.id, cidr)
                await self._hands.network.remove(plan, restore_forwarding=switched)
                if self._hands.trace.on:
                    self._hands.trace.tell(byhand.host_cleared(plan, forwarding=switched))
            if self.plan is not None and self.plan.cluster not in claims:
                record = self._hands.store.record(_BUCKET, _PLAN) or {}
                restore = record.get("forwarding") is False
                await self._hands.network.remove(self.plan, restore_forwarding=restore)
            self._settle(None)
            self._pool = None
            self.publications.forget()
            self._hands.store.drop_record(_BUCKET, _PLAN)
            self._hands.store.drop_record(_BUCKET, _POOL)

    def close(self) -> None:
        """Let go of the sandboxes; they live on."""
        for sandbox in self._living.values():
            self._hands.network.forget(sandbox)
            sandbox.close()
        self._living.clear()

    async def _claim(self, warnings: list[str]) -> NetworkPlan:
        hands = self._hands
        choices = list(candidates(self._wanted))
        cidr = await hands.network.claim(hands.root.id, choices)
        if cidr != choices[0]:
            warnings.append(f"this host already routes {choices[0]}: pods get addresses of {cidr}")
        forwarding = await hands.network.forwarding()
        plan = NetworkPlan(hands.root.id, cidr)
        self._record_plan(plan, forwarding=forwarding)
        self._settle(plan)
        self._keep(AddressPool.for_node(self.required_node.cidr))
        return plan

    def _settle(self, plan: NetworkPlan | None) -> None:
        """Take note of where the network is. Worked out once: each look at a pod asks for it."""
        self.plan = plan
        self.node = plan.node(self._hands.node_name, 0) if plan else None

    def _record_plan(self, plan: NetworkPlan, *, forwarding: bool) -> None:
        record = {"cluster": str(plan.cluster), "forwarding": forwarding}
        self._hands.store.put_record(_BUCKET, _PLAN, record)

    async def _namespace(self, uid: str) -> Sandbox:
        living = self._living.get(uid)
        if living is not None:
            return living
        await self._sandboxes.clear(uid)
        if uid == NODE_UID:
            self._forget_links()
        sandbox = await self._sandboxes.create(self._order(uid), _Part(self, uid))
        self._living[uid] = sandbox
        return sandbox

    def _forget_links(self) -> None:
        """Let no later server take the links of an earlier node for links of the next one."""
        store = self._hands.store
        with store.transaction():
            for pod in list(store.records(WIRED)):
                store.drop_record(WIRED, pod)

    def _order(self, uid: str) -> Order:
        root, node, folder = self._hands.root, self._hands.node_name, self._folder(uid)
        if uid == NODE_UID:
            return Order(uid, f"node {node}", folder, node, node_names(root, node))
        return Order(uid, "fabric", folder, "fabric", fabric_names(root))

    def lost(self, uid: str) -> None:
        """Take note that the fabric's or the node's sandbox ended unasked."""
        sandbox = self._living.pop(uid, None)
        if sandbox is None:
            return
        self._hands.network.forget(sandbox)
        sandbox.close()
        self._ready = False
        self.publications.lost()
        self._on_lost(uid == NODE_UID)

    def _folder(self, uid: str) -> str:
        root = self._hands.root
        return root.fabric_folder if uid == FABRIC_UID else root.node_folder(self._hands.node_name)

    def _recorded_plan(self) -> NetworkPlan | None:
        record = self._hands.store.record(_BUCKET, _PLAN)
        if record is None:
            return None
        return NetworkPlan(self._hands.root.id, IPv4Network(record["cluster"]))

    def _recorded_pool(self) -> AddressPool | None:
        record = self._hands.store.record(_BUCKET, _POOL)
        return None if record is None else AddressPool.from_record(record)

    def _keep(self, pool: AddressPool) -> None:
        self._pool = pool
        self._hands.store.put_record(_BUCKET, _POOL, pool.to_record())


class _Part:
    """The owner of the fabric's or the node's sandbox."""

    def __init__(self, cluster: Cluster, uid: str) -> None:
        self._cluster = cluster
        self._uid = uid

    def journal_grew(self, size: int) -> None:
        """Nothing of interest is in the journal of a namespace without containers."""

    def sandbox_closed(self) -> None:
        """Pass it on."""
        self._cluster.lost(self._uid)
