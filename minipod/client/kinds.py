"""The kinds of objects that there are to look at, and their names."""

from __future__ import annotations

from typing import NamedTuple

from minipod.client.wire import http


class Kind(NamedTuple):
    """A kind: its name in objects, and those in paths and on command lines.

    `group` is the API's group: "" is Kubernetes' own core.
    """

    name: str
    plural: str
    short: str
    namespaced: bool = True
    group: str = ""
    version: str = "v1"

    @property
    def singular(self) -> str:
        """What one is called."""
        return self.name.lower()

    @property
    def qualified(self) -> str:
        """What one is called where kinds of several groups meet: `pod`, `kind.group`."""
        return f"{self.singular}.{self.group}" if self.group else self.singular

    @property
    def api_version(self) -> str:
        """Group and version, as an object names them."""
        return f"{self.group}/{self.version}" if self.group else self.version

    def collection(self, namespace: str | None) -> str:
        """Return the path of a namespace's objects, or of all."""
        above = ("apis", self.group, self.version) if self.group else ("api", self.version)
        if namespace is None or not self.namespaced:
            return http.path(*above, self.plural)
        return http.path(*above, "namespaces", namespace, self.plural)

    def item(self, namespace: str, name: str) -> str:
        """Return the path of one object."""
        return self.collection(namespace) + http.path(name)


class Where(NamedTuple):
    """Which objects of a kind: of a namespace (None: all), with these labels and these fields."""

    namespace: str | None
    labels: str | None = None
    fields: str | None = None

    def query(self, **more: str | None) -> str:
        """Return the parameters of a request."""
        return http.query({"labelSelector": self.labels, "fieldSelector": self.fields, **more})


PODS = Kind("Pod", "pods", "po")
EVENTS = Kind("Event", "events", "ev")
NODES = Kind("Node", "nodes", "no", namespaced=False)
NAMESPACES = Kind("Namespace", "namespaces", "ns", namespaced=False)
CONFLICTS = Kind("PortConflict", "portconflicts", "conflicts", group="minipod.dev")
POD_METRICS = Kind("PodMetrics", "pods", "po", group="metrics.k8s.io", version="v1beta1")
NODE_METRICS = POD_METRICS._replace(
    name="NodeMetrics", plural="nodes", short="no", namespaced=False
)

KINDS = (PODS, EVENTS, NODES, NAMESPACES, CONFLICTS)
CHANGEABLE = (PODS, NAMESPACES)
"""Those that are a user's to change and to delete."""

BY_WORD = {
    word: kind
    for kind in KINDS
    for word in (
        kind.plural,
        kind.singular,
        kind.short,
        kind.qualified,
        f"{kind.plural}.{kind.group}" if kind.group else kind.plural,
        f"{kind.plural}.{kind.version}.{kind.group}",
    )
}
"""The kinds by every word for them."""

CATEGORIES = {"all": (PODS,)}
"""Words that stand for several kinds."""
