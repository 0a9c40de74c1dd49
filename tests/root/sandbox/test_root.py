"""The container's root: what it sees of the host, what the host sees of it."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from minipod.syscalls import mounts
from tests.root.sandbox.lab import Lab, container, in_loop, run
from tests.support.wait import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator

    from minipod.sandbox.remote import SandboxConnection

HOSTS_FILES = ("hosts", "hostname", "resolv.conf")


async def output(lab: Lab, pod: SandboxConnection, script: str, **more: object) -> str:
    """Run a shell script as a container and return what it printed, errors too."""
    name = f"run{len(lab.journal(pod.uid, 'exited'))}"
    spec = container("sh", "-c", f"exec 2>&1; {script}", name=name, **more)
    await pod.request("start", container=spec)
    eventually(lambda: [each for each in lab.journal(pod.uid, "exited") if each["name"] == name])
    return lab.output(pod.uid, name)


@pytest.fixture
def mounted(tmp_path: Path) -> Iterator[list[Path]]:
    """Give a list of mount points, to be unmounted after the test."""
    points: list[Path] = []
    yield points
    for point in reversed(points):
        mounts.umount(str(point), mounts.DETACH)


@in_loop
async def test_what_a_container_writes_stays_in_it(lab: Lab, tmp_path: Path) -> None:
    """Neither the host nor another container of the pod sees a file that one wrote."""
    pod = await lab.pod()
    place = tmp_path / "shared"
    place.mkdir()
    (place / "hosts-own").write_text("host\n")
    written = await output(
        lab, pod, f"echo mine > {place}/new; echo changed > {place}/hosts-own; cat {place}/*"
    )
    assert written == "changed\nmine\n"
    assert await output(lab, pod, f"cat {place}/*") == "host\n"
    assert [entry.name for entry in place.iterdir()] == ["hosts-own"]
    assert (place / "hosts-own").read_text() == "host\n"


@in_loop
async def test_removing_a_file_of_the_host_leaves_the_host_alone(lab: Lab, tmp_path: Path) -> None:
    """Even `rm -rf` of a folder is the container's own affair."""
    pod = await lab.pod()
    place = tmp_path / "precious"
    (place / "below").mkdir(parents=True)
    (place / "below" / "file").write_text("kept")
    assert (
        await output(lab, pod, f"rm -rf {place}; ls {place}; rm -f /usr/bin/env; ls /usr/bin/env")
        != ""
    )
    assert (place / "below" / "file").read_text() == "kept"
    assert Path("/usr/bin/env").exists()


@pytest.fixture
def propagating_host() -> Iterator[None]:
    """Let the host's mounts be shared, as systemd has them on every machine."""
    mounts.set_propagation("/", mounts.MS_SHARED | mounts.MS_REC)
    yield
    mounts.set_propagation("/", mounts.MS_PRIVATE | mounts.MS_REC)


@pytest.mark.usefixtures("propagating_host")
@in_loop
async def test_no_mount_reaches_the_host(lab: Lab) -> None:
    """The host's mount points are the same before and during, whatever a pod does."""

    def points() -> list[str]:
        lines = Path("/proc/self/mountinfo").read_text().splitlines()
        return [line.split()[4] for line in lines]

    before = points()
    pod = await lab.pod()
    await pod.request("start", container=container("sleep", "1000"))
    spec = container("sleep", "1000", name="d", share_host_files=True)
    await pod.request("start", container=spec)
    spec = container("sleep", "1000", name="e")
    await pod.request("start", container=spec)
    assert points() == before


@in_loop
async def test_the_pods_own_files_are_in_etc(lab: Lab) -> None:
    """hosts, hostname and resolv.conf are the pod's, also after the host replaced its own."""
    pod = await lab.pod()
    script = f"cd /etc; cat {' '.join(HOSTS_FILES)}"
    assert await output(lab, pod, script) == "".join(f"{name} of a\n" for name in HOSTS_FILES)


