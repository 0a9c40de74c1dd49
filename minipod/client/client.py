"""What the commands ask of the server, one method a question."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

from minipod.client import http, unix
from minipod.client.kinds import PODS, Where
from minipod.client.words import reason
from minipod.errors import Expired, Forbidden, NotFound, Unavailable

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Iterable, Iterator

    from minipod.client.kinds import Kind
    from minipod.client.sources import Source

    JSON = dict[str, Any]

SOCKET = "server.sock"
DEFAULT_NAMESPACE = "default"
_JSON = "application/json"
_TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"
_OWN = "/apis/minipod.dev/v1"


class LogQuery(NamedTuple):
    """Which part of a container's log."""

    container: str
    follow: bool = False
    tail: int | None = None
    since_seconds: int | None = None
    timestamps: bool = False
    previous: bool = False


class Client:
    """The server of one root.

    `start` is called when no server answers, and is to return once one does; None: such a request
    is Unavailable. `warn` gets every warning that comes with an answer. Every method raises the
    MinipodError that the server's `Status` tells of.
    """

    def __init__(
        self,
        root: str,
        *,
        warn: Callable[[str], None],
        start: Callable[[], None] | None = None,
    ) -> None:
        self.root = root
        self._warn = warn
        self._start = start

    # Objects of any kind

    def list_of(self, kind: Kind, where: Where, *, table: bool = False) -> JSON:
        """Return Kubernetes' list of a kind, or the same as a `Table`."""
        target = kind.collection(where.namespace) + where.query()
        return self._get(target, accept=_TABLE if table else _JSON)

    def get(self, kind: Kind, namespace: str, name: str, *, table: bool = False) -> JSON:
        """Return an object, or a `Table` of it alone. NotFound."""
        with _naming(kind, namespace, name):
            return self._get(kind.item(namespace, name), accept=_TABLE if table else _JSON)

    def watch(self, kind: Kind, where: Where, after: str, *, table: bool = False) -> Iterator[JSON]:
        """Yield watch events after a resourceVersion, until the server ends the watch. Expired."""
        target = kind.collection(where.namespace)
        target += where.query(watch="true", resourceVersion=after)
        for line in self._send("GET", target, accept=_TABLE if table else _JSON).lines():
            event = json.loads(line)
            if event["type"] == "ERROR":
                from minipod.client.statuses import error_from  # noqa: PLC0415 (seldom needed)

                raise error_from(event["object"])
            yield event

    # Pods

    def pods(self, namespace: str | None, selector: str | None = None) -> JSON:
        """Return the PodList of a namespace, or of all."""
        return self.list_of(PODS, Where(namespace, selector))

    def pod(self, namespace: str, name: str) -> JSON:
        """Return a Pod. NotFound."""
        return self.get(PODS, namespace, name)

    def create_pod(self, namespace: str, pod: JSON) -> JSON:
        """Create a pod and return it when its first start is over. AlreadyExists, InvalidObject."""
        return self._json("POST", PODS.collection(namespace), pod)

    def delete_pod(
        self, namespace: str, name: str, *, grace: int | None = None, uid: str | None = None
    ) -> JSON:
        """Begin a pod's deletion and return the Pod. NotFound; Conflict if `uid` is another's."""
        options: JSON = {"apiVersion": "v1", "kind": "DeleteOptions"}
        if grace is not None:
            options["gracePeriodSeconds"] = grace
        if uid is not None:
            options["preconditions"] = {"uid": uid}
        with _naming(PODS, namespace, name):
            return self._json("DELETE", PODS.item(namespace, name), options)

    def wait_gone(self, namespace: str | None, uids: set[str], after: str) -> None:
        """Wait until the pods of these uids, there at resourceVersion `after`, are deleted."""
        left = set(uids)
        while left:
            try:
                for event in self.watch(PODS, Where(namespace), after):
                    if event["type"] == "DELETED":
                        left.discard(event["object"]["metadata"]["uid"])
                    if not left:
                        return
            except (Expired, Unavailable):
                pass  # what was missed meanwhile shows in a list
            pods = self.pods(namespace)
            after = pods["metadata"]["resourceVersion"]
            left &= {pod["metadata"]["uid"] for pod in pods["items"]}

    def log(self, namespace: str, name: str, wanted: LogQuery) -> Iterator[bytes]:
        """Yield a container's log as it comes."""
        query = http.query(
            {
                "container": wanted.container,
                "follow": "true" if wanted.follow else None,
                "tailLines": wanted.tail,
                "sinceSeconds": wanted.since_seconds,
                "timestamps": "true" if wanted.timestamps else None,
                "previous": "true" if wanted.previous else None,
            }
        )
        with _naming(PODS, namespace, name):
            return self._send(
                "GET", PODS.item(namespace, name) + "/log" + query, accept="*/*"
            ).chunks()

    # Manifests

    def create(
        self, sources: Iterable[Source], namespace: str | None, *, strict_ports: bool = False
    ) -> Iterator[JSON]:
        """Create all that the sources hold; yield what happens, in the order of the documents.

        Lines are {"type": "WARNING", "message"}, {"type": "CREATED", "object"} and
        {"type": "ERROR", "status"}. InvalidObject, with nothing created, if any document is bad;
        with `strict_ports` one is, if a port stands in it twice.
        """
        strict = "true" if strict_ports else None
        query = http.query({"namespace": namespace, "strictPorts": strict})
        target = _OWN + "/manifests" + query
        for line in self._send("POST", target, _manifests(sources)).lines():
            yield json.loads(line)

    def decode(self, sources: Iterable[Source], namespace: str | None) -> list[JSON]:
        """Return kind, namespace and name of each object in the sources."""
        target = _OWN + "/decode" + http.query({"namespace": namespace})
        return list(self._json("POST", target, _manifests(sources))["objects"])

    def lint(self, sources: Iterable[Source], namespace: str | None) -> list[JSON]:
        """Return all that is to be said of the sources; nothing is created."""
        target = _OWN + "/lint" + http.query({"namespace": namespace})
        return list(self._json("POST", target, _manifests(sources))["items"])

    # minipod's own

    def expose_ports(self, namespace: str, pod: str, ports: Iterable[str]) -> list[JSON]:
        """Have host ports lead to a pod; return them, read. NotFound, Conflict."""
        with _naming(PODS, namespace, pod):
            body = {"ports": list(ports)}
            return list(self._json("PUT", _host_ports(namespace, pod), body)["items"])

    def unexpose_ports(self, namespace: str, pod: str, ports: Iterable[str]) -> list[JSON]:
        """Close host ports that were added; return them, read. NotFound, Conflict."""
        body = {"ports": list(ports)}
        return list(self._json("DELETE", _host_ports(namespace, pod), body)["items"])

    def ports(self, namespace: str | None) -> list[JSON]:
        """Return the rows of `minipod ports` of a namespace, or of all."""
        return list(self._get(_OWN + "/ports" + http.query({"namespace": namespace}))["items"])

    def ports_of(self, namespace: str, pod: str) -> list[JSON]:
        """Return the rows of `minipod ports POD`. NotFound."""
        query = http.query({"namespace": namespace, "pod": pod})
        with _naming(PODS, namespace, pod):
            return list(self._get(_OWN + "/ports" + query)["items"])

    def doctor(self, *, measure: bool) -> JSON:
        """Return the report of `minipod doctor`."""
        return self._get(_OWN + "/doctor" + http.query({"measure": "true" if measure else None}))

    def images(self) -> dict[str, list[str]]:
        """Return which pattern of images runs which command."""
        return dict(self._get(_OWN + "/images")["images"])

    def map_image(self, pattern: str, command: Iterable[str]) -> None:
        """Let containers whose image matches `pattern` run `command`."""
        body = {"pattern": pattern, "command": list(command)}
        self._send("PUT", _OWN + "/images", body).read()

    def unmap_image(self, pattern: str) -> None:
        """Undo `map_image`. NotFound."""
        self._send("DELETE", _OWN + "/images" + http.query({"pattern": pattern})).read()

    def want_network(self, cidr: str) -> str:
        """Ask for pod addresses of this block; return the block that they are of."""
        return str(self._json("PUT", _OWN + "/network", {"clusterCIDR": cidr})["clusterCIDR"])

    def server(self) -> JSON:
        """Return pid, socket, root and version of the server."""
        return self._get(_OWN + "/server")

    def version(self) -> JSON:
        """Return Kubernetes' version object."""
        return self._get("/version")

    def stop_server(self) -> None:
        """Ask the server to end; pods run on."""
        self._send("POST", _OWN + "/server/stop").read()

    def purge(self) -> None:
        """Remove every pod and everything that minipod owns in this root."""
        self._send("POST", _OWN + "/purge").read()

    def answers(self) -> bool:
        """Return whether a server listens."""
        try:
            unix.connect(self.root, SOCKET).close()
        except (FileNotFoundError, ConnectionRefusedError):
            return False
        return True

    # Transport

    def _get(self, target: str, *, accept: str = _JSON) -> JSON:
        return self._load(self._send("GET", target, accept=accept))

    def _json(self, method: str, target: str, body: JSON) -> JSON:
        return self._load(self._send(method, target, body))

    @staticmethod
    def _load(response: http.Response) -> JSON:
        try:
            loaded: JSON = json.loads(response.read())
        except ValueError as error:
            raise Unavailable(f"cannot read the server's answer: {error}") from error
        return loaded

    def _send(
        self, method: str, target: str, body: JSON | None = None, *, accept: str = _JSON
    ) -> http.Response:
        headers = {"Accept": accept}
        if body is not None:
            headers["Content-Type"] = _JSON
        data = b"" if body is None else json.dumps(body).encode()
        response = http.send(self._connect(), method, target, headers, data)
        for warning in response.warnings:
            self._warn(warning)
        if response.status >= 400:
            from minipod.client.statuses import error_of  # noqa: PLC0415 (seldom needed)

            raise error_of(response)
        return response

    def _connect(self) -> socket.socket:
        try:
            return unix.connect(self.root, SOCKET)
        except (FileNotFoundError, ConnectionRefusedError) as error:
            if self._start is None:
                raise Unavailable(f"no server runs for {self.root}") from error
        except PermissionError as error:
            raise Forbidden(f"cannot connect to {self.root}/{SOCKET}: permission denied") from error
        except OSError as error:
            raise _unreachable(self.root, error) from error
        self._start()
        try:
            return unix.connect(self.root, SOCKET)
        except OSError as error:
            raise _unreachable(self.root, error) from error


def _unreachable(root: str, error: OSError) -> Unavailable:
    return Unavailable(f"cannot connect to {root}/{SOCKET}: {reason(error)}")


@contextmanager
def _naming(kind: Kind, namespace: str, name: str) -> Iterator[None]:
    """Let NotFound say where an object was looked for, which Kubernetes' own words leave out."""
    try:
        yield
    except NotFound as error:
        where = f' in namespace "{namespace}"' if kind.namespaced else ""
        message = f'{kind.singular} "{name}" not found{where}'
        raise NotFound(message, hint=error.hint) from error


def _host_ports(namespace: str, pod: str) -> str:
    return _OWN + http.path("namespaces", namespace, "pods", pod, "hostports")


def _manifests(sources: Iterable[Source]) -> JSON:
    return {
        "sources": [{"name": source.name, "text": source.text} for source in sources],
        "defaultNamespace": DEFAULT_NAMESPACE,
    }
