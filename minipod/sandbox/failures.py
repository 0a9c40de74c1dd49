"""What was not done, and why, on its way to who asked."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from minipod.sandbox.protocol import Failure


class Refused(Exception):
    """A request that cannot be done; `failure` goes back to who asked."""

    def __init__(self, step: str, message: str, errno: int = 0) -> None:
        super().__init__(message)
        self.failure: Failure = {"step": step, "errno": errno, "message": message}


def failure_of(step: str, error: BaseException) -> Failure:
    """Return a step's failure by an exception, in the kernel's words if they are the kernel's."""
    if isinstance(error, Refused):
        return error.failure
    if isinstance(error, OSError) and error.errno is not None:
        place = error.filename
        words = f"{error.strerror}: {_readable(place)}" if place else str(error.strerror)
        return {"step": step, "errno": error.errno, "message": words}
    return {"step": step, "errno": 0, "message": f"{type(error).__name__}: {error}"}


def refusal(step: str, error: OSError) -> Refused:
    """Return what refuses a request because of an error of the kernel."""
    failure = failure_of(step, error)
    return Refused(step, failure["message"], failure["errno"])


def _readable(place: object) -> str:
    return place.decode(errors="replace") if isinstance(place, bytes) else str(place)
