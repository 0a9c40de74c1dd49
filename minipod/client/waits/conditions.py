"""What an object may be waited for: as `minipod wait --for` names it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from minipod.errors import BadRequest

if TYPE_CHECKING:
    from minipod.client.jsonpath.nodes import Template

    JSON = dict[str, Any]

_CONDITION, _JSONPATH = "condition=", "jsonpath="
_EXAMPLE = "--for=jsonpath='{.status.readyReplicas}'"


class Condition(Protocol):
    """Something that holds for an object or not; `of_none`: it may be asked of one to come."""

    @property
    def of_none(self) -> bool:
        """Whether an object that is not there is no error."""

    def met(self, obj: JSON | None) -> bool:
        """Return whether it holds; None: there is no such object. BadRequest."""


class Created(NamedTuple):
    """The object is there."""

    of_none: bool = True

    def met(self, obj: JSON | None) -> bool:
        """Return whether it holds."""
        return obj is not None


class Deleted(NamedTuple):
    """The object is not there."""

    of_none: bool = True

    def met(self, obj: JSON | None) -> bool:
        """Return whether it holds."""
        return obj is None


class StatusCondition(NamedTuple):
    """A condition of the object's status has this status; the case of letters does not matter."""

    type: str
    status: str = "true"
    of_none: bool = False

    def met(self, obj: JSON | None) -> bool:
        """Return whether it holds, and for the newest generation of the object."""
        if obj is None:
            return False
        status = obj.get("status") or {}
        for one in status.get("conditions") or ():
            if one["type"].casefold() == self.type.casefold():
                observed = one.get("observedGeneration", status.get("observedGeneration"))
                generation = obj["metadata"].get("generation")
                stale = None not in (observed, generation) and observed < generation
                return not stale and one["status"].casefold() == self.status.casefold()
        return False


class PathValue(NamedTuple):
    """A JSONPath finds one value that reads like this, or any if `value` is None."""

    template: Template
    value: str | None
    of_none: bool = False

    def met(self, obj: JSON | None) -> bool:
        """Return whether it holds. BadRequest if more is found than one plain value."""
        from minipod.client.jsonpath import go_text, results  # noqa: PLC0415 (seldom needed)

        found = [] if obj is None else results(self.template, obj)
        if not found or not found[0]:
            return False
        if len(found[0]) > 1:
            raise BadRequest("given jsonpath expression matches more than one value")
        if self.value is None:
            return True
        if isinstance(found[0][0], (dict, list)):
            raise BadRequest("jsonpath leads to a nested object or list which is not supported")
        return go_text(found[0][0]).strip() == self.value.strip()


def parse(text: str) -> Condition:
    """Return the condition that a text names, as kubectl reads it. BadRequest."""
    if text.lower() == "create":
        return Created()
    if text.lower() == "delete":
        return Deleted()
    if text.startswith(_CONDITION):
        kind, equals, status = text.removeprefix(_CONDITION).partition("=")
        return StatusCondition(kind, status) if equals else StatusCondition(kind)
    if text.startswith(_JSONPATH):
        return _path_value(text.removeprefix(_JSONPATH))
    raise BadRequest(
        f'unrecognized condition: "{text}"',
        hint="give delete, create, condition=Ready or jsonpath='{.status.phase}'=Running",
    )


def _path_value(text: str) -> PathValue:
    from minipod.client.jsonpath import parse as parse_template  # noqa: PLC0415
    from minipod.client.jsonpath import relaxed  # noqa: PLC0415

    # A double = belongs to the path's own filters.
    path, *values = text.replace("==", "\0").split("=")
    if len(values) > 1:
        raise BadRequest(f"jsonpath wait format must be {_EXAMPLE}=3 or {_EXAMPLE}")
    template = relaxed(path.replace("\0", "=="))
    if not template:
        raise BadRequest("jsonpath expression cannot be empty")
    if not values:
        return PathValue(parse_template(template), None)
    value = values[0].replace("\0", "==").strip("'\"")
    if not value:
        raise BadRequest(f"jsonpath wait has to have a value after equal sign, like {_EXAMPLE}=3")
    return PathValue(parse_template(template), value)
