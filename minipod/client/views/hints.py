"""What keeps a pod's containers from running, in words: what a person must do before they can."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from minipod.client.views import podview

if TYPE_CHECKING:
    from collections.abc import Iterator

    JSON = dict[str, Any]


def hints(pod: JSON) -> Iterator[str]:
    """Yield a line for each thing; nothing of a pod, or another object, that is well."""
    if why := podview.unplaced(pod):
        yield f"{podview.reference(pod)} waits: {why}"
    for container, message in podview.waiting(pod, "ImageNotMapped"):
        yield f'container "{container}" of {podview.reference(pod)} waits: {message}'
    if troubles := [message for _, message in podview.waiting(pod, "ContainerCreating") if message]:
        yield f"{podview.reference(pod)} does not come up: {troubles[0]}"
    yield from podview.unfit_host(pod)
    for container, message in podview.cannot_start(pod):
        yield f'container "{container}" of {podview.reference(pod)} does not start: {message}'
