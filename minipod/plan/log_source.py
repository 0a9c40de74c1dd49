"""Which log a client means: the kubelet's rules (validateContainerLogStatus), and its words."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from minipod.errors import BadRequest

if TYPE_CHECKING:
    from minipod.model.pod import JSON


class LogSource(NamedTuple):
    """One attempt of a container, and whether it is over: nothing more will be written."""

    container: str
    attempt: int
    over: bool


def choose(
    pod: JSON, container: str, *, previous: bool = False, attempt: int | None = None
) -> LogSource:
    """Return the log of a container (empty: of the only one). BadRequest if there is none yet.

    With `attempt`, minipod's own addition, the log of exactly that run.
    """
    name = pod["metadata"]["name"]
    names = [each["name"] for each in pod["spec"]["containers"]]
    if not container:
        if len(names) > 1:
            raise BadRequest(
                f"a container name must be specified for pod {name}, "
                f"choose one of: [{' '.join(names)}]"
            )
        container = names[0]
    if container not in names:
        raise BadRequest(
            f"container {container} is not valid for pod {name}",
            hint=f"choose one of: {', '.join(names)}",
        )
    if attempt is not None:
        source = LogSource(container, attempt, over=False)
        return source._replace(over=is_over(pod, source))
    status = _status(pod, container)
    if previous:
        return _previous(status, container, name)
    state = status.get("state") or {}
    attempt = status.get("restartCount", 0)
    if "running" in state:
        return LogSource(container, attempt, over=False)
    if "terminated" in state or _last(status) is not None:
        return LogSource(container, attempt, over=True)
    reason = (state.get("waiting") or {}).get("reason") or "ContainerCreating"
    raise BadRequest(f'container "{container}" in pod "{name}" is waiting to start: {reason}')


def _previous(status: JSON, container: str, pod: str) -> LogSource:
    if _last(status) is None:
        raise BadRequest(f'previous terminated container "{container}" in pod "{pod}" not found')
    attempt = status.get("restartCount", 0)
    # A container that waits for its restart has no other attempt than the one that ended.
    backing_off = "waiting" in (status.get("state") or {})
    return LogSource(container, attempt if backing_off else attempt - 1, over=True)


def is_over(pod: JSON, source: LogSource) -> bool:
    """Return whether an attempt is over in a later state of its pod."""
    status = _status(pod, source.container)
    running = "running" in (status.get("state") or {})
    return not running or status.get("restartCount", 0) != source.attempt


def _status(pod: JSON, container: str) -> JSON:
    statuses = (pod.get("status") or {}).get("containerStatuses") or ()
    return next((each for each in statuses if each["name"] == container), {})


def _last(status: JSON) -> JSON | None:
    return (status.get("lastState") or {}).get("terminated")
