"""From a container's manifest to the program that is run: images, arguments, environment."""

from __future__ import annotations

import re
from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Sequence

    from minipod.model.pod import Container

DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

_REFERENCE = re.compile(r"\$(?:\$|\(([^()]*)\))")


class Process(msgspec.Struct, frozen=True):
    """A program to run: final arguments, environment, working folder."""

    argv: tuple[str, ...]
    env: Mapping[str, str]
    cwd: str


def expand(text: str, variables: Mapping[str, str]) -> str:
    """Return the text with $(NAME) replaced as Kubernetes does.

    Source: third_party/forked/golang/expansion.

    $$ is a literal $, so $$(NAME) stays $(NAME); a reference to an unknown name stays as it is.
    """
    if "$" not in text:  # as nearly always
        return text

    def value(match: re.Match[str]) -> str:
        name = match[1]
        if name is None:
            return "$"
        return variables.get(name, match[0])

    return _REFERENCE.sub(value, text)


def environment(container: Container, hostname: str) -> dict[str, str]:
    """Return the container's variables: those of every container, then its own in their order."""
    variables = {"PATH": DEFAULT_PATH, "HOME": "/root", "HOSTNAME": hostname}
    if container.tty:
        variables["TERM"] = "xterm"
    own: dict[str, str] = {}
    for variable in container.env:
        if variable.value_from is None:
            own[variable.name] = expand(variable.value, own)
    return variables | own


def process(
    container: Container, hostname: str, images: Mapping[str, Sequence[str]]
) -> Process | None:
    """Return what the container runs; None if it has no command and its image is not mapped.

    As with an image: `command` replaces the image's command line whole; without one, `args` are
    added to what the image is mapped to.
    """
    start = container.command or mapped_command(container.image, images)
    if start is None:
        return None
    env = environment(container, hostname)
    own = {variable.name: env[variable.name] for variable in container.env if variable.name in env}
    argv = tuple(expand(word, own) for word in (*start, *container.args))
    return Process(argv, env, container.working_dir or "/")


def mapped_command(image: str, images: Mapping[str, Sequence[str]]) -> tuple[str, ...] | None:
    """Return what an image is mapped to: by its exact name, else by the longest pattern."""
    if not image:
        return None
    if image in images:
        return tuple(images[image])
    patterns = [pattern for pattern in images if fnmatchcase(image, pattern)]
    if not patterns:
        return None
    return tuple(images[max(patterns, key=lambda pattern: (len(pattern), pattern))])
