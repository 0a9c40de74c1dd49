"""Copying files into a container and out of it, as a stream of the `tar` that runs there.

The stream is read and written here by tarfile as it comes: no file is held in memory. What
comes out of a container is not trusted: it lands below the destination or nowhere.
"""

from __future__ import annotations

import os
import shutil
import tarfile
from contextlib import ExitStack, contextmanager
from typing import IO, TYPE_CHECKING, NamedTuple, Self

from minipod.client.streams import capture
from minipod.client.streams.command import Command, exit_code, request, started
from minipod.client.streams.exec import sandbox_of
from minipod.client.text.words import reason
from minipod.errors import BadRequest, CannotRun, HostError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import Any

    from minipod.client.streams.file_spec import FileSpec
    from minipod.client.streams.sandbox import Sandbox

    JSON = dict[str, Any]

_PIECE = 1 << 20
_PERMISSIONS = 0o777
_LAST_LINES = 3
_NEEDS_TAR = "cp runs tar in the container: its files must have one"


class Place(NamedTuple):
    """A container that runs: the root of its server, its pod, its name."""

    root: str
    pod: JSON
    container: str


class Manner(NamedTuple):
    """How to copy: whether modes are kept, and who hears what was left out."""

    preserve: bool
    warn: Callable[[str], None]


def upload(place: Place, source: FileSpec, target: FileSpec, manner: Manner) -> None:
    """Copy a file or folder of this machine into a container; into `target` if that is a folder.

    BadRequest if it is not there, HostError if it cannot be copied.
    """
    if not os.path.lexists(source.path):
        raise BadRequest(f"{source.path} doesn't exist in local filesystem")
    with _talking(place) as sandbox:
        into = target.within(source.base) if _is_folder(sandbox, place, target) else target
        options = [] if manner.preserve else ["--no-same-permissions", "--no-same-owner"]
        argv = ["tar", *options, "-xmf", "-", "-C", into.folder]
        with _Tar(sandbox, place.container, argv, f"copy {source} to {target}") as tar:
            tar.fed(lambda pipe: _write(pipe, source, into.base))


def download(place: Place, source: FileSpec, target: FileSpec, manner: Manner) -> None:
    """Copy a file or folder of a container to this machine: the contents of a folder to `target`.

    HostError if it cannot be copied.
    """
    with _talking(place) as sandbox:
        argv = ["tar", "-cf", "-", "-C", source.folder, "--", source.base]
        with _Tar(sandbox, place.container, argv, f"copy {source} to {target}") as tar:
            tar.read(lambda pipe: _Unpacking(source.base, target.path, manner).read(pipe))


@contextmanager
def _talking(place: Place) -> Iterator[Sandbox]:
    with sandbox_of(place.root, place.pod, place.container) as sandbox:
        try:
            yield sandbox
        except CannotRun as error:
            error.hint = _NEEDS_TAR
            raise


def _is_folder(sandbox: Sandbox, place: Place, spec: FileSpec) -> bool:
    asked = Command(place.container, ("test", "-d", spec.path), stdin=False, tty=False)
    return capture.run(sandbox, asked, capture.Given(b"", {}), None).exit_code == 0


class _Tar:
    """A `tar` that runs in a container, one end of a pipe in its hand and the other in ours.

    What it complains of goes to a file in memory, so that neither waits for the other.
    """

    def __init__(self, sandbox: Sandbox, container: str, argv: Sequence[str], doing: str) -> None:
        self._sandbox = sandbox
        self._command = Command(container, tuple(argv), stdin=True, tty=False)
        self._doing = doing
        self._open = ExitStack()
        self._complaints = os.fdopen(os.memfd_create("tar"), "r+b")
        self._open.enter_context(self._complaints)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def fed(self, write: Callable[[IO[bytes]], None]) -> None:
        """Have `write` write the stream that tar unpacks."""
        theirs, ours = os.pipe()
        self._go(ours, "wb", theirs, (theirs, self._complaints.fileno()), write)

    def read(self, read: Callable[[IO[bytes]], None]) -> None:
        """Have `read` read the stream that tar packs."""
        ours, theirs = os.pipe()
        nothing = os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)
        self._open.callback(os.close, nothing)
        self._go(ours, "rb", theirs, (nothing, theirs), read)

    def _go(
        self,
        ours: int,
        mode: str,
        theirs: int,
        stdio: tuple[int, int],
        job: Callable[[IO[bytes]], None],
    ) -> None:
        with os.fdopen(ours, mode) as pipe:
            try:
                descriptors = (*stdio, self._complaints.fileno())
                self._sandbox.ask(request(self._command), descriptors)
            finally:
                os.close(theirs)
            trouble = _trouble(job, pipe)
        self._require_success(trouble)

    def _require_success(self, trouble: str | None) -> None:
        """Raise what tar says of itself, else what went wrong on our side of the pipe."""
        code = self._wait()
        self._complaints.seek(0)
        complaints = self._complaints.read().decode(errors="replace").strip()
        said = "; ".join(complaints.splitlines()[-_LAST_LINES:])
        if code and said:
            raise HostError(f"cannot {self._doing}: {said}")
        if code and trouble is None:
            trouble = f"tar ended with exit code {code}"
        if trouble is not None:
            raise HostError(f"cannot {self._doing}: {trouble}")

    def _wait(self) -> int:
        while True:
            content = self._sandbox.receive().content
            if "exit" in content:
                return exit_code(content)
            if "seq" in content:
                started(self._command, content)


