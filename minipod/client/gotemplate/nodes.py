"""What a template consists of. Each node knows its place in the text, and how errors spell it."""

from __future__ import annotations

from typing import NamedTuple


class Name(NamedTuple):
    """A function."""

    place: int
    name: str

    def __str__(self) -> str:
        return self.name


class Field(NamedTuple):
    """`.a.b`: fields of the dot."""

    place: int
    names: tuple[str, ...]

    def __str__(self) -> str:
        return "".join(f".{name}" for name in self.names)


class Variable(NamedTuple):
    """`$x.a.b`: a variable, and fields of its value."""

    place: int
    name: str
    fields: tuple[str, ...]

    def __str__(self) -> str:
        return ".".join((self.name, *self.fields))


class Chain(NamedTuple):
    """`(…).a.b`: fields of what a pipeline in brackets gives."""

    place: int
    of: Node
    fields: tuple[str, ...]

    def __str__(self) -> str:
        of = f"({self.of})" if isinstance(self.of, Pipeline) else str(self.of)
        return of + "".join(f".{name}" for name in self.fields)


class Dot(NamedTuple):
    """`.`."""

    place: int

    def __str__(self) -> str:
        return "."


class Nil(NamedTuple):
    """`nil`."""

    place: int

    def __str__(self) -> str:
        return "nil"


class Constant(NamedTuple):
    """A number, a string or a truth, as it is written and as it is."""

    place: int
    written: str
    value: bool | int | float | str

    def __str__(self) -> str:
        return self.written


class Command(NamedTuple):
    """A word with what it is given."""

    place: int
    words: tuple[Node, ...]

    def __str__(self) -> str:
        return " ".join(
            f"({word})" if isinstance(word, Pipeline) else str(word) for word in self.words
        )


class Pipeline(NamedTuple):
    """Commands, each with the result of the one before; `variables` get the last one's."""

    place: int
    variables: tuple[str, ...]
    assigns: bool
    commands: tuple[Command, ...]

    def __str__(self) -> str:
        said = " | ".join(map(str, self.commands))
        if not self.variables:
            return said
        return f"{', '.join(self.variables)} {'=' if self.assigns else ':='} {said}"


class Text(NamedTuple):
    """What stands for itself."""

    place: int
    text: str


class Action(NamedTuple):
    """A pipeline whose value is printed, unless it is given to variables."""

    place: int
    pipeline: Pipeline

    def __str__(self) -> str:
        return f"{{{{{self.pipeline}}}}}"


class Branch(NamedTuple):
    """`if`, `with` or `range`: `word` says which."""

    place: int
    word: str
    pipeline: Pipeline
    body: Body
    otherwise: Body | None


class Jump(NamedTuple):
    """`break` or `continue`."""

    place: int
    word: str


class Call(NamedTuple):
    """`template "name" pipeline`."""

    place: int
    name: str
    written: str
    pipeline: Pipeline | None

    def __str__(self) -> str:
        given = f" {self.pipeline}" if self.pipeline else ""
        return f"{{{{template {self.written}{given}}}}}"


Operand = Name | Field | Variable | Chain | Dot | Nil | Constant
Node = Operand | Pipeline
Statement = Text | Action | Branch | Jump | Call
Body = tuple[Statement, ...]


class Template(NamedTuple):
    """A template's text, what it does, and the templates that it defines by name."""

    text: str
    body: Body
    defined: dict[str, Body]
