"""Objects in a person's editor, until they are saved, left as they were, or lost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from pathlib import Path

    from minipod.client import Api
    from minipod.client.changes.edited import Change, Text
    from minipod.client.changes.patches import Validation
    from minipod.client.kinds import Kind
    from minipod.errors import MinipodError

    JSON = dict[str, Any]


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


class Editing:
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