@in_loop
async def test_containers_of_a_pod_share_its_hosts_file(lab: Lab) -> None:
    """As in Kubernetes, what one writes to /etc/hosts the other reads; the host's is untouched."""
    pod = await lab.pod()
    before = Path("/etc/hosts").read_bytes()
    await output(lab, pod, "echo 10.0.0.9 other >> /etc/hosts")
    assert "10.0.0.9 other" in await output(lab, pod, "cat /etc/hosts")
    assert Path("/etc/hosts").read_bytes() == before


@pytest.mark.parametrize("share", [False, True], ids=["own root", "host's root"])
@in_loop
async def test_minipods_state_is_not_seen(lab: Lab, share: bool) -> None:
    """The root of the instance is an empty folder, that nothing can be written to."""
    pod = await lab.pod()
    said = await output(lab, pod, f"ls -A {lab.root}; touch {lab.root}/x", share_host_files=share)
    assert "Read-only file system" in said
    assert len(said.splitlines()) == 1
    assert not (lab.root / "x").exists()


@in_loop
async def test_a_device_node_that_a_container_makes_opens_nothing(lab: Lab) -> None:
    """Kubernetes lets a container make nodes; one of the host's disk must lead nowhere."""
    pod = await lab.pod()
    for place in ("/tmp", "/dev", "/run", "/dev/shm", "/usr/local"):
        said = await output(lab, pod, f"mknod {place}/n c 1 5 && head -c 1 {place}/n 2>&1 | cat")
        assert "Permission denied" in said


@in_loop
async def test_dev_has_the_devices_that_programs_expect(lab: Lab) -> None:
    """/dev is the container's own, with the standard devices; null and random work."""
    pod = await lab.pod()
    said = await output(lab, pod, "ls /dev; echo x > /dev/null; head -c 4 /dev/urandom | wc -c")
    names = "fd full mqueue null ptmx pts random shm stderr stdin stdout tty urandom zero"
    assert said.split() == [*names.split(), "4"]


@in_loop
async def test_run_and_tmp_can_be_written_to(lab: Lab) -> None:
    """/run begins empty, /tmp is open to all as on any machine."""
    pod = await lab.pod()
    said = await output(
        lab, pod, "ls /run; touch /run/pid /run/lock/l /tmp/t && stat -c %a /tmp /run"
    )
    assert said == "lock\n1777\n755\n"
    assert not Path("/run/pid").exists()


@in_loop
async def test_shared_memory_and_queues_are_the_pods(lab: Lab) -> None:
    """/dev/shm is one for the containers of a pod, and not the host's."""
    pod = await lab.pod()
    await output(lab, pod, "echo shared > /dev/shm/minipod-test")
    assert await output(lab, pod, "cat /dev/shm/minipod-test") == "shared\n"
    assert not Path("/dev/shm/minipod-test").exists()


@pytest.mark.parametrize("share", [False, True], ids=["own root", "host's root"])
@in_loop
async def test_the_kernels_knobs_cannot_be_turned(lab: Lab, share: bool) -> None:
    """/proc and /sys are the pod's own; what could harm the host is read-only or masked."""
    pod = await lab.pod()
    script = (
        "echo 1 > /proc/sys/kernel/panic; echo h > /proc/sysrq-trigger; echo 1 > /sys/kernel/x;"
        " cat /proc/keys; ls /proc/acpi /sys/firmware; ls /sys/class/net; echo done"
    )
    said = (await output(lab, pod, script, share_host_files=share)).splitlines()
    assert said[-2:] == ["lo", "done"]
    assert len([line for line in said if "Read-only" in line]) >= 2


