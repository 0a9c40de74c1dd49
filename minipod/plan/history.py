"""Fold a pod's journal, record by record, into what is known of its containers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from minipod.model.observed import Attempt, ContainerFacts, Failure, History
from minipod.plan.backoff import RESET_AFTER

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

KEPT_WARNINGS = 20
LOST_CODE = 137
"""The exit code of a container that ended with its sandbox: it was killed, and nobody saw it."""
UNKNOWN_CODE = 255
"""The exit code of one that ended with the machine (containerd: unknownExitCode)."""


def fold(history: History, records: Iterable[Mapping[str, Any]]) -> History:
    """Return the history after these journal records (see minipod.sandbox.protocol)."""
    containers = dict(history.containers)
    warnings = list(history.warnings)
    for record in records:
        match record["event"]:
            case "sandbox":
                containers = {
                    name: _lost(facts, record["time"]) for name, facts in containers.items()
                }
            case "started":
                attempt = Attempt(
                    record["attempt"],
                    record["id"],
                    record["pid"],
                    started=record["time"],
                    image=record.get("image"),
                )
                containers[record["name"]] = _next(containers.get(record["name"]), attempt)
            case "failed":
                containers[record["name"]] = _next(
                    containers.get(record["name"]), _failed_attempt(record)
                )
            case "rebooted":
                containers = {
                    name: _rebooted(facts, record["time"]) for name, facts in containers.items()
                }
            case "exited":
                containers[record["name"]] = _ended(containers.get(record["name"]), record)
            case "warning":
                warnings.append(record["message"])
            case _:
                pass  # a newer sandbox may say what this server does not know yet
    return History(containers, tuple(warnings[-KEPT_WARNINGS:]))


def _failed_attempt(record: Mapping[str, Any]) -> Attempt:
    failure = record["error"]
    return Attempt(
        record["attempt"],
        record["id"],
        pid=0,
        started=record["time"],
        finished=record["time"],
        code=128,
        failure=Failure(failure["step"], failure["errno"], failure["message"]),
        restart_at=record.get("restart_at"),
        image=record.get("image"),
    )


def _next(facts: ContainerFacts | None, attempt: Attempt) -> ContainerFacts:
    if facts is None or facts.current.number == attempt.number:
        return ContainerFacts(attempt)
    ended = facts.current
    if None not in (attempt.image, ended.image) and attempt.image != ended.image:
        return ContainerFacts(attempt, previous=ended)  # it is another's first
    long_run = ended.finished is not None and ended.finished - ended.started >= RESET_AFTER
    return ContainerFacts(
        attempt, previous=ended, restarts_in_row=1 if long_run else facts.restarts_in_row + 1
    )


def _ended(facts: ContainerFacts | None, record: Mapping[str, Any]) -> ContainerFacts:
    if facts is None or facts.current.number != record["attempt"]:
        # The record of its beginning was lost: a full disk, or a machine that lost its power.
        begun = Attempt(record["attempt"], record["id"], pid=0, started=record["started"])
        facts = _next(facts, begun)
    ended = replace(
        facts.current,
        finished=record["time"],
        code=record["code"],
        signal=record["signal"],
        restart_at=record["restart_at"],
    )
    return replace(facts, current=ended)


def _lost(facts: ContainerFacts, time: float) -> ContainerFacts:
    """Return the facts of a container whose sandbox is another now: no promise of the old holds."""
    if facts.current.running:
        current = replace(facts.current, finished=time, code=LOST_CODE, signal=9)
    else:
        current = replace(facts.current, restart_at=None)
    return replace(facts, current=current)


def _rebooted(facts: ContainerFacts, time: float) -> ContainerFacts:
    """Return the facts of a container after a reboot: the kubelet counts its back-off anew."""
    if facts.current.running:
        current = replace(facts.current, finished=time, code=UNKNOWN_CODE, lost=True)
    else:
        current = replace(facts.current, restart_at=None)
    return replace(facts, current=current, restarts_in_row=0)
