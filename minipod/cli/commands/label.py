"""`minipod label`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from minipod.cli import metadata
from minipod.cli.options import pass_session, verb

if TYPE_CHECKING:
    from collections.abc import Mapping

    from minipod.cli.session import Session
    from minipod.client.changes.metadata_change import Change


@verb(
    "label",
    "minipod label pod web app=shop tier=front",
    "minipod label pods --all app=shop --overwrite",
    "minipod label pod web tier-",
    "minipod label pod web --list",
)
@metadata.options
@pass_session
def label(session: Session, /, **given: Any) -> int:
    """Set or remove labels of pods and namespaces.

    K=V sets a label, K- removes it. One that has another value already is changed with --overwrite
    only.
    """
    from minipod.client.changes.metadata_change import read_labels, refuse_overwriting_labels

    field = metadata.Field(
        "labels", "label", read_labels, refuse_overwriting_labels, _outcome, tells_missing=True
    )
    return metadata.change(session, field, **given)


def _outcome(change: Change, there: Mapping[str, str], overwrite: bool) -> str:  # noqa: FBT001
    """Return kubectl's word: with --overwrite it knows no `unlabeled`."""
    if change.applied(there) == there:
        return "not labeled"
    fewer = len(change.applied(there)) < len(there)
    return "unlabeled" if fewer and not overwrite else "labeled"
