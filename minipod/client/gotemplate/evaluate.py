"""What a template makes of a value, as Go's text/template executes it."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

from minipod.client.gotemplate.comparing import CallError
from minipod.client.gotemplate.functions import FUNCTIONS
from minipod.client.gotemplate.nodes import (
    Action,
    Branch,
    Call,
    Chain,
    Command,
    Constant,
    Dot,
    Field,
    Jump,
    Name,
    Nil,
    Pipeline,
    Text,
    Variable,
)
from minipod.client.gotemplate.values import MISSING, from_json, go_type, shown, truth
from minipod.errors import BadRequest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from minipod.client.gotemplate.nodes import Body, Node, Operand, Statement, Template

_DEEPEST = 50
_NO_MORE: Any = object()
"""Where no value comes out of a pipe."""


class ExecutionError(BadRequest):
    """A template that makes no sense for a value."""


class _Held(NamedTuple):
    """A value that a template can name; `known`: Go has its type, and not only `interface {}`."""

    value: Any
    known: bool = True


class _Leave(Exception):
    """A `break` or `continue` on its way to its loop."""

    def __init__(self, word: str) -> None:
        super().__init__(word)
        self.word = word


def render(template: Template, value: Any, *, allow_missing: bool = True) -> str:
    """Return what a template makes of a JSON value. ExecutionError.

    Where `allow_missing`, a key that is not there is `<no value>`, else it is an error.
    """
    state = _State(template, strict=not allow_missing)
    try:
        state.call("output", template.body, _Held(from_json(value)))
    except RecursionError as error:
        raise ExecutionError("template: output: the template has no end of depth") from error
    return "".join(state.out)


class _State:
    """A template while it is executed: what it has written, and its variables."""

    def __init__(self, template: Template, *, strict: bool) -> None:
        self.out: list[str] = []
        self._template = template
        self._strict = strict
        self._variables: list[tuple[str, _Held]] = []
        self._name = ""
        self._depth = 0

    def call(self, name: str, body: Body, dot: _Held) -> None:
        """Execute a template, which sees no variable of others."""
        before = self._variables, self._name
        self._variables, self._name = [("$", dot)], name
        self._depth += 1
        self._body(body, dot)
        self._depth -= 1
        self._variables, self._name = before

    def _fail(self, node: Node | Call | Command, why: str) -> NoReturn:
        text = self._template.text[: node.place]
        line, column = text.count("\n") + 1, node.place - (text.rfind("\n") + 1)
        raise ExecutionError(
            f'template: output:{line}:{column}: executing "{self._name}" at <{node}>: {why}'
        )

    # Statements

    def _body(self, body: Iterable[Statement], dot: _Held) -> None:
        for statement in body:
            match statement:
                case Text(_, text):
                    self.out.append(text)
                case Action(_, pipeline):
                    value = self._pipeline(pipeline, dot)
                    if not pipeline.variables:
                        self.out.append(shown(value))
                case Branch():
                    with self._scope():
                        self._branch(statement, dot)
                case Jump(_, word):
                    raise _Leave(word)
                case Call():
                    self._call_template(statement, dot)

    @contextmanager
    def _scope(self) -> Iterator[None]:
        """Forget, at the end, the variables that are declared meanwhile."""
        count = len(self._variables)
        try:
            yield
        finally:
            del self._variables[count:]

    def _branch(self, branch: Branch, dot: _Held) -> None:
        if branch.word == "range":
            self._range(branch, dot)
            return
        value = self._pipeline(branch.pipeline, dot)
        if truth(value):
            self._body(branch.body, _Held(value) if branch.word == "with" else dot)
        else:
            self._body(branch.otherwise or (), dot)

    def _range(self, branch: Branch, dot: _Held) -> None:
        value = self._pipeline(branch.pipeline, dot, bind=False)
        pairs = self._pairs(branch.pipeline, value)
        for key, item in pairs:
            with self._scope():
                self._bind_pair(branch.pipeline, key, item)
                try:
                    self._body(branch.body, _Held(item, known=False))
                except _Leave as leave:
                    if leave.word == "break":
                        break
        if not pairs:
            self._body(branch.otherwise or (), dot)

    def _pairs(self, pipeline: Pipeline, value: Any) -> Sequence[tuple[Any, Any]]:
        """Return what a range goes over: keys or indexes, each with its item."""
        match value:
            case dict():
                return [(key, value[key]) for key in sorted(value)]
            case list():
                return list(enumerate(value))
            case int() if not isinstance(value, bool):
                if len(pipeline.variables) > 1:
                    why = f"can't use {value} to iterate over more than one variable"
                    self._fail(_last(pipeline), why)
                return [(number, number) for number in range(value)]
        if value is MISSING:
            return ()
        return self._fail(_last(pipeline), f"range can't iterate over {shown(value)}")

    def _bind_pair(self, pipeline: Pipeline, key: Any, item: Any) -> None:
        """Give a range's variables what they are for: one alone has the item."""
        of_item = _Held(item, known=False)
        helds = (of_item,) if len(pipeline.variables) == 1 else (_Held(key), of_item)
        for name, held in zip(pipeline.variables, helds, strict=False):
            self._bind(name, held, assign=pipeline.assigns)

    def _bind(self, name: str, held: _Held, *, assign: bool) -> None:
        if assign:
            self._variables[self._place_of(name)] = (name, held)
        else:
            self._variables.append((name, held))

    def _require_variables(self, pipeline: Pipeline) -> None:
        """Fail if a pipeline's value is for a variable that is not there."""
        known = {name for name, _ in self._variables}
        for name in pipeline.variables if pipeline.assigns else ():
            if name not in known:
                self._fail(_last(pipeline), f"undefined variable: {name}")

    def _place_of(self, name: str) -> int:
        """Return where the newest variable of a name is."""
        return next(
            n for n in reversed(range(len(self._variables))) if self._variables[n][0] == name
        )

    def _call_template(self, call: Call, dot: _Held) -> None:
        body = self._template.defined.get(call.name)
        if body is None:
            self._fail(call, f'template "{call.name}" not defined')
        if self._depth > _DEEPEST:
            self._fail(call, f"exceeded maximum template depth ({_DEEPEST})")
        given = MISSING if call.pipeline is None else self._pipeline(call.pipeline, dot)
        self.call(call.name, body, _Held(given))

    # Values

    def _pipeline(self, pipeline: Pipeline, dot: _Held, *, bind: bool = True) -> Any:
        """Return the value of a pipeline, which is nil nowhere: nil is no value then."""
        value: Any = _NO_MORE
        for command in pipeline.commands:
            value = self._command(command, dot, value)
            if value is None:
                value = MISSING
        self._require_variables(pipeline)
        for name in pipeline.variables if bind else ():
            self._bind(name, _Held(value), assign=pipeline.assigns)
        return value

    def _command(self, command: Command, dot: _Held, final: Any) -> Any:
        first, *given = command.words
        match first:
            case Name():
                return self._function(command, dot, final)
            case Field() | Variable() | Chain():
                if given or final is not _NO_MORE:
                    return self._argued(first, dot)
                return self._operand(first, dot)
        if given or final is not _NO_MORE:
            self._fail(first, f"can't give argument to non-function {first}")
        if isinstance(first, Nil):
            self._fail(first, "nil is not a command")
        return self._operand(first, dot)

    def _argued(self, node: Field | Variable | Chain, dot: _Held) -> NoReturn:
        """Say that a field is no function, which is all that can be given something."""
        names = node.names if isinstance(node, Field) else node.fields
        if not names:
            self._fail(node, f"can't give argument to non-function {node}")
        self._operand(node, dot)
        self._fail(node, f"{names[-1]} is not a method but has arguments")

    def _operand(self, node: Operand | Pipeline, dot: _Held) -> Any:
        """Return the value of a word of a command."""
        match node:
            case Pipeline():
                return self._pipeline(node, dot)
            case Field(_, names):
                return self._fields(node, names, dot)
            case Variable(_, name, names):
                return self._fields(node, names, self._variables[self._place_of(name)][1])
            case Chain(_, of, names):
                if isinstance(of, Nil):
                    self._fail(node, "indirection through explicit nil in " + str(node))
                return self._fields(_last(of), names, _Held(self._operand(of, dot)))
            case Name():
                return self._function(Command(node.place, (node,)), dot, _NO_MORE)
            case Constant(_, _, value):
                return value
            case Dot():
                return dot.value
            case Nil():
                return MISSING

    def _fields(self, node: Node, names: Iterable[str], held: _Held) -> Any:
        for name in names:
            held = _Held(self._field(node, name, held), known=False)
        return held.value

    def _field(self, node: Node, name: str, held: _Held) -> Any:
        value = held.value
        if value is MISSING:
            if self._strict:
                self._fail(node, f'nil data; no entry for key "{name}"')
            return MISSING
        if value is None:
            self._fail(node, f"nil pointer evaluating interface {{}}.{name}")
        if not isinstance(value, dict):
            kind = go_type(value) if held.known else "interface {}"
            self._fail(node, f"can't evaluate field {name} in type {kind}")
        if name not in value and self._strict:
            self._fail(node, f'map has no entry for key "{name}"')
        return value.get(name, MISSING)

    # Functions

    def _function(self, command: Command, dot: _Held, final: Any) -> Any:
        """Return what a function gives; `final` is its last value, if it came out of a pipe."""
        name, *given = command.words
        assert isinstance(name, Name)
        self._require_count(name, len(given) + (final is not _NO_MORE))
        if name.name in {"and", "or"}:
            return self._short(name.name, given, dot, final)
        values = [self._argument(name, n, node, dot) for n, node in enumerate(given)]
        if final is not _NO_MORE:
            self._require_text(name, name, len(values), final)
            values.append(final)
        try:
            if name.name == "call":
                _refuse_call(values[0], given[0] if given else name)
            return FUNCTIONS[name.name].call(*values)
        except CallError as error:
            self._fail(command, f"error calling {name}: {error}")

    def _short(self, name: str, given: Sequence[Node], dot: _Held, final: Any) -> Any:
        """Return the first value that decides `and` or `or`, or the last; look at no more."""
        value: Any = MISSING
        for node in given:
            value = self._operand(node, dot)
            if truth(value) is (name == "or"):
                return value
        return value if final is _NO_MORE else final

    def _argument(self, name: Name, number: int, node: Node, dot: _Held) -> Any:
        value = self._operand(node, dot)
        self._require_text(name, node, number, value)
        return value

    def _require_text(self, name: Name, node: Node, number: int, value: Any) -> None:
        if number >= FUNCTIONS[name.name].strings or isinstance(value, str):
            return
        if isinstance(node, Constant):
            self._fail(node, f"expected string; found {node}")
        if isinstance(node, Nil):
            self._fail(node, "cannot assign nil to string")
        if value is MISSING or value is None:
            self._fail(_last(node), "invalid value; expected string")
        self._fail(_last(node), f"wrong type for value; expected string; got {go_type(value)}")

    def _require_count(self, name: Name, count: int) -> None:
        function = FUNCTIONS[name.name]
        if function.most is None and count < function.least:
            self._fail(
                name,
                f"wrong number of args for {name}: want at least {function.least} got {count}",
            )
        if function.most is not None and not function.least <= count <= function.most:
            self._fail(name, f"wrong number of args for {name}: want {function.least} got {count}")


def _refuse_call(value: Any, node: Node) -> NoReturn:
    if value is None or value is MISSING:
        raise CallError("call of nil")
    raise CallError(f"non-function {node} of type {go_type(value)}")


def _last(node: Node) -> Node:
    """Return what Go looks at last in a pipeline: errors behind it name that."""
    while isinstance(node, (Pipeline, Chain)):
        node = node.of if isinstance(node, Chain) else node.commands[-1].words[-1]
    return node
