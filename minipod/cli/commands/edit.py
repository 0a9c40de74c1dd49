"""`minipod edit`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from minipod.cli.options import namespace_option, offers, pass_session, verb

if TYPE_CHECKING:
    from pathlib import Path

    from minipod.cli.session import Session
    from minipod.client import Api
    from minipod.client.api import Patch, Validation
    from minipod.client.changes.edited import Text
    from minipod.client.targets import Target

    JSON = dict[str, Any]


@verb("edit", "minipod edit pod/web", "minipod edit pod web -n lab -o json")
@click.argument("resources", nargs=-1, metavar="KIND/NAME", **offers("resources"))
@click.option(
    "-o",
    "--output",
    type=click.Choice(("yaml", "json")),
    default="yaml",
    show_default=True,
    help="The language to edit in.",
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
@namespace_option
@pass_session
def edit(session: Session, *, resources: tuple[str, ...], output: str, validate: str) -> int:
    """Change an object in an editor.

    The editor is KUBE_EDITOR, EDITOR, or vi. Nothing changes if the file is left as it was, or
    empty. If it is not valid, it is opened again with the reasons at its top; if it cannot be
    saved, it is kept, and its name told. What others change meanwhile stays.
    """
    from minipod.cli.arguments.targets import Meant, require_one_way, targets
    from minipod.client.api import Validation
    from minipod.client.changes import editor
    from minipod.client.kinds import CHANGEABLE

    meant = Meant(resources)
    require_one_way(meant)
    api = session.api()
    found = targets(api, session, meant, CHANGEABLE)
    if len(found) != 1:
        raise click.UsageError("edit one object at a time")
    words = editor.command(os.environ)
    strictness = {"true": "strict", "false": "ignore"}.get(validate, validate)
    validation = Validation(strictness.capitalize())
    return _Editing(api, found[0], words, How(output, validation)).run()


class How(NamedTuple):
    """In which language to edit, and what becomes of fields that are not known."""

    form: str
    validation: Validation


class _Editing:
    """One object, opened until it is saved, left, or lost."""

    def __init__(self, api: Api, target: Target, words: list[str], how: How) -> None:
        self._api = api
        self._where = target.kind, target.namespace, target.name
        self._words = words
        self._how = how

    def run(self) -> int:
        """Return the exit code. MinipodError, with the file kept, if nothing can be saved."""
        from minipod.cli.printing.output import structured
        from minipod.client.changes.edited import Text
        from minipod.errors import BadRequest, InvalidObject

        before = self._api.get(*self._where)
        original = structured(before, self._how.form) + "\n"
        text = Text(original)
        while True:
            body, file = self._edited(text)
            try:
                patch = None if body == original else self._change(before, text, body, file)
                return _leave(body, file) if patch is None else self._save(patch, file)
            except (BadRequest, InvalidObject) as error:
                file.unlink(missing_ok=True)
                text = Text(body, error)

    def _edited(self, text: Text) -> tuple[str, Path]:
        """Return what the editor made of a text, and the file that holds it."""
        from minipod.client.changes import editor
        from minipod.client.changes.edited import body_of
        from minipod.errors import MinipodError

        file = editor.write(str(text), f".{self._how.form}")
        try:
            return body_of(editor.edit(file, self._words)), file
        except MinipodError:
            _tell_kept(file)
            raise

    def _change(self, before: JSON, text: Text, body: str, file: Path) -> Patch | None:
        """Return what is to be changed; None for nothing. BadRequest, InvalidObject: edit again."""
        from minipod.client.changes.edited import change, is_empty
        from minipod.errors import MinipodError

        if is_empty(body):
            return None
        if text.error is not None and body == text.body:
            _tell_kept(file)
            raise MinipodError("Edit cancelled, no valid changes were saved.") from text.error
        patch = change(before, body)
        return patch and patch._replace(validation=self._how.validation)

    def _save(self, patch: Patch, file: Path) -> int:
        """Change the object. BadRequest, InvalidObject if the text is to be edited again."""
        from minipod.cli.printing.output import say, say_error
        from minipod.cli.printing.results import results
        from minipod.errors import BadRequest, Conflict, InvalidObject, MinipodError, NotFound

        try:
            obj = self._api.patch(*self._where, patch)
        except (BadRequest, InvalidObject):
            raise
        except Conflict as error:
            say_error(error)
            say(f"You can run `minipod replace -f {file}` to try this update again.")
            return 1
        except NotFound as error:
            say_error(error)
            say(f'The edits you made on deleted resources have been saved to "{file}"')
            return 1
        except MinipodError:
            _tell_kept(file)
            raise
        file.unlink(missing_ok=True)
        results(None).add(obj, "edited")
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
