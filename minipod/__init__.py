"""minipod: Kubernetes pods as plain Linux processes.

    from minipod import Client

    with Client() as client:
        pod = client.run("web", ["python3", "-m", "http.server", "8080"])
        print(pod.exec(["hostname"]).stdout)

`import minipod` alone loads nothing: what is named here is loaded when it is asked for. Errors are
in `minipod.errors`, all of them a `MinipodError`.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from minipod.client.client import Client
    from minipod.client.manifests.outcomes import Outcome
    from minipod.client.manifests.sources import Source
    from minipod.client.pod import Pod
    from minipod.client.ports.port_forward import PortForward
    from minipod.client.values.completed import Completed
    from minipod.client.values.conflict import Party, PortConflict
    from minipod.client.values.container import Container
    from minipod.client.values.event import Event
    from minipod.client.values.host_port import HostPort
    from minipod.client.values.port import Port
    from minipod.client.views.logs import LogPiece
    from minipod.errors import MinipodError
    from minipod.model.submission import Action, Submission

__version__ = "0.1.0"

__all__ = [
    "Action",
    "Client",
    "Completed",
    "Container",
    "Event",
    "HostPort",
    "LogPiece",
    "MinipodError",
    "Outcome",
    "Party",
    "Pod",
    "Port",
    "PortConflict",
    "PortForward",
    "Source",
    "Submission",
    "__version__",
]

_HOMES = {
    "Action": "minipod.model.submission",
    "Client": "minipod.client.client",
    "Completed": "minipod.client.values.completed",
    "Container": "minipod.client.values.container",
    "Event": "minipod.client.values.event",
    "HostPort": "minipod.client.values.host_port",
    "LogPiece": "minipod.client.views.logs",
    "MinipodError": "minipod.errors",
    "Outcome": "minipod.client.manifests.outcomes",
    "Party": "minipod.client.values.conflict",
    "Pod": "minipod.client.pod",
    "Port": "minipod.client.values.port",
    "PortConflict": "minipod.client.values.conflict",
    "PortForward": "minipod.client.ports.port_forward",
    "Source": "minipod.client.manifests.sources",
    "Submission": "minipod.model.submission",
}


def __getattr__(name: str) -> object:
    """Load a public name from its home (PEP 562)."""
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module  # noqa: PLC0415

    value = getattr(import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
