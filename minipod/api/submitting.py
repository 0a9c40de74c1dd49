"""All that a user's files hold, created, applied, replaced or compared; told as it happens."""

from __future__ import annotations

import asyncio
from contextlib import aclosing, suppress
from typing import TYPE_CHECKING, Any, NamedTuple

from minipod.api import answers, changing, manifests, query
from minipod.api.creating import create
from minipod.api.keys import CHANGES, ENGINE
from minipod.api.naming import named
from minipod.api.status import About, status_of
from minipod.engine import Outcome
from minipod.errors import AlreadyExists, BadRequest, NotFound
from minipod.manifest import KINDS, FieldValidation, decode
from minipod.model.submission import Action, Submission
from minipod.patch import (
    LAST_APPLIED,
    last_applied,
    strategic,
    three_way,
    with_last_applied,
    without_last_applied,
)
from minipod.plan.selectors import Selector, parse_labels
from minipod.store.protocol import Key, key_of, not_found

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Coroutine, Sequence

    from aiohttp import web

    from minipod.api.changing import Change
    from minipod.manifest import Document
    from minipod.model.pod import JSON

AT_ONCE = 4
"""Pods in flight: one at a time takes 7 ms a pod, four 4.2, more are no faster."""

_NEVER_APPLIED = (
    "resource {0} is missing the {1} annotation which is required by kubectl apply. kubectl apply "
    "should only be used on resources created declaratively by either kubectl create --save-config "
    "or kubectl apply. The missing annotation will be patched automatically."
)
_BEING_DELETED = "Detected changes to resource {0} which is currently being deleted."


class Done(NamedTuple):
    """What came of one object: a line's type, and the object.

    `deleted` is what was in its way; `live`, of a comparison, what is there.
    """

    type: str
    obj: JSON
    warnings: Sequence[str] = ()
    deleted: JSON | None = None
    live: JSON | None = None


class One(NamedTuple):
    """One object of a submission: defaulted as `obj`, and as it was `written`."""

    obj: JSON
    written: JSON

    @property
    def key(self) -> Key:
        """Which object it is."""
        return key_of(self.obj)

    @property
    def resource(self) -> str:
        """The object as kubectl names it: `pods/web`."""
        return f"{KINDS[self.key.kind].plural}/{self.key.name}"


async def submit(request: web.Request) -> web.StreamResponse:
    """POST manifests: nothing if any is invalid, else what came of each, in their order."""
    wanted = _wanted(request)
    given = await manifests.asked(request)
    decoded = await asyncio.to_thread(
        decode,
        given.sources,
        default_namespace=given.namespace,
        namespace_is_explicit=given.explicit,
        strict_ports=wanted.strict_ports,
        verb=wanted.action.value,
    )
    chosen = Selector(parse_labels(wanted.selector or ""))
    ones = [one for one in map(_one, decoded.objects) if chosen.matches(one.obj)]
    response = await answers.stream(request, "application/x-ndjson")
    await response.write(b"".join(map(_warning, decoded.warnings)))
    early = {
        number: await _told(request, one, wanted)
        for number, one in enumerate(ones)
        if one.key.kind == "Namespace"
    }
    jobs = [
        _ready(early[number]) if number in early else _told(request, one, wanted)
        for number, one in enumerate(ones)
    ]
    async with aclosing(_in_order(jobs)) as stream:
        async for lines in stream:
            await response.write(lines)
    return response


def _wanted(request: web.Request) -> Submission:
    word = query.text(request, "action") or Action.CREATE.value
    if word not in {action.value for action in Action}:
        known = ", ".join(Action)
        raise BadRequest(f'parameter action: "{word}" is not supported', hint=f"use one of {known}")
    return Submission(
        Action(word),
        strict_ports=bool(query.boolean(request, "strictPorts")),
        dry_run=query.dry_run(request.query.getall("dryRun", [])),
        force=bool(query.boolean(request, "force")),
        grace=query.integer(request, "gracePeriodSeconds") or 0,
        selector=query.text(request, "labelSelector"),
    )


def _one(document: Document) -> One:
    """Return a document's object; as it was written, but in the namespace that it is meant for."""
    obj, written = named(document.obj), dict(document.item.value)
    metadata = {**(written.get("metadata") or {})}
    if "namespace" in obj["metadata"]:
        metadata["namespace"] = obj["metadata"]["namespace"]
    return One(obj, written | {"metadata": metadata})


async def _told(request: web.Request, one: One, wanted: Submission) -> bytes:
    """Do with an object what is wanted, and return the lines that tell what came of it."""
    try:
        done = await _ACTIONS[wanted.action](request, one, wanted)
    except Exception as error:  # noqa: BLE001 (logged there; the other objects go on)
        about = About(KINDS[one.key.kind].plural, one.key.name)
        return answers.line({"type": "ERROR", "status": status_of(error, about)})
    live = {"live": done.live} if done.live is not None else {}
    lines = [answers.line({"type": done.type, "object": done.obj, **live})]
    if done.deleted is not None:
        lines.insert(0, answers.line({"type": "DELETED", "object": done.deleted}))
    return b"".join([*map(_warning, done.warnings), *lines])


async def _create(request: web.Request, one: One, wanted: Submission) -> Done:
    return Done("CREATED", *await create(request, one.obj, dry_run=wanted.dry_run))


