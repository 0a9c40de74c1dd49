"""`minipod edit`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from minipod.cli.options import (
    field_manager_option,
    files_option,
    namespace_option,
    offers,
    pass_session,
    selector_option,
    verb,
)
from minipod.cli.printing.form import managed_fields_option

if TYPE_CHECKING:
    from pathlib import Path

    from minipod.cli.session import Session
    from minipod.client import Api
    from minipod.client.changes.edited import Change, Text
    from minipod.client.changes.patches import Validation
    from minipod.client.kinds import Kind
    from minipod.errors import MinipodError

    JSON = dict[str, Any]


@verb(
    "edit",
    "minipod edit pod/web",
    "minipod edit pod web db -n lab -o json",
    "minipod edit pods -l app=web",
    "minipod edit -f pod.yaml --save-config",
)
@click.argument(
    "resources", nargs=-1, metavar="[KIND [NAME...] | KIND/NAME...]", **offers("resources")
)
@files_option(required=False)
@selector_option
@click.option(
    "-o",
    "--output",
    type=click.Choice(("yaml", "json")),
    help="The language to edit in, and to print the objects in then. [default: yaml, and a line"
    " for each]",
)
@click.option("--output-patch", is_flag=True, help="Print what is sent to the server too.")
@click.option(
    "--save-config",
    is_flag=True,
    help="Keep the object in its annotation, as if it had been applied.",
)
@click.option(
    "--validate",
    type=click.Choice(("strict", "warn", "ignore", "true", "false")),
    is_flag=False,
    flag_value="strict",
    default="strict",
    show_default=True,
    help="What becomes of fields that are not known: an error, a warning, nothing.",
)
@click.option(
    "--windows-line-endings",
    "windows",
    is_flag=True,
    help="Give the editor lines that end in CRLF.",
)
@field_manager_option
@managed_fields_option
@namespace_option
@pass_session
def edit(  # noqa: PLR0913 (an option each)
    session: Session,
    *,
    resources: tuple[str, ...],
    files: tuple[str, ...],
    recursive: bool,
    selector: str | None,
    output: str | None,
    output_patch: bool,
    save_config: bool,
    validate: str,
    windows: bool,
) -> int:
    """Change objects in an editor.

    The editor is KUBE_EDITOR, EDITOR, or vi. Several objects are one List in it; a kind without
    names is all of it in the namespace. Nothing changes if the file is left as it was, or empty. If
    it is not valid, it is opened again with the reasons at its top; if it cannot be saved, it is
    kept, and its name told. What others change meanwhile stays.
    """
    from minipod.cli.arguments.targets import Meant, require_one_way, targets
    from minipod.client.changes import editor
    from minipod.client.changes.patches import Validation
    from minipod.client.kinds import CHANGEABLE
    from minipod.errors import MinipodError

    meant = Meant(resources, files, recursive, selector)
    meant = meant._replace(every=bool(resources) and selector is None and not meant.named)
    require_one_way(meant)
    api = session.api()
    found = [api.get(*one[:3]) for one in targets(api, session, meant, CHANGEABLE)]
    if not found:
        raise MinipodError("edit cancelled, no objects found")
    words = editor.command(os.environ)
    strictness = {"true": "strict", "false": "ignore"}.get(validate, validate)
    how = How(
        output,
        Validation(strictness.capitalize()),
        output_patch,
        save_config,
        "\r\n" if windows else "\n",
    )
    return _Editing(api, found, words, how).run()


class How(NamedTuple):
    """How to edit and to save; `output` None: in YAML, and a line for each object is printed."""

    output: str | None
    validation: Validation
    tell_patch: bool
    save_config: bool
    newline: str

    @property
    def form(self) -> str:
        """The language that the editor sees."""
        return self.output or "yaml"


class Saved(NamedTuple):
    """What came of the objects that an editor left."""

    invalid: list[MinipodError]
    conflicts: int = 0
    gone: int = 0


class _Editing:
    """Some objects, opened until they are saved, left, or lost."""

    def __init__(self, api: Api, objects: list[JSON], words: list[str], how: How) -> None:
        from minipod.cli.printing.form import Form
        from minipod.cli.printing.results import results

        self._api = api
        self._objects = objects
        self._words = words
        self._how = how
        self._results = results(Form(how.output))

    def run(self) -> int:
        """Return the exit code. MinipodError, with the file kept, if nothing can be saved."""
        from minipod.cli.printing.output import structured
        from minipod.client.changes.edited import Text, document
        from minipod.errors import BadRequest, InvalidObject

        original = structured(document(self._objects), self._how.form) + "\n"
        text = Text(original)
        while True:
            body, file = self._edited(text)
            try:
                found = [] if body == original else self._changes(text, body, file)
            except (BadRequest, InvalidObject) as error:
                invalid: list[MinipodError] = [error]
            else:
                if not any(one.patch() for one in found):
                    return _leave(body, file)
                saved = self._save(found, file)
                if not saved.invalid:
                    return _end(saved, file)
                invalid = saved.invalid
            file.unlink(missing_ok=True)
            text = Text(body, tuple(invalid))

    def _edited(self, text: Text) -> tuple[str, Path]:
        """Return what the editor made of a text, and the file that holds it."""
        from minipod.client.changes import editor
        from minipod.client.changes.edited import body_of
        from minipod.errors import MinipodError

        file = editor.write(str(text), f".{self._how.form}", newline=self._how.newline)
        try:
            return body_of(editor.edit(file, self._words)), file
        except MinipodError:
            _tell_kept(file)
            raise

    def _changes(self, text: Text, body: str, file: Path) -> list[Change]:
        """Return what became of the objects. BadRequest, InvalidObject: edit again."""
        from minipod.client.changes.edited import changes, is_empty
        from minipod.errors import MinipodError

        if is_empty(body):
            return []
        if text.errors and body == text.body:
            _tell_kept(file)
            raise MinipodError("Edit cancelled, no valid changes were saved.") from text.errors[0]
        return changes(self._objects, body)

    def _save(self, found: list[Change], file: Path) -> Saved:
        """Change the objects one after the other; those that are refused are to be edited again."""
        from minipod.cli.printing.output import say_error, say_error_line
        from minipod.errors import BadRequest, Conflict, InvalidObject, MinipodError, NotFound

        saved = Saved([])
        for change in found:
            try:
                self._save_one(change)
            except (BadRequest, InvalidObject) as error:
                say_error_line(f"{_name(change.before)} is invalid")
                saved.invalid.append(error)
            except Conflict as error:
                say_error(error)
                saved = saved._replace(conflicts=saved.conflicts + 1)
            except NotFound as error:
                say_error(error)
                saved = saved._replace(gone=saved.gone + 1)
            except MinipodError:
                _tell_kept(file)
                raise
        return saved

    def _save_one(self, change: Change) -> None:
        from minipod.cli.printing.output import tell
        from minipod.client.changes.patches import Patch, PatchKind
        from minipod.client.text.gojson import compact

        body = change.patch(save_config=self._how.save_config)
        if not body:
            self._results.add(change.before, "skipped")
            return
        if self._how.tell_patch:
            tell(f"Patch: {compact(body)}")
        metadata = change.before["metadata"]
        patch = Patch(PatchKind.STRATEGIC, body, self._how.validation)
        where = _kind(change.before), metadata.get("namespace", ""), metadata["name"]
        self._results.add(self._api.patch(*where, patch), "edited")


def _kind(obj: JSON) -> Kind:
    from minipod.client.kinds import BY_WORD

    return BY_WORD[obj["kind"].lower()]


def _name(obj: JSON) -> str:
    return f'{_kind(obj).plural} "{obj["metadata"]["name"]}"'


def _end(saved: Saved, file: Path) -> int:
    """Say what is left to do by hand; return the exit code."""
    from minipod.cli.printing.output import say

    if saved.gone:
        say(f'The edits you made on deleted resources have been saved to "{file}"')
    if saved.conflicts:
        say(f"You can run `minipod replace -f {file}` to try this update again.")
    if saved.gone or saved.conflicts:
        return 1
    file.unlink(missing_ok=True)
    return 0


def _leave(body: str, file: Path) -> int:
    """Say why nothing changes."""
    from minipod.cli.printing.output import say
    from minipod.client.changes.edited import is_empty

    file.unlink(missing_ok=True)
    empty = is_empty(body)
    say(f"Edit cancelled, {'saved file was empty' if empty else 'no changes made'}.")
    return 0


def _tell_kept(file: Path) -> None:
    from minipod.cli.printing.output import say

    if file.exists():
        say(f'A copy of your changes has been stored to "{file}"')
