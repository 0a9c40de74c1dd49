"""What pyproject.toml cannot say: the files below share/ are written when the package is built.

They are manual pages and completions, of what `--help` and TAB are made of; so they are in no
repository.
"""

from __future__ import annotations

import io
import runpy
import sys
from contextlib import redirect_stdout
from pathlib import Path

from setuptools import Distribution, setup

TOP = Path(__file__).resolve().parent
MANUAL = "share/man/man1"
COMPLETIONS = {
    "bash": "share/bash-completion/completions/minipod",
    "zsh": "share/zsh/site-functions/_minipod",
    "fish": "share/fish/vendor_completions.d/minipod.fish",
}

_install_data = Distribution().get_command_class("install_data")


class InstallData(_install_data):
    """Installs what it writes first, into the folder of what is built."""

    def run(self) -> None:
        """Write, and install."""
        built = Path(self.get_finalized_command("build").build_base, "share-files")
        sys.path.insert(0, str(TOP))  # the package that is built, not one that is installed
        written = [*_manual(built / MANUAL), *_completions(built)]
        self.data_files = [(str(path.parent.relative_to(built)), [str(path)]) for path in written]
        super().run()


def _manual(folder: Path) -> list[Path]:
    runpy.run_path(str(TOP / "scripts/man-pages"))["write"](folder)
    return sorted(folder.iterdir())


def _completions(top: Path) -> list[Path]:
    from minipod.cli.group import cli  # noqa: PLC0415 - the build's own packages are there by now

    for shell, name in COMPLETIONS.items():
        path = top / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with redirect_stdout(io.StringIO()) as said:
            cli.main(["completion", shell], prog_name="minipod", standalone_mode=False)
        path.write_text(said.getvalue())
    return [top / name for name in COMPLETIONS.values()]


# Without data_files nobody would run the command; which they are is known when they are written.
setup(cmdclass={"install_data": InstallData}, data_files=[("share", [])])
