"""The other ways: a shell loop of `ip netns` commands, podman, Mininet."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.measure import (
    CREATE,
    CREATE_MANY,
    DELETE,
    DELETE_MANY,
    EXEC,
    LIST,
    PROGRAM,
    Contender,
    Unavailable,
    timed,
)
from benchmarks.ours import manifest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

HERE = Path(__file__).parent


class ByHand(Contender):
    """A shell loop of `ip netns` commands."""

    name = "ip netns"

    def __init__(self, many: int) -> None:
        self._many = many

    def start(self) -> None:
        """Make the bridge, by a first pod."""
        self._run("create", 1)
        self._run("delete", 1)

    def tasks(self) -> Mapping[str, Callable[[], float]]:
        """Return the script's two actions, and `ip`'s own commands."""
        return {
            CREATE: lambda: self._run("create", 1),
            EXEC: lambda: timed(["ip", "netns", "exec", "hand-0", "true"]),
            LIST: lambda: timed(["ip", "netns", "list"]),
            DELETE: lambda: self._run("delete", 1),
            CREATE_MANY: lambda: self._run("create", self._many) / self._many,
            DELETE_MANY: lambda: self._run("delete", self._many) / self._many,
        }

    def _run(self, action: str, count: int) -> float:
        return timed([str(HERE / "by_hand.sh"), action, str(count)])


_CONTAINERS_CONF = """\
[containers]
default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]
log_driver = "k8s-file"
[engine]
cgroup_manager = "cgroupfs"
events_logger = "none"
"""


def _podman_groups() -> list[Path]:
    return list(Path("/sys/fs/cgroup").glob("**/libpod_parent"))


class Podman(Contender):
    """`podman play kube`, with a local image of one static busybox."""

    name = "podman"

    def __init__(self, many: int) -> None:
        self._many = many
        self._holder: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Make the image and the manifests. Raises Unavailable."""
        busybox = shutil.which("busybox")
        if shutil.which("podman") is None:
            raise Unavailable("not installed")
        if busybox is None:
            raise Unavailable("its image needs busybox-static")
        self._groups = set(_podman_groups())
        self._work = work = Path(tempfile.mkdtemp(prefix="podman-bench-"))
        (work / "containers.conf").write_text(_CONTAINERS_CONF)
        self._environment = os.environ | {"CONTAINERS_CONF": str(work / "containers.conf")}
        folders = ("--root", str(work / "root"), "--runroot", str(work / "run"))
        self._podman = [*self._prefix(), "podman", *folders]
        self._import_image(work, busybox)
        self._one, self._file = str(work / "one.yaml"), str(work / "many.yaml")
        program = ["/bin/sh", *PROGRAM[1:]]
        Path(self._one).write_text(manifest("one", "localhost/busybox:bench", program))
        Path(self._file).write_text(
            "\n---\n".join(
                manifest(f"many-{n}", "localhost/busybox:bench", program) for n in range(self._many)
            )
        )

    def _prefix(self) -> list[str]:
        """Hide a v2 tree without controllers beside v1: crun refuses such a mixture."""
        if not Path("/sys/fs/cgroup/unified").is_dir():
            return []
        script = "umount /sys/fs/cgroup/unified; echo ready; exec sleep infinity"
        self._holder = subprocess.Popen(
            ["unshare", "--mount", "sh", "-c", script], stdout=subprocess.PIPE
        )
        assert self._holder.stdout is not None
        self._holder.stdout.readline()
        return ["nsenter", f"--mount=/proc/{self._holder.pid}/ns/mnt"]

    def _import_image(self, work: Path, busybox: str) -> None:
        folder = work / "image/bin"
        folder.mkdir(parents=True)
        shutil.copy(busybox, folder / "busybox")
        for name in ("sh", "sleep", "true"):
            (folder / name).symlink_to("busybox")
        timed(["tar", "-C", str(work / "image"), "-cf", str(work / "image.tar"), "."])
        self._run("import", str(work / "image.tar"), "localhost/busybox:bench")

    def tasks(self) -> Mapping[str, Callable[[], float]]:
        """Return podman's commands."""
        return {
            CREATE: lambda: self._run("play", "kube", self._one),
            EXEC: lambda: self._run("exec", "one-a", "/bin/true"),
            LIST: lambda: self._run("pod", "ps"),
            DELETE: lambda: self._run("play", "kube", "--down", self._one),
            CREATE_MANY: lambda: self._run("play", "kube", self._file) / self._many,
            DELETE_MANY: lambda: self._run("play", "kube", "--down", self._file) / self._many,
        }

    def stop(self) -> None:
        """Remove pods and image."""
        self._run("pod", "rm", "--force", "--all")
        self._run("rmi", "--force", "--all")
        if self._holder is not None:
            self._holder.terminate()
            self._holder.wait()
        shutil.rmtree(self._work, ignore_errors=True)
        for group in set(_podman_groups()) - self._groups:
            for folder in sorted(group.glob("**/"), reverse=True):
                folder.rmdir()

    def _run(self, *args: str) -> float:
        return timed([*self._podman, *args], self._environment)


class Mininet(Contender):
    """Mininet's hosts on a Linux bridge: a namespace and one shell each."""

    name = "Mininet"

    def __init__(self, many: int) -> None:
        self._many = many
        self._stopping = 0.0

    def start(self) -> None:
        """Look whether it is there. Raises Unavailable."""
        for program in ("mn", "brctl"):
            if shutil.which(program) is None:
                raise Unavailable(f"{program} is not installed")

    def tasks(self) -> Mapping[str, Callable[[], float]]:
        """Return the two tasks that it knows; the first does the second's work too."""
        return {CREATE_MANY: self._create, DELETE_MANY: lambda: self._stopping}

    def _create(self) -> float:
        done = subprocess.run(
            ["/usr/bin/python3", HERE / "mininet_hosts.py", str(self._many)],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            check=True,
        )
        took = json.loads(done.stdout)
        self._stopping = took["stop"] / self._many
        return float(took["start"]) / self._many
