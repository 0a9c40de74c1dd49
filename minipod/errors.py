"""Every error that minipod tells; a room may have kinds of its own below these.

    MinipodError                what a person did or met; never a bug of minipod
    ├── InvalidObject           422: problems in an object, each with its field (and place)
    │   └── InvalidManifest     400: problems in a text: syntax, unknown fields, types, values
    ├── BadRequest              400: a request that makes no sense
    ├── NotFound                404
    ├── AlreadyExists           409
    ├── Conflict                409: the object changed meanwhile, or is in the wrong state
    ├── Forbidden               403: a peer that may not ask, or what is never done
    ├── NotServed               405: what Kubernetes' API does, and minipod does elsewhere
    ├── UnsupportedMediaType    415: a body in a language that is not spoken
    ├── Expired                 410: a watch that starts before the oldest kept revision
    ├── Unavailable             503: the server cannot be reached or is stopping
    ├── TimedOut                504: what was waited for did not come in time
    ├── CommandFailed           a command in a container ended with another code than 0
    └── HostError               500: the host or its kernel refused
        ├── StepFailed          a step of a pod's birth or end failed
        └── CannotRun           a command could not be started in a container

Each knows its Kubernetes `reason`, its HTTP `status`, the command's `exit_code`, and a `hint`: what
to do next. Messages read "cannot X: cause", or are Kubernetes' own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence


_LAST_LINES = 10


class Place(NamedTuple):
    """A position in a text, as an editor counts: lines and columns begin with 1."""

    source: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.source}:{self.line}:{self.column}"


class Problem(NamedTuple):
    """One thing wrong with an object: where, which field, what, and Kubernetes' word for the kind.

    `reason` is a cause's reason of Kubernetes: FieldValueInvalid, FieldValueRequired,
    FieldValueDuplicate, FieldValueNotSupported, FieldValueTypeInvalid or FieldValueForbidden.
    """

    field: str
    message: str
    reason: str = "FieldValueInvalid"
    place: Place | None = None

    def __str__(self) -> str:
        """Return `file:line:column: field: message`, less what is not known."""
        return ": ".join(str(part) for part in (self.place, self.field, self.message) if part)


class MinipodError(Exception):
    """The root of the tree."""

    reason: ClassVar[str] = "InternalError"
    status: ClassVar[int] = 500
    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.server_reason: str | None = None
        """The reason that a server gave with it; None: it was raised here."""

    def __str__(self) -> str:
        return self.message


class InvalidObject(MinipodError):
    """Problems in an object; all of them at once. `of` is its kind and name, where known."""

    reason = "Invalid"
    status = 422

    def __init__(
        self,
        message: str,
        problems: Sequence[Problem] = (),
        *,
        hint: str | None = None,
        of: tuple[str, str] = ("", ""),
    ) -> None:
        super().__init__(message, hint=hint)
        self.problems = tuple(problems)
        self.of = of


class InvalidManifest(InvalidObject):
    """Problems in a text; the message holds one line for each."""

    reason = "BadRequest"
    status = 400

    def __init__(self, problems: Sequence[Problem], *, hint: str | None = None) -> None:
        super().__init__("\n".join(map(str, problems)), problems, hint=hint)


class BadRequest(MinipodError):
    """A request that makes no sense, whatever the state."""

    reason = "BadRequest"
    status = 400


class NotFound(MinipodError):
    """No such object."""

    reason = "NotFound"
    status = 404


class AlreadyExists(MinipodError):
    """The name is taken."""

    reason = "AlreadyExists"
    status = 409


class Conflict(MinipodError):
    """The object changed meanwhile, or is in a state that forbids this."""

    reason = "Conflict"
    status = 409


class Forbidden(MinipodError):
    """The peer may not ask this, or nobody may."""

    reason = "Forbidden"
    status = 403


class NotServed(MinipodError):
    """What Kubernetes does by its API, and minipod by a command."""

    reason = "MethodNotAllowed"
    status = 405


class UnsupportedMediaType(MinipodError):
    """A body in a language that the server does not speak."""

    reason = "UnsupportedMediaType"
    status = 415


class Expired(MinipodError):
    """A watch asks for revisions that are no longer kept."""

    reason = "Expired"
    status = 410


class Unavailable(MinipodError):
    """The server cannot be reached, or is stopping."""

    reason = "ServiceUnavailable"
    status = 503


class TimedOut(MinipodError):
    """What was waited for did not come in time."""

    reason = "Timeout"
    status = 504


class CommandFailed(MinipodError):
    """A command in a container ended with another code than 0: `exit_code` is it.

    `stdout` and `stderr` are what it wrote; the message ends with the last lines of stderr.
    """

    def __init__(self, program: str, exit_code: int, stdout: str, stderr: str) -> None:
        last = "\n".join(stderr.rstrip().splitlines()[-_LAST_LINES:])
        told = f"{program} terminated with exit code {exit_code}"
        super().__init__(f"{told}: {last}" if last else told)
        self.exit_code = exit_code  # type: ignore[misc]
        self.stdout = stdout
        self.stderr = stderr


class HostError(MinipodError):
    """The host or its kernel refused."""


class StepFailed(HostError):
    """A step of a pod's birth or end failed; `step` is its name, `errno` the kernel's, or None."""

    def __init__(
        self, step: str, cause: str, *, errno: int | None = None, hint: str | None = None
    ) -> None:
        super().__init__(f"cannot {step}: {cause}", hint=hint)
        self.step = step
        self.cause = cause
        self.errno = errno


class CannotRun(HostError):
    """A command could not be started in a container; `exit_code` is what a shell would give."""

    def __init__(self, message: str, exit_code: int) -> None:
        super().__init__(message)
        self.exit_code = exit_code  # type: ignore[misc]