def _trouble(job: Callable[[IO[bytes]], None], pipe: IO[bytes]) -> str | None:
    """Do a job with our end of the pipe; return what went wrong."""
    try:
        job(pipe)
        pipe.flush()
    except BrokenPipeError:
        pipe.raw.close()  # type: ignore[attr-defined]  # what is buffered has no reader
        return "tar in the container ended early"
    except tarfile.TarError as error:
        return f"tar's stream cannot be read: {error}"
    except OSError as error:
        return f"{error.filename}: {reason(error)}" if error.filename else reason(error)
    return None


def _write(pipe: IO[bytes], source: FileSpec, name: str) -> None:
    with tarfile.open(fileobj=pipe, mode="w|", bufsize=_PIECE) as archive:
        archive.add(source.path, name)


class _Unpacking:
    """Lays what a stream holds below one path of this machine."""

    def __init__(self, base: str, target: str, manner: Manner) -> None:
        self._base = base
        self._target = target
        self._manner = manner
        self._into_folder = os.path.isdir(target)
        self._modes: list[tuple[str, int]] = []

    def read(self, pipe: IO[bytes]) -> None:
        """Read a stream to its end."""
        with tarfile.open(fileobj=pipe, mode="r|", bufsize=_PIECE) as archive:
            for number, member in enumerate(archive):
                self._take(archive, member, first=number == 0)
        while pipe.read(_PIECE):
            pass  # the padding: a tar that cannot write it would call that an error
        for path, mode in reversed(self._modes):  # a folder that refuses entries gets them first
            os.chmod(path, mode)

    def _take(self, archive: tarfile.TarFile, member: tarfile.TarInfo, *, first: bool) -> None:
        path = self._path(member.name)
        if first and self._into_folder and not member.isdir():
            path = os.path.join(self._target, self._base)
        if path is None:
            self._manner.warn(f'"{member.name}" is outside target destination, skipping')
        elif member.isdir():
            os.makedirs(path, exist_ok=True)
            self._keep_mode(path, member)
        elif member.isreg():
            self._write_file(archive, member, path)
        elif member.islnk():
            self._link(member, path)
        else:
            kind = "a symlink" if member.issym() else "no regular file"
            self._manner.warn(f'"{member.name}" is {kind}, skipping')

    def _path(self, name: str) -> str | None:
        """Return where a member belongs; None if that is outside of the destination."""
        inside = os.path.relpath(os.path.normpath(name), self._base)
        if os.path.isabs(name) or inside.split("/")[0] == "..":
            return None
        return self._target if inside == "." else os.path.join(self._target, inside)

    def _write_file(self, archive: tarfile.TarFile, member: tarfile.TarInfo, path: str) -> None:
        content = archive.extractfile(member)
        assert content is not None
        os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
        with open(path, "wb") as file:
            shutil.copyfileobj(content, file, _PIECE)
        os.utime(path, (member.mtime, member.mtime))
        self._keep_mode(path, member)

    def _link(self, member: tarfile.TarInfo, path: str) -> None:
        """Make a second name of a file that came before."""
        first = self._path(member.linkname)
        if first is None or not os.path.isfile(first) or os.path.islink(first):
            self._manner.warn(f'"{member.name}" is a link to what was not copied, skipping')
            return
        if os.path.lexists(path):
            os.unlink(path)
        os.link(first, path)

    def _keep_mode(self, path: str, member: tarfile.TarInfo) -> None:
        if self._manner.preserve:
            self._modes.append((path, member.mode & _PERMISSIONS))
