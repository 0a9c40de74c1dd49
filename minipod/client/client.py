"""The library's way in: pods of one root, in one namespace."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Self

from minipod.client.api import DEFAULT_NAMESPACE, Api
from minipod.client.kinds import NAMESPACES, PODS, Where
from minipod.client.wire.transport import Transport

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from minipod.client.manifests.outcomes import Outcome
    from minipod.client.manifests.sources import Source
    from minipod.client.pod import Pod
    from minipod.client.ports.port_forward import PortForward
    from minipod.client.values.conflict import PortConflict
    from minipod.client.values.event import Event
    from minipod.client.values.host_port import HostPort
    from minipod.client.values.port import Port
    from minipod.client.views.logs import LogPiece
    from minipod.model.submission import Submission

    JSON = dict[str, Any]

DEFAULT_ROOT = "/var/lib/minipod"
ROOT_VARIABLE = "MINIPOD_ROOT"


class Client:
    """Pods of one root. Each method is a request of its own: threads may share a client.

    `root` is the folder of the instance: $MINIPOD_ROOT, or /var/lib/minipod. `namespace` is where
    pods are made and looked for, "default" if none is given. `start`: a server is started if none
    answers; else that is Unavailable. `cluster_cidr` is where a new root's pods get addresses.
    `warn` gets the server's warnings, one line each; they go to the logger "minipod" without it.

    Every method may raise the errors of `minipod.errors`; those that are its own are named there.
    """

    def __init__(
        self,
        root: str | os.PathLike[str] | None = None,
        *,
        namespace: str | None = None,
        start: bool = True,
        cluster_cidr: str | None = None,
        warn: Callable[[str], None] | None = None,
    ) -> None:
        folder = os.path.abspath(root or os.environ.get(ROOT_VARIABLE) or DEFAULT_ROOT)
        warn = warn or _log

        def start_server() -> None:
            from minipod.client.server.start import start as start_at

            start_at(folder, cluster_cidr, warn)

        api = Api(Transport(folder, warn=warn, start=start_server if start else None))
        if start and cluster_cidr is not None:
            from minipod.client.own import agree_on_network

            agree_on_network(api.own, cluster_cidr, warn)
        self._stand_on(api, namespace, warn)

    @classmethod
    def of(cls, api: Api, *, namespace: str | None, warn: Callable[[str], None]) -> Self:
        """Return a client that asks by this API."""
        client = cls.__new__(cls)
        client._stand_on(api, namespace, warn)  # noqa: SLF001 (our own)
        return client

    def _stand_on(self, api: Api, namespace: str | None, warn: Callable[[str], None]) -> None:
        self.root = api.root
        self.api = api
        """The requests one by one, for what this class has no method for."""
        self.forwards: set[PortForward] = set()
        """The port-forwards that are open."""
        self.warn = warn
        """Who gets warnings."""
        self._given_namespace = namespace

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<Client {self.root} {self.namespace}>"

    @property
    def namespace(self) -> str:
        """Where pods are looked for."""
        return self._given_namespace or DEFAULT_NAMESPACE

    def close(self) -> None:
        """Close the port-forwards that are open. Pods and server run on."""
        for forward in list(self.forwards):
            forward.close()

    # Making pods

    def create(self, manifest: Mapping[str, Any]) -> Pod:
        """Create a pod from a Kubernetes v1 Pod, and return it once its first start is over.

        AlreadyExists; InvalidObject if anything is wrong with it: then nothing was created.
        """
        metadata = manifest.get("metadata") or {}
        namespace = self._given_namespace or metadata.get("namespace") or DEFAULT_NAMESPACE
        return self._pod(self.api.create(PODS, namespace, dict(manifest)))

    def create_from(self, *files: str | os.PathLike[str]) -> list[Pod]:
        """Create the pods of YAML or JSON files, and of all such files in folders.

        InvalidObject names file, line and column of all that is wrong: then nothing was created.
        If one pod fails later (AlreadyExists, say), the others are there.
        """
        from minipod.model.submission import Action, Submission

        return self._pods_of(self.submit(Submission(Action.CREATE), *files))

    def apply(self, manifest: Mapping[str, Any]) -> Pod:
        """Create a pod, or change the one of its name into what the manifest says.

        InvalidObject if anything is wrong with it, or if it changes what cannot be changed.
        """
        from minipod.model.submission import Action, Submission

        return self._submit_one(Submission(Action.APPLY), manifest)

    def apply_from(self, *files: str | os.PathLike[str]) -> list[Pod]:
        """Do the same with the pods of files, as `minipod apply -f` does."""
        from minipod.model.submission import Action, Submission

        return self._pods_of(self.submit(Submission(Action.APPLY), *files))

    def replace(self, manifest: Mapping[str, Any], *, force: bool = False, grace: int = 0) -> Pod:
        """Replace a pod by what the manifest says, whole.

        NotFound; Conflict if it has a resourceVersion, and the pod has changed since. `force`: the
        pod is ended, within `grace` seconds, and made anew: it may differ in every field.
        """
        from minipod.model.submission import Action, Submission

        return self._submit_one(Submission(Action.REPLACE, force=force, grace=grace), manifest)

    def replace_from(
        self, *files: str | os.PathLike[str], force: bool = False, grace: int = 0
    ) -> list[Pod]:
        """Do the same with the pods of files, as `minipod replace -f` does."""
        from minipod.model.submission import Action, Submission

        wanted = Submission(Action.REPLACE, force=force, grace=grace)
        return self._pods_of(self.submit(wanted, *files))

    def submit(
        self, wanted: Submission, *files: str | os.PathLike[str] | Source, recursive: bool = False
    ) -> Iterator[Outcome]:
        """Do with all objects of files what is wanted; yield what became of each, as it happens.

        A file may be a folder, with `recursive` and all in it, a URL, "-" for stdin, or a text with
        the name that errors call it by, a Source. BadRequest if one cannot be read; InvalidObject
        as `create_from`. What fails later is an outcome. Nothing is done before one is asked for.
        """
        from minipod.client.manifests.outcomes import outcomes
        from minipod.client.manifests.sources import read

        sources = read(files, recursive=recursive)
        return outcomes(self.api.submit(sources, self._given_namespace, wanted), self.warn)

    def run(  # noqa: PLR0913 (a keyword each)
        self,
        name: str,
        command: Sequence[str] = (),
        *,
        image: str | None = None,
        port: int | None = None,
        env: Mapping[str, str] | None = None,
        labels: Mapping[str, str] | None = None,
        restart: str = "Always",
    ) -> Pod:
        """Create a pod of one container that runs a command, as `minipod run` does.

        Without a command it runs what `image` is mapped to. `port` is declared; `restart` is
        Always, OnFailure or Never.
        """
        from minipod.client.manifests import podbuild
        from minipod.client.streams.command import words

        manifest = podbuild.pod(
            name,
            namespace=self._given_namespace,
            command=words(command) if command else (),
            image=image,
            port=port,
            env=env or {},
            labels=labels or {},
            restart=restart,
        )
        return self.create(manifest)

    # Finding pods

    def get(self, name: str) -> Pod:
        """Return a pod. NotFound."""
        return self._pod(self.api.pod(self.namespace, name))

    def pods(self, selector: str | None = None, *, all_namespaces: bool = False) -> list[Pod]:
        """Return the pods that have these labels ("app=web,tier!=cache"), or all."""
        listed = self.api.pods(self._within(all_namespaces), selector)["items"]
        kind = {"apiVersion": PODS.api_version, "kind": PODS.name}
        return [self._pod(kind | raw) for raw in listed]

    def in_namespace(self, namespace: str) -> Client:
        """Return a client of the same root that works in another namespace."""
        other = self.of(self.api, namespace=namespace, warn=self.warn)
        other.forwards = self.forwards
        return other

    def namespaces(self) -> list[str]:
        """Return the names of all namespaces."""
        listed = self.api.list_of(NAMESPACES, Where(None))["items"]
        return [one["metadata"]["name"] for one in listed]

    # Looking at several, or at a whole namespace

    def stream_logs(
        self,
        *sources: Pod | tuple[Pod, str],
        follow: bool = False,
        previous: bool = False,
        tail: int | None = None,
        since: int | None = None,
        timestamps: bool = False,
        lines: bool = True,
    ) -> Iterator[LogPiece]:
        """Yield what containers wrote: of all of a pod, or of one, `(pod, "name")`.

        With `follow` it goes on until all have ended, side by side; to leave the loop before that
        is fine. Else one comes after the other. Each piece is a line; without `lines` it is what
        came at once, which is quicker. The other words are those of `Pod.logs`.
        """
        from minipod.client.views import logs
        from minipod.client.views.log_query import LogQuery

        query = LogQuery("", follow, tail, since, timestamps, previous)
        return logs.read(self.api, logs.origins_of(sources), query, lines=lines)

    def ports(self, pod: str | None = None, *, all_namespaces: bool = False) -> list[Port]:
        """Return who listens on what, and what is declared: in the namespace, or a pod of it.

        NotFound if there is no such pod.
        """
        from minipod.client.values.port import Port

        if pod is not None:
            return [Port.of(row) for row in self.api.ports_of(self.namespace, pod)]
        return [Port.of(row) for row in self.api.ports(self._within(all_namespaces))]

    def conflicts(self, *, all_namespaces: bool = False) -> list[PortConflict]:
        """Return the port conflicts of the namespace, newest last."""
        from minipod.client.views import happenings

        return happenings.conflicts(self.api, Where(self._within(all_namespaces)))

    def events(self, *, all_namespaces: bool = False) -> list[Event]:
        """Return what happened in the namespace, newest last."""
        from minipod.client.views import happenings

        return happenings.events(self.api, Where(self._within(all_namespaces)))

    def wait(
        self,
        pods: Iterable[Pod],
        condition: str | Callable[[Pod], bool] = "condition=Ready",
        *,
        timeout: float = 30.0,
    ) -> list[Pod]:
        """Wait until a condition holds for each pod; return them as they were then.

        As `Pod.wait`, with one `timeout` for all. TimedOut names those that it does not hold for.
        """
        from minipod.client.waits import pods as waits

        return waits.wait(self.api, list(pods), condition, timeout)

    # Ports of this machine

    def expose(self, pod: str, *ports: str) -> list[HostPort]:
        """Let ports of this machine, [IP:]HOST:POD[/udp], lead to a pod until it ends; return them.

        NotFound; Conflict if one is taken, or the pod does not run.
        """
        from minipod.client.values.host_port import HostPort

        return [HostPort.of(one) for one in self.api.expose_ports(self.namespace, pod, ports)]

    def unexpose(self, pod: str, *ports: str) -> list[HostPort]:
        """Undo that; return what was closed. NotFound; Conflict if one does not lead there."""
        from minipod.client.values.host_port import HostPort

        return [HostPort.of(one) for one in self.api.unexpose_ports(self.namespace, pod, ports)]

    # Ending

    def delete(self, *pods: Pod | str, grace: int | None = None, wait: bool = True) -> None:
        """End pods, all at once: SIGTERM, and SIGKILL after `grace` seconds, or their own time.

        A name means one of the namespace. `wait`: return when all are gone. NotFound; Conflict if
        another pod has one's name.
        """
        from minipod.client.waits import deletion

        ending = [self._begin_end(pod, grace) for pod in pods]
        if wait:
            deletion.wait(self.api, ending)

    def delete_namespace(self, name: str, *, wait: bool = True) -> None:
        """End a namespace and all pods in it; `wait`: return when all are gone. NotFound."""
        from minipod.client.waits import deletion

        ending = self.api.delete(NAMESPACES, "", name)
        if wait:
            deletion.wait(self.api, [ending])

    def purge(self) -> None:
        """Remove every pod of every namespace, and all that the root has on this machine."""
        self.api.own.purge()

    def stop(self) -> None:
        """Stop the server, if one runs, and wait until it has ended; pods run on."""
        from minipod.client.server.stop import stop

        stop(self.api)

    def _pod(self, raw: JSON) -> Pod:
        from minipod.client.pod import Pod

        return Pod(self, raw)

    def _begin_end(self, pod: Pod | str, grace: int | None) -> JSON:
        if isinstance(pod, str):
            return self.api.delete_pod(self.namespace, pod, grace=grace)
        return self.api.delete_pod(pod.namespace, pod.name, grace=grace, uid=pod.uid)

    def _within(self, every: bool) -> str | None:  # noqa: FBT001 (the one thing that it is about)
        return None if every else self.namespace

    def _submit_one(self, wanted: Submission, manifest: Mapping[str, Any]) -> Pod:
        import json

        from minipod.client.manifests.sources import Source

        (pod,) = self._pods_of(self.submit(wanted, Source("manifest", json.dumps(manifest))))
        return pod

    def _pods_of(self, found: Iterable[Outcome]) -> list[Pod]:
        from minipod.client.manifests.outcomes import made

        return [self._pod(raw) for raw in made(found, PODS.name)]


def _log(text: str) -> None:
    """Give a warning to who listens to this library."""
    import logging

    logging.getLogger("minipod").warning(text)
