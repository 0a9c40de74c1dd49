"""Other images for the containers of a pod: what to set, and the patch that does it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from minipod.errors import BadRequest, NotFound

if TYPE_CHECKING:
    from collections.abc import Iterable

    JSON = dict[str, Any]

EVERY = "*"
_LISTS = ("initContainers", "containers")


def read_images(pairs: Iterable[str]) -> dict[str, str]:
    """Return which container, or EVERY one, gets which image, of `CONTAINER=IMAGE`. BadRequest."""
    images: dict[str, str] = {}
    for pair in pairs:
        name, _, image = pair.partition("=")
        if not image:
            raise BadRequest(f'"{pair}" is not CONTAINER=IMAGE')
        if images.get(name, image) != image:
            raise BadRequest(f'container "{name}" is to have two images: {images[name]}, {image}')
        images[name] = image
    if EVERY in images and len(images) > 1:
        raise BadRequest(
            "all containers are already specified by *, but saw more than one "
            "container_name=container_image pairs"
        )
    return images


def image_patch(pod: JSON, images: dict[str, str]) -> JSON:
    """Return the strategic merge patch that gives a pod these images; empty if it has them all.

    NotFound if the pod has no such container.
    """
    containers = {list_: pod["spec"].get(list_) or [] for list_ in _LISTS}
    names = [one["name"] for each in containers.values() for one in each]
    for name in images:
        if name not in (EVERY, *names):
            raise NotFound(
                f'unable to find container named "{name}"',
                hint=f'the containers of pod "{pod["metadata"]["name"]}": {", ".join(names)}',
            )
    spec = {list_: _changes(each, images) for list_, each in containers.items()}
    spec = {list_: changes for list_, changes in spec.items() if changes}
    return {"spec": spec} if spec else {}


def _changes(containers: list[JSON], images: dict[str, str]) -> list[JSON]:
    wanted = [
        {"name": one["name"], "image": images.get(one["name"], images.get(EVERY))}
        for one in containers
    ]
    return [
        new
        for old, new in zip(containers, wanted, strict=True)
        if new["image"] not in (None, old.get("image"))
    ]
