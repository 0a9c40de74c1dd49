"""What the commands read from a Pod object: its containers, their states, its named ports."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from minipod.errors import BadRequest, NotFound

if TYPE_CHECKING:
    from collections.abc import Iterator

    JSON = dict[str, Any]

START_ERROR = "StartError"
"""The reason of an end before the program began."""


def key(pod: JSON) -> tuple[str, str]:
    """Return namespace and name."""
    return pod["metadata"]["namespace"], pod["metadata"]["name"]


def reference(obj: JSON) -> str:
    """Return an object as kubectl names it: `pod/web`; its name may be still to be made."""
    group = obj.get("apiVersion", "").rpartition("/")[0]
    kind = f"{obj['kind']}.{group}" if group else obj["kind"]
    return f"{kind.lower()}/{obj['metadata'].get('name', '<unknown>')}"


def container_names(pod: JSON) -> list[str]:
    """Return the names of the pod's containers, in order."""
    return [container["name"] for container in pod["spec"]["containers"]]


def chosen_container(pod: JSON, wanted: str | None) -> str:
    """Return the name of the container that is wanted; None is the first. NotFound."""
    return container_names(pod)[0] if wanted is None else require_container(pod, wanted)


def require_container(pod: JSON, name: str) -> str:
    """Return the name if the pod has such a container, else raise NotFound."""
    names = container_names(pod)
    if name not in names:
        from minipod.client.text.nearest import did_you_mean  # noqa: PLC0415 (only after a mistake)

        meant = did_you_mean(name, names)
        raise NotFound(
            f'container "{name}" not found in pod "{key(pod)[1]}"',
            hint=f"{f'{meant} ' if meant else ''}its containers: {', '.join(names)}",
        )
    return name


def port_number(pod: JSON, port: str) -> int:
    """Return a port's number, given as a number or as the name that a container declares."""
    if port.isdecimal():
        return int(port)
    for container in pod["spec"]["containers"]:
        for declared in container.get("ports", ()):
            if declared.get("name") == port:
                return int(declared["containerPort"])
    raise BadRequest(f'pod "{key(pod)[1]}" declares no port named "{port}"')


def why_not_running(pod: JSON, container: str) -> str:
    """Return the reason, and the message if there is one, of a container that does not run."""
    status = pod.get("status", {})
    for one in status.get("containerStatuses", ()):
        if one["name"] == container:
            why = _state(one.get("state", {}))
            ended = _state(one.get("lastState", {})) if one.get("lastState") else ""
            return f"{why}; its last run: {ended}" if ended else why
    return f"the pod is {status.get('phase', 'Pending')}"


def waiting(pod: JSON, reason: str) -> Iterator[tuple[str, str]]:
    """Yield name and message of each container that waits for this reason."""
    for one in pod.get("status", {}).get("containerStatuses", ()):
        state = one.get("state", {}).get("waiting", {})
        if state.get("reason") == reason:
            yield one["name"], state.get("message", "")


def unplaced(pod: JSON) -> str | None:
    """Return why the pod has no place; None if it has one."""
    for condition in pod.get("status", {}).get("conditions", ()):
        if condition["type"] == "PodScheduled" and condition["status"] == "False":
            return str(condition.get("message", condition.get("reason")))
    return None


def unfit_host(pod: JSON) -> list[str]:
    """Return what of the machine keeps the pod from coming up, as far as the server sees."""
    for condition in pod.get("status", {}).get("conditions", ()):
        if condition["type"] == "minipod.dev/HostReady" and condition["status"] == "False":
            return str(condition["message"]).splitlines()
    return []


def has_run(pod: JSON, container: str) -> bool:
    """Return whether a container was started once, or somebody tried."""
    for one in pod.get("status", {}).get("containerStatuses", ()):
        if one["name"] == container:
            return one.get("state", {}).keys() != {"waiting"} or bool(one.get("lastState"))
    return False


def cannot_start(pod: JSON) -> Iterator[tuple[str, str]]:
    """Yield name and message of each container whose program could not be started."""
    for one in pod.get("status", {}).get("containerStatuses", ()):
        for state in (one.get("state", {}), one.get("lastState", {})):
            ended = state.get("terminated", {})
            if ended.get("reason") == START_ERROR:
                yield one["name"], ended.get("message", "")


def _state(state: JSON) -> str:
    for kind in ("waiting", "terminated"):
        if kind in state:
            told = state[kind]
            words = [told.get("reason"), told.get("message")]
            if not told.get("message") and "exitCode" in told:
                words.append(f"exit code {told['exitCode']}")
            return ": ".join(word for word in words if word) or kind
    return "it has just ended"
