"""What the tests of the watcher have; all in the namespace that plays the host."""

from tests.root.conftest import _in_the_host
from tests.root.watcher.conftest import binder, lab

__all__ = ["_in_the_host", "binder", "lab"]
