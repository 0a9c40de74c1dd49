"""`minipod annotate`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from minipod.cli import metadata
from minipod.cli.options import pass_session, verb

if TYPE_CHECKING:
    from minipod.cli.session import Session


@verb(
    "annotate",
    "minipod annotate pod web note='the shop'",
    "minipod annotate pods -l app=shop note-",
    "minipod annotate pod web --list",
)
@metadata.options
@pass_session
def annotate(session: Session, /, **given: Any) -> int:
    """Set or remove annotations of pods and namespaces.

    K=V sets an annotation, K- removes it. One that has another value already is changed with
    --overwrite only.
    """
    from minipod.client.changes.metadata_change import (
        read_annotations,
        refuse_overwriting_annotations,
    )

    field = metadata.Field(
        "annotations",
        "annotation",
        read_annotations,
        refuse_overwriting_annotations,
        lambda *_: "annotated",
        tells_missing=False,
    )
    return metadata.change(session, field, **given)
