"""Tokens to nodes, as Go's text/template/parse reads them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

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
    Template,
    Text,
    Variable,
)
from minipod.client.gotemplate.tokens import SyntaxProblem, Token, Type, tokens
from minipod.client.jsonpath.quoting import unquoted

if TYPE_CHECKING:
    from collections.abc import Container, Iterator

    from minipod.client.gotemplate.nodes import Body, Node, Statement

_DECLARED_BY_RANGE = 2
_OPERANDS = frozenset(
    {
        Type.BOOL, Type.CHARACTER, Type.DOT, Type.FIELD, Type.NAME, Type.NUMBER, Type.OPEN,
        Type.RAW, Type.STRING, Type.VARIABLE,
    }
)  # fmt: skip


def parse(text: str, functions: Container[str]) -> Template:
    """Return the template that a text is; `functions` are the names that it may use.

    SyntaxProblem.
    """
    try:
        return _Parser(text, functions).template()
    except RecursionError as error:
        raise SyntaxProblem(1, "it is nested too deep") from error


class _Parser:
    def __init__(self, text: str, functions: Container[str]) -> None:
        self._text = text
        self._functions = functions
        self._tokens: Iterator[Token] = tokens(text)
        self._ahead: list[Token] = []
        self._variables = ["$"]
        self._ranges = 0
        self._defined: dict[str, Body] = {}
        self._line = 1

    def template(self) -> Template:
        body, end = self._body(top=True)
        if end is not None:
            self._fail(f"unexpected {{{{{end}}}}}")
        return Template(self._text, body, self._defined)

    # Tokens

    def _next(self) -> Token:
        token = self._ahead.pop() if self._ahead else next(self._tokens)
        self._line = token.line
        return token

    def _back(self, token: Token) -> None:
        self._ahead.append(token)

    def _peek(self) -> Token:
        token = self._next()
        self._back(token)
        return token

    def _next_word(self) -> Token:
        """Return the next token that is no space."""
        token = self._next()
        while token.type is Type.SPACE:
            token = self._next()
        return token

    def _peek_word(self) -> Token:
        token = self._next_word()
        self._back(token)
        return token

    def _fail(self, why: str) -> NoReturn:
        raise SyntaxProblem(self._line, why)

    def _unexpected(self, token: Token, context: str) -> NoReturn:
        self._fail(f"unexpected {token} in {context}")

    # Statements

    def _body(self, *, top: bool = False) -> tuple[Body, str | None]:
        """Return statements up to an `else`, an `end`, or where `top` the text's end, and which."""
        found: list[Statement] = []
        while True:
            token = self._next()
            if token.type is Type.END:
                if not top:
                    self._fail("unexpected EOF")
                return tuple(found), None
            if token.type is Type.TEXT:
                found.append(Text(token.place, token.value))
                continue
            word = self._next_word()
            if word.type is Type.KEYWORD and word.value in {"else", "end"}:
                if word.value == "end":
                    self._require_right("end")
                return tuple(found), word.value
            if statement := self._statement(word, top=top):
                found.append(statement)

    def _statement(self, word: Token, *, top: bool) -> Statement | None:
        """Return what a word begins: None for a definition."""
        if word.type is not Type.KEYWORD or word.value == "nil":
            self._back(word)
            place = self._peek().place
            return Action(place, self._pipeline("command", Type.RIGHT))
        if word.value in {"if", "with", "range"}:
            return self._branch(word)
        if word.value in {"break", "continue"}:
            if not self._ranges:
                self._fail(f"{{{{{word.value}}}}} outside {{{{range}}}}")
            self._require_right(f"{{{{{word.value}}}}}")
            return Jump(word.place, word.value)
        if word.value == "define":
            if not top:
                self._unexpected(word, "command")
            self._define(self._quoted("define clause")[0], "define clause")
            return None
        return self._call(word)

    def _branch(self, word: Token) -> Branch:
        kept = len(self._variables)
        pipeline = self._pipeline(word.value, Type.RIGHT)
        self._ranges += word.value == "range"
        body, end = self._body()
        self._ranges -= word.value == "range"
        otherwise = None
        if end == "else":
            otherwise = self._else(word)
        del self._variables[kept:]
        return Branch(word.place, word.value, pipeline, body, otherwise)

    def _else(self, branch: Token) -> Body:
        """Return what stands behind an `else`; `else if` is an `if` in it, with the same end."""
        word = self._peek_word()
        if (
            word.type is Type.KEYWORD
            and word.value == branch.value
            and word.value in {"if", "with"}
        ):
            return (self._branch(self._next_word()),)
        self._require_right("else")
        body, end = self._body()
        if end != "end":
            self._fail("expected end; found {{else}}")
        return body

    def _call(self, word: Token) -> Call:
        """Return a call of a template, which `block` defines too."""
        context = f"{word.value} clause"
        place = self._peek_word().place
        name, written = self._quoted(context)
        pipeline = None
        if word.value == "block":
            pipeline = self._pipeline(context, Type.RIGHT)
            self._define_body(name, context)
        elif self._peek_word().type is Type.RIGHT:
            self._next_word()
        else:
            pipeline = self._pipeline(context, Type.RIGHT)
        return Call(place, name, written, pipeline)

    def _define(self, name: str, context: str) -> None:
        self._require_right(context)
        self._define_body(name, context)

    def _define_body(self, name: str, context: str) -> None:
        """Read the body of a definition, which has variables and loops of its own."""
        before = self._variables, self._ranges
        self._variables, self._ranges = ["$"], 0
        body, end = self._body()
        if end != "end":
            self._fail(f"unexpected {{{{else}}}} in {context}")
        self._variables, self._ranges = before
        self._defined[name] = body

    def _quoted(self, context: str) -> tuple[str, str]:
        token = self._next_word()
        if token.type not in {Type.STRING, Type.RAW}:
            self._unexpected(token, context)
        return self._unquoted(token), token.value

    def _require_right(self, context: str) -> None:
        token = self._next_word()
        if token.type is not Type.RIGHT:
            self._unexpected(token, context)

    # Pipelines

    def _pipeline(self, context: str, end: Type) -> Pipeline:
        place = self._peek_word().place
        variables, assigns = self._declared(context)
        commands: list[Command] = []
        while True:
            token = self._next_word()
            if token.type is end:
                self._require_commands(commands, context)
                return Pipeline(place, variables, assigns, tuple(commands))
            if token.type not in _OPERANDS and not _is_nil(token):
                self._unexpected(token, context)
            self._back(token)
            commands.append(self._command())

    def _declared(self, context: str) -> tuple[tuple[str, ...], bool]:
        """Return the variables that get a pipeline's value, and whether they are there already."""
        found: list[str] = []
        while self._peek_word().type is Type.VARIABLE:
            variable = self._next_word()
            space = self._next()
            sign = self._next_word() if space.type is Type.SPACE else space
            if sign.type in {Type.DECLARE, Type.ASSIGN}:
                found.append(variable.value)
                if sign.type is Type.DECLARE:
                    self._variables += found
                return tuple(found), sign.type is Type.ASSIGN
            if context == "range" and not found and (sign.type, sign.value) == (Type.SIGN, ","):
                found.append(variable.value)
                if self._peek_word().type is not Type.VARIABLE:
                    self._fail("range can only initialize variables")
                continue
            if (sign.type, sign.value) == (Type.SIGN, ","):
                self._fail(f"too many declarations in {context}")
            self._back(sign)
            if space.type is Type.SPACE:
                self._back(space)
            self._back(variable)
            break
        return (), False

    def _require_commands(self, commands: list[Command], context: str) -> None:
        if not commands:
            self._fail(f"missing value for {context}")
        for number, command in enumerate(commands[1:], 2):
            if isinstance(command.words[0], (Constant, Dot, Nil)):
                self._fail(f"non executable command in pipeline stage {number}")

    def _command(self) -> Command:
        place = self._peek_word().place
        words: list[Node] = []
        while True:
            self._back(self._next_word())
            operand = self._operand()
            if operand is not None:
                words.append(operand)
            token = self._next()
            if token.type is Type.SPACE:
                continue
            if token.type in {Type.RIGHT, Type.CLOSE}:
                self._back(token)
            elif token.type is not Type.PIPE:
                self._unexpected(token, "operand")
            break
        if not words:
            self._fail("empty command")
        return Command(place, tuple(words))

    def _operand(self) -> Node | None:
        """Return a term, with the fields that stand close behind it."""
        node = self._term()
        if node is None or self._peek().type is not Type.FIELD:
            return node
        place, fields = self._peek().place, []
        while self._peek().type is Type.FIELD:
            fields.append(self._next().value[1:])
        if isinstance(node, Field):
            return Field(place, (*node.names, *fields))
        if isinstance(node, Variable):
            return Variable(place, node.name, (*node.fields, *fields))
        if isinstance(node, (Constant, Dot, Nil)):
            self._fail(f"unexpected . after term {_quoted(str(node))}")
        return Chain(place, node, tuple(fields))

    def _term(self) -> Node | None:
        token = self._next_word()
        match token.type:
            case Type.NAME:
                if token.value not in self._functions:
                    self._fail(f'function "{token.value}" not defined')
                return Name(token.place, token.value)
            case Type.DOT:
                return Dot(token.place)
            case Type.FIELD:
                return Field(token.place, (token.value[1:],))
            case Type.VARIABLE:
                if token.value not in self._variables:
                    self._fail(f'undefined variable "{token.value}"')
                return Variable(token.place, token.value, ())
            case Type.OPEN:
                return self._pipeline("parenthesized pipeline", Type.CLOSE)
            case Type.BOOL | Type.NUMBER | Type.CHARACTER | Type.STRING | Type.RAW:
                return self._constant(token)
        if _is_nil(token):
            return Nil(token.place)
        self._back(token)
        return None

    def _constant(self, token: Token) -> Constant:
        value: bool | int | float | str
        match token.type:
            case Type.BOOL:
                value = token.value == "true"
            case Type.NUMBER:
                value = self._number(token.value)
            case Type.CHARACTER:
                value = self._character(token)
            case _:
                value = self._unquoted(token)
        return Constant(token.place, token.value, value)

    def _unquoted(self, token: Token) -> str:
        if token.type is Type.RAW:
            return token.value[1:-1]
        try:
            return unquoted(token.value)
        except ValueError as error:
            self._fail(str(error))

    def _character(self, token: Token) -> int:
        text = self._unquoted(token)
        if len(text) != 1:
            self._fail(f"malformed character constant: {token.value}")
        return ord(text)

    def _number(self, text: str) -> int | float:
        plain = text.replace("_", "")
        try:
            octal = plain.lstrip("+-")
            if octal.isdigit() and octal.startswith("0") and len(octal) > 1:
                return int(plain, 8)
            return int(plain, 0)
        except ValueError:
            pass
        try:
            return float.fromhex(plain) if "x" in plain.lower() else float(plain)
        except ValueError:
            self._fail(f"bad number syntax: {_quoted(text)}")


def _is_nil(token: Token) -> bool:
    return token.type is Type.KEYWORD and token.value == "nil"


def _quoted(text: str) -> str:
    from minipod.client.gotemplate.values import quoted  # noqa: PLC0415 (only for an error)

    return quoted(text)