@in_loop
async def test_other_mounts_of_the_host_are_stacked(
    lab: Lab, tmp_path: Path, mounted: list[Path]
) -> None:
    """A writable mount of the host can be written to without the host noticing; all are seen."""
    data, fixed = tmp_path / "data disk", tmp_path / "fixed"
    for point in (data, fixed):
        point.mkdir()
        mounts.mount("test", str(point), "tmpfs")
        mounted.append(point)
        (point / "file").write_text(f"{point.name}\n")
    data.chmod(0o751)
    run("mount", "-o", "remount,ro", fixed)
    pod = await lab.pod()
    script = (
        f"cd {tmp_path}; cat 'data disk/file' fixed/file; echo new > 'data disk/file';"
        " cat 'data disk/file'; stat -c %a 'data disk'; touch fixed/x"
    )
    said = (await output(lab, pod, script)).splitlines()
    assert said[:4] == ["data disk", "fixed", "new", "751"]
    assert "Read-only" in said[4]
    assert (data / "file").read_text() == "data disk\n"
    assert lab.journal("a", "warning") == []


@in_loop
async def test_a_single_file_that_is_mounted_is_seen(
    lab: Lab, tmp_path: Path, mounted: list[Path]
) -> None:
    """A bind mount of a file, which overlay cannot take, is bound read-only."""
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_text("bound\n")
    target.touch()
    file = mounts.clone(str(source))
    mounts.attach(file, str(target))
    mounted.append(target)
    os.close(file)
    pod = await lab.pod()
    said = (await output(lab, pod, f"cat {target}; echo x > {target}")).splitlines()
    assert said[0] == "bound"
    assert "Read-only" in said[1]


@pytest.mark.usefixtures("propagating_host")
@in_loop
async def test_an_unmount_on_the_host_is_not_held_up(lab: Lab, tmp_path: Path) -> None:
    """What the host unmounts is gone for the sandbox too: no pod keeps a disk busy for itself."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounts.mount("test", str(disk), "tmpfs")
    pod = await lab.pod()
    await pod.request("start", container=container("sleep", "1000", share_host_files=True))
    tables = [Path(f"/proc/{pid}/mountinfo") for pid in (pod.pid, *lab.group_pids("a", "c"))]
    assert all(f" {disk} " in table.read_text() for table in tables)
    mounts.umount(str(disk))
    assert not any(f" {disk} " in table.read_text() for table in tables)


@pytest.mark.parametrize("kind", ["tmpfs", "overlay"])
@in_loop
async def test_the_state_may_lie_on_any_filesystem(
    tmp_path: Path, mounted: list[Path], kind: str
) -> None:
    """On a tmpfs as on a disk. On an overlay, which can be no upper layer, memory is used."""
    place = tmp_path / "state, of: any kind"
    place.mkdir()
    if kind == "tmpfs":
        mounts.mount("test", str(place), "tmpfs")
    else:
        for name in ("lower", "upper", "work"):
            (tmp_path / name).mkdir()
        os.chdir(tmp_path)
        options = "lowerdir=lower,upperdir=upper,workdir=work"
        mounts.mount("test", str(place), "overlay", 0, options)
        os.chdir("/")
    mounted.append(place)
    lab = Lab(place)
    try:
        pod = await lab.pod()
        assert await output(lab, pod, "echo x > /usr/x; cat /usr/x") == "x\n"
        assert not Path("/usr/x").exists()
        warnings = [each["message"] for each in lab.journal("a", "warning")]
        assert [("in memory" in warning) for warning in warnings] == [True] * (kind == "overlay")
    finally:
        lab.close()


@in_loop
async def test_a_long_path_to_the_state_does(tmp_path: Path) -> None:
    """A root whose path is longer than a socket's, or a mount's options, may be."""
    deep = tmp_path
    while len(str(deep)) < 1500:
        deep /= "d" * 100
    deep.mkdir(parents=True)
    lab = Lab(deep)
    try:
        pod = await lab.pod()
        assert (
            await output(lab, pod, "echo x > /usr/x; cat /usr/x /etc/hostname")
            == "x\nhostname of a\n"
        )
    finally:
        lab.close()


@in_loop
async def test_links_of_the_host_are_covered_not_followed(lab: Lab, tmp_path: Path) -> None:
    """Where the host has /etc/resolv.conf as a link, its target stays as it is."""
    target = tmp_path / "stub"
    target.write_text("stub\n")
    with PlayedEtc(tmp_path) as etc:
        (etc / "resolv.conf").symlink_to(target)
        (etc / "hosts").write_text("hosts of the host\n")
        # It has no hostname file at all.
        pod = await lab.pod()
        for share in (False, True):
            said = await output(lab, pod, "cat /etc/resolv.conf /etc/hosts", share_host_files=share)
            assert said == "resolv.conf of a\nhosts of a\n"
        assert await output(lab, pod, "cat /etc/hostname") == "hostname of a\n"
        assert not (etc / "hostname").exists()
        (warning,) = lab.journal("a", "warning")
        assert "/etc/hostname" in warning["message"]
    assert target.read_text() == "stub\n"


@pytest.mark.parametrize("share", [False, True], ids=["own root", "host's root"])
@in_loop
async def test_the_pods_files_stay_when_the_host_replaces_its_own(
    lab: Lab, tmp_path: Path, share: bool
) -> None:
    """A rename over /etc/hosts on the host takes no mount away from a container that runs."""
    with PlayedEtc(tmp_path) as etc:
        for name in HOSTS_FILES:
            (etc / name).write_text("of the host\n")
        pod = await lab.pod()
        script = "while :; do cat /etc/hosts; sleep 0.05; done"
        await pod.request("start", container=container("sh", "-c", script, share_host_files=share))
        eventually(lambda: lab.output("a"))
        for number in range(3):
            (etc / "new").write_text(f"replaced {number}\n")
            (etc / "new").rename(etc / "hosts")
            seen = len(lab.output("a").splitlines())
            eventually(
                lambda seen=seen: lab.output("a").splitlines()[seen + 2 :][:2] == ["hosts of a"] * 2
            )
        if not share:
            assert set(lab.output("a").splitlines()) == {"hosts of a"}


@in_loop
async def test_the_hosts_root_can_be_shared(lab: Lab, tmp_path: Path) -> None:
    """With share_host_files a container writes to the host's files as they are."""
    pod = await lab.pod()
    place = tmp_path / "file"
    assert await output(lab, pod, f"echo x > {place}; hostname", share_host_files=True) == "a\n"
    assert place.read_text() == "x\n"
    assert list((lab.root / "pods" / "a" / "containers").glob("*/*.rootfs")) == []


