"""`attach`: a peer gets a container's log to read, news of its growth, and its stdin."""

from __future__ import annotations

import os
from errno import ENOENT, EPIPE, ESRCH

from minipod.sandbox.failures import Refused, refusal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from minipod.sandbox.containers import Container
    from minipod.sandbox.peers import Request


def start(request: Request, container: Container) -> None:
    """Attach a peer to a container that runs. Refused."""
    spec, stdio, log = container.spec, container.stdio, container.log
    assert stdio is not None
    assert log is not None
    step = f"attach to container {spec['name']}"
    attempt = spec["attempt"]
    if request.content.get("attempt", attempt) != attempt:
        raise Refused(step, "that run of it is over", ESRCH)
    stdin = _stdin(request, container, step)
    try:
        reader, size = log.reader()
    except OSError as error:
        raise refusal(step, error) from error
    try:
        growth = container.attachments.add(request, log)
        request.answer({"attempt": attempt, "offset": size}, [reader, growth, *stdin])
    except OSError as error:
        raise refusal(step, error) from error
    finally:
        os.close(reader)
    if stdin:
        stdio.stdin_given()
    stdio.flush()


def _stdin(request: Request, container: Container, step: str) -> list[int]:
    if not request.content.get("stdin"):
        return []
    assert container.stdio is not None
    stdin = container.stdio.stdin()
    if stdin is None:
        raise Refused(step, "it has no stdin", ENOENT)
    if stdin < 0:
        raise Refused(step, "its stdin is closed", EPIPE)
    return [stdin]
