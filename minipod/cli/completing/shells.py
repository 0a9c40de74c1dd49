"""The shells' side of TAB: what is asked by bash, zsh and fish, and answered in time.

The server is never started for this, and nobody waits long: whoever presses TAB wants an answer or
none.
"""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

from click.shell_completion import BashComplete, CompletionItem, add_completion_class

if TYPE_CHECKING:
    from minipod.cli.session import Session

    Item = CompletionItem[str]

VARIABLE = "_MINIPOD_COMPLETE"
"""Set by the shell's function: what is to be printed, in click's words."""

_PATIENCE = 0.5  # seconds; longer, and a person types on


def answer(session: Session) -> int:
    """Print what the shell asks for, or nothing; no error reaches the line that is being typed."""
    from click.shell_completion import shell_complete

    from minipod.cli.group import cli

    signal.signal(signal.SIGALRM, lambda *_: os._exit(1))
    signal.setitimer(signal.ITIMER_REAL, _PATIENCE)
    try:
        return shell_complete(cli, {"obj": session}, "minipod", VARIABLE, os.environ[VARIABLE])
    except Exception:  # noqa: BLE001 (whatever is wrong with the words: they are not yet a command)
        return 1
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


@add_completion_class
class Bash(BashComplete):
    """Bash, told of the line as it is typed: its own words end at colons, which images contain."""

    source_template = """\
%(complete_func)s() {
    local kind value
    COMPREPLY=()
    while IFS=, read -r kind value; do
        case $kind in
            plain) COMPREPLY+=("$value") ;;
            file) compopt -o default ;;
            dir) compopt -o dirnames ;;
        esac
    done < <(COMP_LINE=${COMP_LINE:0:COMP_POINT} COMP_WORDBREAKS=$COMP_WORDBREAKS \\
        %(complete_var)s=bash_complete "$1" 2>/dev/null)
}
complete -o nosort -F %(complete_func)s %(prog_name)s
"""

    def source(self) -> str:
        """Return the script; which bash there is does not matter for printing it."""
        return self.source_template % self.source_vars()

    def get_completion_args(self) -> tuple[list[str], str]:
        """Return the words before the cursor, and the one that is begun."""
        from click.shell_completion import split_arg_string

        line = os.environ["COMP_LINE"]
        words = split_arg_string(line)[1:]
        return (words, "") if line[-1:].isspace() else (words[:-1], words[-1] if words else "")

    def format_completion(self, item: Item) -> str:
        """Return an offer, less what bash takes for words of their own."""
        _, begun = self.get_completion_args()
        breaks = set(os.environ.get("COMP_WORDBREAKS", "")) & {":", "="}
        kept = max((begun.rfind(one) + 1 for one in breaks), default=0)
        value = item.value
        return f"{item.type},{value[kept:] if value.startswith(begun[:kept]) else value}"
