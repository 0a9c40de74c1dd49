"""What the commands ask of the server, one method a question."""

from __future__ import annotations

import json
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from minipod.client.kinds import PODS, Where
from minipod.client.own import OWN, OwnApi
from minipod.client.wire import http
from minipod.client.wire.transport import JSON_TYPE
from minipod.errors import Expired, MinipodError, NotFound, Unavailable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from minipod.client.changes.deletion import Deletion
    from minipod.client.changes.patches import Patch
    from minipod.client.kinds import Kind
    from minipod.client.manifests.sources import Source
    from minipod.client.views.log_query import LogQuery
    from minipod.client.wire.transport import Transport
    from minipod.model.submission import Submission

    JSON = dict[str, Any]

DEFAULT_NAMESPACE = "default"
_DRY_RUN = "All"
_TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"


class Api:
    """The objects of one root's server: one method a request.

    Every method raises the MinipodError that the server's `Status` tells of.
    """

    def __init__(self, transport: Transport) -> None:
        self.root = transport.root
        self.own = OwnApi(transport)
        self._transport = transport

    def answers(self) -> bool:
        """Return whether a server listens."""
        return self._transport.answers()

    def starting_none(self) -> Api:
        """Return the same, but Unavailable where this one would start a server."""
        return Api(self._transport.starting_none())

    @contextmanager
    def _naming(self, kind: Kind, namespace: str, name: str) -> Iterator[None]:
        """Let NotFound say what there is instead of an object that is not there."""
        try:
            yield
        except NotFound as error:
            error.hint = error.hint or self._nearby(kind, namespace, name)
            raise

    def _nearby(self, kind: Kind, namespace: str, name: str) -> str | None:
        """Return what to try instead of an object that is not there; asked for after a mistake."""
        from minipod.client import nearby  # noqa: PLC0415 (only after a mistake)

        with suppress(MinipodError):
            return nearby.hint(kind, namespace, name, self.list_of(kind, Where(None))["items"])
        return None

    def raw(self, target: str) -> JSON:
        """Return the JSON that the server has at a path."""
        return self._transport.get(target)

    def raw_text(self, target: str) -> Iterator[bytes]:
        """Yield what the server answers at a path, as it comes."""
        return self._transport.send("GET", target, accept="*/*").chunks()

    # Objects of any kind

    def list_of(
        self, kind: Kind, where: Where, *, table: bool = False, include: str | None = None
    ) -> JSON:
        """Return Kubernetes' list of a kind, or the same as a `Table`.

        `include` says what a Table's rows hold of their objects: "Object" is all.
        """
        target = kind.collection(where.namespace) + where.query(includeObject=include)
        return self._transport.get(target, accept=_form(table=table))

    def get(
        self,
        kind: Kind,
        namespace: str,
        name: str,
        *,
        table: bool = False,
        include: str | None = None,
    ) -> JSON:
        """Return an object, or a `Table` of it alone, as `list_of` does. NotFound."""
        target = kind.item(namespace, name) + http.query({"includeObject": include})
        with self._naming(kind, namespace, name):
            return self._transport.get(target, accept=_form(table=table))

    def find(self, kind: Kind, namespace: str, name: str) -> JSON | None:
        """Return an object, or None where it is no mistake that there is none."""
        with suppress(NotFound):
            return self._transport.get(kind.item(namespace, name))
        return None

    def watch(
        self,
        kind: Kind,
        where: Where,
        after: str,
        *,
        table: bool = False,
        until: float | None = None,
    ) -> Iterator[JSON]:
        """Yield watch events after a resourceVersion, until the server ends the watch. Expired.

        TimeoutError once time.monotonic is `until`.
        """
        response = self.open_watch(kind, where, after, table=table)
        response.until = until
        for line in response.lines():
            event = json.loads(line)
            if event["type"] == "ERROR":
                from minipod.client.wire.statuses import error_from  # noqa: PLC0415 (seldom needed)

                raise error_from(event["object"])
            yield event

    def open_watch(
        self, kind: Kind, where: Where, after: str, *, table: bool = False
    ) -> http.Response:
        """Begin a watch; each line of the answer is an event."""
        target = kind.collection(where.namespace)
        target += where.query(watch="true", resourceVersion=after)
        return self._transport.send("GET", target, accept=_form(table=table))

    def create(self, kind: Kind, namespace: str, obj: JSON, *, dry_run: bool = False) -> JSON:
        """Create an object and return it; a pod once its first start is over.

        AlreadyExists, InvalidObject.
        """
        return self._transport.json("POST", kind.collection(namespace) + _dry(dry_run), obj)

    def replace(self, kind: Kind, namespace: str, obj: JSON, *, dry_run: bool = False) -> JSON:
        """Replace an object whole and return it.

        NotFound, InvalidObject; Conflict if its resourceVersion is set and is old.
        """
        name = obj["metadata"]["name"]
        with self._naming(kind, namespace, name):
            target = kind.item(namespace, name) + _dry(dry_run)
            return self._transport.json("PUT", target, obj)

    def patch(
        self, kind: Kind, namespace: str, name: str, patch: Patch, *, dry_run: bool = False
    ) -> JSON:
        """Change some of an object and return it. NotFound, InvalidObject, Conflict."""
        with self._naming(kind, namespace, name):
            parameters = {
                "dryRun": _DRY_RUN if dry_run else None,
                "fieldValidation": patch.unusual_validation,
            }
            target = kind.item(namespace, name) + http.query(parameters)
            return self._transport.json("PATCH", target, patch.body, content_type=patch.kind)

    def delete(
        self,
        kind: Kind,
        namespace: str,
        name: str,
        deletion: Deletion | None = None,
    ) -> JSON:
        """Begin an object's deletion and return it. NotFound; Conflict if its uid is another."""
        from minipod.client.changes.deletion import Deletion  # noqa: PLC0415 (seldom needed)

        options = (deletion or Deletion()).options()
        with self._naming(kind, namespace, name):
            return self._transport.json("DELETE", kind.item(namespace, name), options)

    # Pods

    def pods(self, namespace: str | None, selector: str | None = None) -> JSON:
        """Return the PodList of a namespace, or of all."""
        return self.list_of(PODS, Where(namespace, selector))

    def pod(self, namespace: str, name: str) -> JSON:
        """Return a Pod. NotFound."""
        return self.get(PODS, namespace, name)

    def delete_pod(
        self, namespace: str, name: str, *, grace: int | None = None, uid: str | None = None
    ) -> JSON:
        """Begin a pod's deletion and return the Pod. NotFound; Conflict if `uid` is another's."""
        from minipod.client.changes.deletion import Deletion  # noqa: PLC0415 (seldom needed)

        return self.delete(PODS, namespace, name, Deletion(grace, uid))

    def wait_gone(
        self,
        kind: Kind,
        namespace: str | None,
        left: set[str],
        after: str,
        *,
        until: float | None = None,
    ) -> None:
        """Wait until objects of these uids, there at resourceVersion `after`, are deleted.

        `left` loses each that is gone. TimeoutError once time.monotonic is `until`.
        """
        while left:
            try:
                for event in self.watch(kind, Where(namespace), after, until=until):
                    if event["type"] == "DELETED":
                        left.discard(event["object"]["metadata"]["uid"])
                    if not left:
                        return
            except (Expired, Unavailable):
                pass  # what was missed meanwhile shows in a list
            there = self.list_of(kind, Where(namespace))
            after = there["metadata"]["resourceVersion"]
            left &= {one["metadata"]["uid"] for one in there["items"]}

    def log(self, namespace: str, name: str, wanted: LogQuery) -> Iterator[bytes]:
        """Yield a container's log as it comes."""
        return self.open_log(namespace, name, wanted).chunks()

    def open_log(self, namespace: str, name: str, wanted: LogQuery) -> http.Response:
        """Begin to read a container's log. NotFound; BadRequest if there is none yet."""
        query = http.query(
            {
                "container": wanted.container,
                "follow": "true" if wanted.follow else None,
                "tailLines": wanted.tail,
                "sinceSeconds": wanted.since_seconds,
                "timestamps": "true" if wanted.timestamps else None,
                "previous": "true" if wanted.previous else None,
                "attempt": wanted.attempt,
                "sinceTime": wanted.since_time,
            }
        )
        with self._naming(PODS, namespace, name):
            return self._transport.send(
                "GET", PODS.item(namespace, name) + "/log" + query, accept="*/*"
            )

    # Manifests

    def submit(
        self, sources: Iterable[Source], namespace: str | None, wanted: Submission
    ) -> Iterator[JSON]:
        """Do with all that the sources hold what is wanted; yield what happens, in their order.

        Lines are {"type": "WARNING", "message"}, {"type": "ERROR", "status"}, and with an "object"
        the types CREATED, CONFIGURED, UNCHANGED, REPLACED; before one that replaces by force,
        DELETED of what was there. Of DIFF: MERGED, with what is there, if anything is, as "live".
        InvalidObject, with nothing done, if any document is bad.
        """
        query = http.query(
            {
                "namespace": namespace,
                "action": wanted.action,
                "strictPorts": "true" if wanted.strict_ports else None,
                "dryRun": _DRY_RUN if wanted.dry_run else None,
                "force": "true" if wanted.force else None,
                "gracePeriodSeconds": wanted.grace or None,
                "labelSelector": wanted.selector,
            }
        )
        target = OWN + "/manifests" + query
        for line in self._transport.send("POST", target, _manifests(sources)).lines():
            yield json.loads(line)

    def decode(self, sources: Iterable[Source], namespace: str | None) -> list[JSON]:
        """Return kind, namespace and name of each object in the sources."""
        target = OWN + "/decode" + http.query({"namespace": namespace})
        return list(self._transport.json("POST", target, _manifests(sources))["objects"])

    def lint(self, sources: Iterable[Source], namespace: str | None) -> list[JSON]:
        """Return all that is to be said of the sources; nothing is created."""
        target = OWN + "/lint" + http.query({"namespace": namespace})
        return list(self._transport.json("POST", target, _manifests(sources))["items"])

    # Ports

    def expose_ports(self, namespace: str, pod: str, ports: Iterable[str]) -> list[JSON]:
        """Have host ports lead to a pod; return them, read. NotFound, Conflict."""
        with self._naming(PODS, namespace, pod):
            body = {"ports": list(ports)}
            return list(self._transport.json("PUT", _host_ports(namespace, pod), body)["items"])

    def unexpose_ports(self, namespace: str, pod: str, ports: Iterable[str]) -> list[JSON]:
        """Close host ports that were added; return them, read. NotFound, Conflict."""
        with self._naming(PODS, namespace, pod):
            body = {"ports": list(ports)}
            return list(self._transport.json("DELETE", _host_ports(namespace, pod), body)["items"])

    def ports(self, namespace: str | None) -> list[JSON]:
        """Return the rows of `minipod ports` of a namespace, or of all."""
        return list(
            self._transport.get(OWN + "/ports" + http.query({"namespace": namespace}))["items"]
        )

    def ports_of(self, namespace: str, pod: str) -> list[JSON]:
        """Return the rows of `minipod ports POD`. NotFound."""
        query = http.query({"namespace": namespace, "pod": pod})
        with self._naming(PODS, namespace, pod):
            return list(self._transport.get(OWN + "/ports" + query)["items"])


def _dry(dry_run: bool) -> str:  # noqa: FBT001 (the one thing that it is about)
    return http.query({"dryRun": _DRY_RUN if dry_run else None})


def _form(*, table: bool) -> str:
    return _TABLE if table else JSON_TYPE


def _host_ports(namespace: str, pod: str) -> str:
    return OWN + http.path("namespaces", namespace, "pods", pod, "hostports")


def _manifests(sources: Iterable[Source]) -> JSON:
    return {
        "sources": [{"name": source.name, "text": source.text} for source in sources],
        "defaultNamespace": DEFAULT_NAMESPACE,
    }
