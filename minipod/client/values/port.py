"""A port, and who listens on it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Self

if TYPE_CHECKING:
    JSON = dict[str, Any]


class Port(NamedTuple):
    """A port that somebody listens on or declares: a row of `minipod ports`.

    `pid` (the machine's number) and `command` are None where nobody listens. `marks` are words of
    docs/conflicts.md, "Declared", "Silent" for two; `note` says what to do, None if all is well.
    `raw` is the row as the server has it, to be read only.
    """

    namespace: str
    pod: str
    container: str | None
    protocol: str
    address: str | None
    port: int
    pid: int | None
    command: str | None
    declared: bool
    marks: tuple[str, ...]
    note: str | None
    raw: JSON

    def __hash__(self) -> int:
        return hash(self[:-1])

    def __repr__(self) -> str:
        place = f"{self.address or '-'}:{self.port}/{self.protocol}"
        return f"<Port {self.namespace}/{self.pod} {place} {', '.join(self.marks)}>"

    @property
    def listening(self) -> bool:
        """Whether somebody listens."""
        return self.address is not None

    @classmethod
    def of(cls, row: JSON) -> Self:
        """Make one from a row as the server has it."""
        fields = {name: row[name] for name in cls._fields[:-1]}
        return cls(**(fields | {"marks": tuple(row["marks"]), "raw": row}))
