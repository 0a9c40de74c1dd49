"""What the server is asked that Kubernetes has no words for: images, the network, the server."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from minipod.client.wire import http

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from minipod.client.wire.transport import Transport

    JSON = dict[str, Any]

OWN = "/apis/minipod.dev/v1"


class OwnApi:
    """The server of one root, beside its objects."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def doctor(self, *, measure: bool) -> JSON:
        """Return the report of `minipod doctor`."""
        return self._transport.get(
            OWN + "/doctor" + http.query({"measure": "true" if measure else None})
        )

    def images(self) -> dict[str, list[str]]:
        """Return which pattern of images runs which command."""
        return dict(self._transport.get(OWN + "/images")["images"])

    def map_image(self, pattern: str, command: Iterable[str]) -> None:
        """Let containers whose image matches `pattern` run `command`."""
        body = {"pattern": pattern, "command": list(command)}
        self._transport.send("PUT", OWN + "/images", body).read()

    def unmap_image(self, pattern: str) -> None:
        """Undo `map_image`. NotFound."""
        self._transport.send("DELETE", OWN + "/images" + http.query({"pattern": pattern})).read()

    def steps(self, asker: str) -> Iterator[JSON]:
        """Yield what is done to the kernel for the requests of `asker`, until `end_steps`."""
        target = OWN + "/trace" + http.query({"id": asker})
        response = self._transport.send("GET", target)  # from here on nothing is missed
        return map(json.loads, response.lines())

    def end_steps(self, asker: str) -> None:
        """Have the steps end, once all that were done have been told."""
        self._transport.send("DELETE", OWN + "/trace" + http.query({"id": asker})).read()

    def want_network(self, cidr: str) -> str:
        """Ask for pod addresses of this block; return the block that they are of."""
        return str(
            self._transport.json("PUT", OWN + "/network", {"clusterCIDR": cidr})["clusterCIDR"]
        )

    def info(self) -> JSON:
        """Return pid, socket, root and version of the server."""
        return self._transport.get(OWN + "/server")

    def version(self) -> JSON:
        """Return Kubernetes' version object."""
        return self._transport.get("/version")

    def stop(self) -> None:
        """Ask the server to end; pods run on."""
        self._transport.send("POST", OWN + "/server/stop").read()

    def purge(self) -> None:
        """Remove every pod and everything that minipod owns in this root."""
        self._transport.send("POST", OWN + "/purge").read()


def agree_on_network(own: OwnApi, cidr: str, warn: Callable[[str], None]) -> None:
    """Have a server that runs already know where pods' addresses are to be; warn if too late."""
    actual = own.want_network(cidr)
    if actual != cidr:
        warn(f"--cluster-cidr {cidr} is not used: pods get addresses of {actual} already")
