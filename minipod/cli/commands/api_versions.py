"""`minipod api-versions`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from minipod.cli.options import pass_session, verb
from minipod.cli.printing.output import tell

if TYPE_CHECKING:
    from minipod.cli.session import Session


@verb("api-versions", "minipod api-versions")
@pass_session
def api_versions(session: Session) -> None:
    """List the groups of the API, each with its version."""
    from minipod.client import discovery

    for version in discovery.api_versions(session.api()):
        tell(version)