@in_loop
async def test_nothing_of_the_hosts_tree_is_left_below(lab: Lab) -> None:
    """The only root is the container's overlay, which is never synced to the disk."""
    pod = await lab.pod()
    pid = (await pod.request("start", container=container("sleep", "1000")))["pid"]
    table = Path(f"/proc/{pid}/mountinfo").read_text().splitlines()
    (root,) = [line for line in table if line.split()[4] == "/"]
    assert " - overlay minipod " in root
    assert "volatile" in root
    assert str(lab.root) not in root


@in_loop
async def test_the_scratch_is_where_the_protocol_says(lab: Lab) -> None:
    """What a container writes lies in ATTEMPT.rootfs/upper, whose mode is that of the root."""
    pod = await lab.pod()
    spec = container("sh", "-c", "echo x > /new", attempt=3)
    await pod.request("start", container=spec)
    lab.exits("a")
    upper = lab.root / "pods" / "a" / "containers" / "c" / "3.rootfs" / "upper"
    assert (upper / "new").read_text() == "x\n"
    assert stat.S_IMODE(upper.stat().st_mode) == stat.S_IMODE(os.stat("/").st_mode)


class PlayedEtc:
    """An /etc of this test's own, seen by the sandboxes that are forked meanwhile."""

    def __init__(self, folder: Path) -> None:
        self._etc = folder / "etc"

    def __enter__(self) -> Path:
        self._etc.mkdir()
        for name in ("passwd", "group", "ld.so.cache", "nsswitch.conf"):
            if Path("/etc", name).exists():
                (self._etc / name).write_bytes(Path("/etc", name).read_bytes())
        etc = mounts.clone(str(self._etc))
        mounts.attach(etc, "/etc")
        os.close(etc)
        return self._etc

    def __exit__(self, *_: object) -> None:
        mounts.umount("/etc", mounts.DETACH)