async def _apply(request: web.Request, one: One, wanted: Submission) -> Done:
    """Make of the live object what the file wants, as `kubectl apply` does; or create it."""
    _require_name(one)
    marked = with_last_applied(one.written)
    if request.app[ENGINE].store.get(one.key) is None:
        new = one._replace(obj=_with_annotation(one.obj, marked))
        # Another may be quicker while the writer is waited for: then it is there to be changed.
        with suppress(AlreadyExists):
            return await _create(request, new, wanted)
    change = await _change(request, one, wanted, lambda live: _patched(live, marked))
    same = _content(change.before) == _content(change.obj)
    warnings = [] if last_applied(change.before) is not None else [_text(_NEVER_APPLIED, one)]
    if not same and change.before["metadata"].get("deletionTimestamp"):
        warnings.append(_text(_BEING_DELETED, one))
    done = "UNCHANGED" if same else "CONFIGURED"
    return Done(done, change.obj, (*warnings, *change.warnings))


def _require_name(one: One) -> None:
    if not one.written["metadata"].get("name"):
        prefix = one.written["metadata"]["generateName"]
        raise BadRequest(
            f"from {prefix}: cannot use generate name with apply", hint="give it a name"
        )


async def _diff(request: web.Request, one: One, wanted: Submission) -> Done:
    """Say what `_apply` would make of an object, and change nothing.

    The annotation stays as it is, as with `kubectl diff`: a difference there says nothing new.
    """
    _require_name(one)
    dry = wanted._replace(dry_run=True)
    if request.app[ENGINE].store.get(one.key) is None:
        return Done("MERGED", *await create(request, one.obj, dry_run=True))
    unmarked = without_last_applied(one.written)
    change = await _change(request, one, dry, lambda live: _patched(live, unmarked))
    return Done("MERGED", change.obj, change.warnings, live=change.before)


async def _replace(request: web.Request, one: One, wanted: Submission) -> Done:
    """Put an object in the place of the live one; by force, end that and create it anew."""
    if not wanted.force:
        change = await _change(request, one, wanted, lambda _: one.written)
        return Done("REPLACED", change.obj, change.warnings)
    if wanted.dry_run:
        return Done("REPLACED", one.obj)
    gone = await request.app[CHANGES].finish(_remove(request, one.key, wanted.grace))
    made = await create(request, one.obj, dry_run=False)
    warnings = (*gone.warnings, *made.warnings) if gone else made.warnings
    return Done("REPLACED", made.obj, warnings, gone.obj if gone else None)


async def _remove(request: web.Request, key: Key, grace: int) -> Outcome | None:
    """End an object, and wait until it is gone; None if nothing is in the way."""
    engine = request.app[ENGINE]
    try:
        if key.kind == "Namespace":
            gone = Outcome(engine.namespaces.delete(key.name))
            await engine.namespaces.gone(key.name)
        else:
            gone = await engine.delete_pod(key.namespace, key.name, grace=grace)
            await engine.gone(key.namespace, key.name)
    except NotFound:
        return None
    return gone


async def _change(
    request: web.Request, one: One, wanted: Submission, make: Callable[[JSON], JSON]
) -> Change:
    engine = request.app[ENGINE]

    def find() -> JSON:
        live = engine.store.get(one.key)
        if live is None:
            raise not_found(one.key)
        return live

    # What is wrong or strange with the file's fields has been told of by now.
    how = changing.How(wanted.dry_run, FieldValidation.IGNORE)
    return await request.app[CHANGES].finish(changing.make(engine, find, make, how))


def _patched(live: JSON, written: JSON) -> JSON:
    return strategic(live, three_way(last_applied(live) or {}, live, written))


def _with_annotation(obj: JSON, marked: JSON) -> JSON:
    metadata = obj["metadata"]
    text = marked["metadata"]["annotations"][LAST_APPLIED]
    annotations = {**metadata.get("annotations", {}), LAST_APPLIED: text}
    return obj | {"metadata": metadata | {"annotations": annotations}}


def _content(obj: JSON) -> JSON:
    """Return an object without its version."""
    metadata = {name: item for name, item in obj["metadata"].items() if name != "resourceVersion"}
    return obj | {"metadata": metadata}


def _text(words: str, one: One) -> str:
    return words.format(one.resource, LAST_APPLIED)


def _warning(text: str) -> bytes:
    return answers.line({"type": "WARNING", "message": text})


async def _ready(lines: bytes) -> bytes:
    return lines


async def _in_order(jobs: Sequence[Coroutine[Any, Any, bytes]]) -> AsyncGenerator[bytes, None]:
    """Run jobs, a few at once, and yield their results in the jobs' order."""
    slots = asyncio.Semaphore(AT_ONCE)

    async def run(job: Coroutine[Any, Any, bytes]) -> bytes:
        async with slots:
            return await job

    tasks = [asyncio.create_task(run(job)) for job in jobs]
    try:
        for task in tasks:
            await asyncio.wait([task])  # cancelled, this leaves the task's slot where it is
            yield task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for job in jobs:
            job.close()


_ACTIONS = {
    Action.CREATE: _create,
    Action.APPLY: _apply,
    Action.REPLACE: _replace,
    Action.DIFF: _diff,
}
