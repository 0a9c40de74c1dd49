"""Parameters and bodies of requests, read as Kubernetes reads them. All raise BadRequest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import msgspec

from minipod.api import protobuf
from minipod.errors import BadRequest, Conflict, UnsupportedMediaType
from minipod.manifest import FieldValidation

if TYPE_CHECKING:
    from collections.abc import Iterable

    from aiohttp import web

    from minipod.model.pod import JSON

_TEXTS = ("application/json", "application/yaml")
TOO_DEEP = "lists and mappings are nested too deep"
_TRUE = frozenset({"", "1", "t", "true"})
_FALSE = frozenset({"0", "f", "false"})


def text(request: web.Request, name: str) -> str:
    """Return a parameter, or an empty text."""
    return request.query.get(name, "")


def boolean(request: web.Request, name: str) -> bool | None:
    """Return a boolean as Go's ParseBool reads it (clients send True and true); None if absent."""
    value = request.query.get(name)
    if value is None:
        return None
    if value.lower() in _TRUE:
        return True
    if value.lower() in _FALSE:
        return False
    raise BadRequest(f'parameter {name}: "{value}" is neither true nor false')


def integer(request: web.Request, name: str, *, least: int = 0) -> int | None:
    """Return a whole number that is not below `least`; None if absent."""
    value = text(request, name)
    if not value:
        return None
    number = int(value) if value.lstrip("-").isdecimal() and len(value) < 20 else None
    if number is None:
        raise BadRequest(f'parameter {name}: "{value}" is not a whole number')
    if number < least:
        raise BadRequest(f"parameter {name}: must be greater than or equal to {least}")
    return number


def version(request: web.Request) -> int | None:
    """Return the parameter resourceVersion; None if absent."""
    value = text(request, "resourceVersion")
    if not value:
        return None
    if not (value.isdecimal() and len(value) < 20):
        raise BadRequest(f'parameter resourceVersion: "{value}" is not a version')
    return int(value)


def dry_run(values: list[str]) -> bool:
    """Return whether only the checks are asked for. Kubernetes knows one value: All."""
    given = [value for value in values if value]
    if any(value != "All" for value in given):
        raise BadRequest(f'parameter dryRun: "{given[0]}" is not supported', hint="use dryRun=All")
    return bool(given)


def validation(request: web.Request) -> FieldValidation:
    """Return what becomes of unknown fields."""
    value = text(request, "fieldValidation")
    try:
        return FieldValidation(value) if value else FieldValidation.WARN
    except ValueError as error:
        known = ", ".join(FieldValidation)
        raise BadRequest(
            f'parameter fieldValidation: "{value}" is not supported', hint=f"use one of {known}"
        ) from error


async def manifest(request: web.Request) -> bytes:
    """Return a body as JSON or YAML; a missing Content-Type means JSON, as Kubernetes takes it.

    UnsupportedMediaType for other languages.
    """
    body = await request.read()
    if not body or not request.headers.get("Content-Type"):
        return body
    if request.content_type == protobuf.MEDIA_TYPE:
        return msgspec.json.encode(_from_protobuf(body))
    if request.content_type not in _TEXTS:
        raise unknown_format((*_TEXTS, protobuf.MEDIA_TYPE))
    return body


def _from_protobuf(body: bytes) -> JSON:
    try:
        return protobuf.decode(body)
    except protobuf.UnreadKind as unread:
        raise unknown_format(_TEXTS, f"cannot read {unread.kind} in protobuf: ") from unread


def unknown_format(known: Iterable[str], told_first: str = "") -> UnsupportedMediaType:
    """Return the error for a body in a language that is not `known`, in Kubernetes' words."""
    return UnsupportedMediaType(
        f"{told_first}the body of the request was in an unknown format - accepted media types "
        f"include: {', '.join(known)}"
    )


class Preconditions(msgspec.Struct, frozen=True, rename="camel"):
    """What must hold for a deletion to happen."""

    uid: str | None = None
    resource_version: str | None = None

    def check(self, plural: str, metadata: JSON) -> None:
        """Raise Conflict, in Kubernetes' words, if an object is another one or a later state."""
        for word, wanted, found in (
            ("UID", self.uid, metadata.get("uid")),
            ("ResourceVersion", self.resource_version, metadata["resourceVersion"]),
        ):
            if wanted not in (None, found):
                raise Conflict(
                    f'Operation cannot be fulfilled on {plural} "{metadata["name"]}": '
                    f"Precondition failed: {word} in precondition: {wanted}, "
                    f"{word} in object meta: {found}"
                )


class DeleteOptions(msgspec.Struct, frozen=True, rename="camel"):
    """How to delete: from the body, else from the parameters.

    A propagation policy is checked and no more: nothing here depends on anything.
    """

    grace_period_seconds: int | None = None
    preconditions: Preconditions = Preconditions()
    dry_run: list[str] | None = None
    propagation_policy: Literal["Orphan", "Background", "Foreground"] | None = None


async def delete_options(request: web.Request) -> DeleteOptions:
    """Return a deletion's options; a parameter wins over the body."""
    body = await manifest(request)
    options = decode(body, DeleteOptions) if body.strip() else DeleteOptions()
    grace = integer(request, "gracePeriodSeconds")
    if grace is None:
        grace = options.grace_period_seconds
    if grace is not None and grace < 0:
        raise BadRequest("gracePeriodSeconds: must be greater than or equal to 0")
    given = request.query.getall("dryRun", []) + (options.dry_run or [])
    return msgspec.structs.replace(options, grace_period_seconds=grace, dry_run=given)


def decode(body: bytes, kind: Any, *, called: str = "body") -> Any:
    """Return JSON as a typed value; errors call it so."""
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.DecodeError as error:
        raise BadRequest(f"cannot read the {called}: {error}") from error
    except UnicodeDecodeError as error:
        byte = f"the byte 0x{error.object[error.start]:02x} does not belong here"
        raise BadRequest(f"cannot read the {called}: not UTF-8: {byte}") from error
    except RecursionError as error:
        raise BadRequest(f"cannot read the {called}: {TOO_DEEP}") from error
