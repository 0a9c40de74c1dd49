"""What may become of an object that is there: Kubernetes' rules for updates, in its words.

From k8s.io/apiserver's BeforeUpdate, and ValidatePodUpdate in pkg/apis/core/validation.
"""

from __future__ import annotations

import json
from copy import deepcopy
from typing import TYPE_CHECKING, Any, Final

from minipod.errors import BadRequest, Conflict
from minipod.manifest.faults import Fault, FaultKind, Path, invalid, path_text
from minipod.manifest.kinds import KINDS
from minipod.manifest.request import refuse
from minipod.model.host_ports import HOST_PORTS_ANNOTATION
from minipod.schema.policy import SERVER_OWNED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from minipod.manifest.request import DecodedObject
    from minipod.model.pod import JSON

MODIFIED: Final = (
    "the object has been modified; please apply your changes to the latest version and try again"
)
_CHANGEABLE: Final = (
    "`spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,"
    "`spec.tolerations` (only additions to existing tolerations),"
    "`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)"
)
_CONTAINER_LISTS: Final = ("containers", "initContainers")


def changed(live: JSON, wanted: DecodedObject) -> JSON:
    """Return what a live object becomes when another is wanted in its place.

    What the server sets stays as it is. BadRequest for another name; Conflict for another uid or an
    old resourceVersion; InvalidObject for a change that is not allowed.
    """
    _check_identity(live, wanted.sent)
    new = _with_place(wanted.obj, live)
    if not wanted.sent.get("uid"):
        new = _with_added_ports(new, live)
    owned = {name: item for name, item in live["metadata"].items() if name in SERVER_OWNED}
    new = new | {"metadata": new["metadata"] | owned}
    if "status" in live:
        new = new | {"status": live["status"]}
    faults = list(_metadata(live["metadata"], wanted.sent))
    if live["kind"] == "Pod":
        faults += _pod(KINDS["Pod"].defaulted(live)["spec"], new["spec"])
    refuse(new, faults)
    return new


def _check_identity(live: JSON, sent: JSON) -> None:
    meta, plural = live["metadata"], KINDS[live["kind"]].plural
    name = meta["name"]
    if (sent.get("name") or "") != name:
        raise BadRequest(
            f"the name of the object ({sent.get('name') or ''}) does not match the name on the URL "
            f"({name})"
        )
    cannot = f'Operation cannot be fulfilled on {plural} "{name}"'
    uid, version = sent.get("uid"), sent.get("resourceVersion")
    if uid and uid != meta.get("uid"):
        raise Conflict(
            f"{cannot}: Precondition failed: UID in precondition: {uid}, "
            f"UID in object meta: {meta.get('uid')}"
        )
    if version and version != meta["resourceVersion"]:
        raise Conflict(
            f"{cannot}: {MODIFIED}",
            hint="without metadata.resourceVersion it is changed as it is now, whatever others did",
        )


def _with_place(new: JSON, live: JSON) -> JSON:
    """Return an object on the node that the live one has got: no file names it."""
    node = live.get("spec", {}).get("nodeName")
    if not node or new["spec"].get("nodeName"):
        return new
    return new | {"spec": new["spec"] | {"nodeName": node}}


def _with_added_ports(new: JSON, live: JSON) -> JSON:
    """Return an object with the host ports that the live one got since.

    A file does not know of them. Who has read the object does, and sends its uid.
    """
    annotations = new["metadata"].get("annotations", {})
    ports = live["metadata"].get("annotations", {}).get(HOST_PORTS_ANNOTATION)
    if not ports or HOST_PORTS_ANNOTATION in annotations:
        return new
    annotations = annotations | {HOST_PORTS_ANNOTATION: ports}
    return new | {"metadata": new["metadata"] | {"annotations": annotations}}


def _metadata(live: JSON, sent: JSON) -> Iterator[Fault]:
    for name in ("deletionTimestamp", "deletionGracePeriodSeconds"):
        if sent.get(name) is not None and sent[name] != live.get(name):
            yield invalid(("metadata", name), sent[name], "field is immutable")


def _pod(old: JSON, new: JSON) -> Iterator[Fault]:
    """Yield what of a pod's spec may not become as it is wanted."""
    for field in _CONTAINER_LISTS:
        if len(new.get(field, [])) != len(old.get(field, [])):
            words = "Forbidden: pod updates may not add or remove containers"
            yield Fault(("spec", field), words, FaultKind.FORBIDDEN)
            return
    yield from _deadline(old.get("activeDeadlineSeconds"), new.get("activeDeadlineSeconds"))
    yield from _tolerations(old.get("tolerations", []), new.get("tolerations", []))
    rest = _with_allowed_of(old, new)
    if rest != old:
        lines = "\n".join(_differences(old, rest, ("spec",)))
        words = f"Forbidden: pod updates may not change fields other than {_CHANGEABLE}\n{lines}"
        yield Fault(("spec",), words, FaultKind.FORBIDDEN)


def _deadline(old: int | None, new: int | None) -> Iterator[Fault]:
    path = ("spec", "activeDeadlineSeconds")
    if old is not None and new is None:
        yield invalid(path, None, "must not update from a positive integer to nil value")
    elif old is not None and new is not None and new > old:
        yield invalid(path, new, "must be less than or equal to previous value")


def _tolerations(old: list[JSON], new: list[JSON]) -> Iterator[Fault]:
    """Yield a fault unless every toleration is still there; how long it lasts may change."""
    kept = [_timeless(toleration) for toleration in new]
    if any(_timeless(toleration) not in kept for toleration in old):
        words = "existing toleration can not be modified except its tolerationSeconds"
        yield Fault(("spec", "tolerations"), f"Forbidden: {words}", FaultKind.FORBIDDEN)


def _timeless(toleration: JSON) -> JSON:
    return {name: value for name, value in toleration.items() if name != "tolerationSeconds"}


def _with_allowed_of(old: JSON, new: JSON) -> JSON:
    """Return the new spec with what may change as it was: what else differs may not."""
    rest = deepcopy(new)
    for field in _CONTAINER_LISTS:
        for before, after in zip(old.get(field, []), rest.get(field, []), strict=True):
            _set(after, before, "image")
    _set(rest, old, "activeDeadlineSeconds")
    _set(rest, old, "tolerations")
    return rest


def _set(target: JSON, source: JSON, name: str) -> None:
    target.pop(name, None)
    if name in source:
        target[name] = source[name]


def _differences(old: Any, new: Any, path: Path) -> Iterator[str]:
    """Yield a line for what was and one for what is wanted, for every field that differs."""
    if old == new:
        return
    if isinstance(old, dict) and isinstance(new, dict):
        for name in sorted(old.keys() | new.keys()):
            yield from _differences(old.get(name), new.get(name), (*path, name))
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for index, (before, after) in enumerate(zip(old, new, strict=True)):
            yield from _differences(before, after, (*path, index))
    else:
        for sign, value in (("-", old), ("+", new)):
            if value is not None:
                yield f"{sign} {path_text(path)}: {json.dumps(value, ensure_ascii=False)}"
