"""Where the `minipod` command begins, and where every error of it ends."""

from __future__ import annotations

import errno
import gc
import os
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple, NoReturn

from minipod.errors import HostError, MinipodError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from minipod.cli.session import Session

_BY_SIGNAL = 128
_INTERRUPTED = _BY_SIGNAL + 2
_DEBUG = "MINIPOD_DEBUG"
_ROOT = "MINIPOD_ROOT"
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO})
_COMPLETE = "_MINIPOD_COMPLETE"
_SELDOM = 100_000  # objects between two collections: more than a short command makes


def main() -> NoReturn:
    """Run the command line of this process, and end it."""
    gc.set_threshold(_SELDOM)
    _fill_streams()
    end = _to_end(sys.argv[1:])
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError):
            stream.flush()
    if end.signal:
        _end_by(end.signal)
    # Not sys.exit: taking the interpreter apart piece by piece is a sixth of a short command's
    # time. Nothing waits for it: stdout is flushed, and what must be undone is undone.
    os._exit(end.code)


def _end_by(number: int) -> None:
    """End by a signal, as programs do that do not catch it: a shell ends its loop then, too.

    It returns where that cannot be: for the first process of a PID namespace.
    """
    import signal

    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)


def _fill_streams() -> None:
    """Put /dev/null where stdin, stdout or stderr is closed, as Go does for kubectl.

    Else the next file or socket takes the number, and is written to by mistake.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:  # so Python tells it; the lowest free number is this one's
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115 (stays)


class _End(NamedTuple):
    """How a command line ends: with this code, and by this signal if it is not 0."""

    code: int
    signal: int = 0


def run(argv: Sequence[str]) -> int:
    """Run a command line and return its exit code; stdout is flushed."""
    return _to_end(argv).code


def _to_end(argv: Sequence[str]) -> _End:
    if sys.platform != "linux":
        sys.stderr.write(f"Error: minipod runs on Linux only, and this is {sys.platform}\n")
        return _End(1)
    try:
        return _End(_complete() if _COMPLETE in os.environ else _run(argv))
    except KeyboardInterrupt:
        return _End(_INTERRUPTED, _INTERRUPTED - _BY_SIGNAL)
    except SystemExit as end:  # click's, and EndedBySignal
        code = end.code if isinstance(end.code, int) else 1
        return _End(code, getattr(end, "signal", 0))
    except OSError:  # stderr takes no more: nobody can be told
        return _End(1)


def _complete() -> int:
    from minipod.cli.completing.shells import answer
    from minipod.cli.session import Session

    code = answer(Session(root=os.environ.get(_ROOT)))
    sys.stdout.flush()
    return code


def _run(argv: Sequence[str]) -> int:
    from minipod.cli.session import Session

    session = Session(root=os.environ.get(_ROOT), debug=bool(os.environ.get(_DEBUG)))
    try:
        try:
            code = _call(argv, session)
        finally:
            session.close()
        sys.stdout.flush()
    except BrokenPipeError:  # nobody reads any more: nobody is to be told
        return 1
    except MinipodError as error:
        return _report(error, session)
    except OSError as error:
        if error.errno not in _FULL or error.filename is not None:
            return _report_bug(error, session)
        from minipod.client.text.words import reason

        return _report(HostError(f"cannot write to stdout: {reason(error)}"), session)
    except Exception as error:  # noqa: BLE001 (the last resort: no traceback reaches a user)
        return _report_bug(error, session)
    return code


def _call(argv: Sequence[str], session: Session) -> int:
    import click

    from minipod.cli.group import cli

    try:
        code = cli.main(argv, prog_name="minipod", standalone_mode=False, obj=session)
    except click.ClickException as error:
        from minipod.cli.usage import show

        show(error)
        return error.exit_code
    except click.Abort as abort:  # Ctrl+C, as click tells it, or the end of what was asked for
        if isinstance(abort.__cause__, KeyboardInterrupt):
            raise abort.__cause__ from None
        return _INTERRUPTED
    return code if isinstance(code, int) else 0


def _report(error: MinipodError, session: Session) -> int:
    from minipod.cli.printing.output import say_error

    if session.debug:
        sys.excepthook(type(error), error, error.__traceback__)
    say_error(error)
    return error.exit_code


def _report_bug(error: Exception, session: Session) -> int:
    hint = None if session.debug else f"--debug or {_DEBUG}=1 shows where"
    bug = MinipodError(f"internal: {_in_words(error)}", hint=hint)
    return _report(bug.with_traceback(error.__traceback__), session)


def _in_words(error: Exception) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
