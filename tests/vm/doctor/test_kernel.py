"""A kernel without a module, with low limits, and a shell of systemd's that a filter is on.

First of all: a module that something uses cannot be taken out.
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.command import PROGRAM, Minipod
from tests.support.doctor import fixes, levels, look, seen, unfit
from tests.support.host import run

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.vm

FILTERS = (
    *("nft_chain_nat", "nft_masq", "nft_nat", "nft_compat", "nft_fib_ipv4", "nft_fib", "nft_ct"),
    *("nf_tables", "ip6_tables", "ip_tables"),
)
"""Modules that others use, those that use them first."""
NEEDED = {"nat": ("nf_tables",)}
"""What a check wants before it tries, which is another's to tell of."""


@pytest.fixture
def nothing(tmp_path: Path) -> Minipod:
    """Give a root that there is not: no link, no namespace is made for the test."""
    return Minipod(tmp_path / "root", tmp_path)


@pytest.mark.parametrize(
    ("check", "modules", "level"),
    [
        ("veth", ("veth",), "FAIL"),
        ("bridge", ("br_netfilter", "bridge"), "FAIL"),
        ("overlayfs", ("overlay",), "WARN"),
        ("sock-diag", ("tcp_diag", "udp_diag", "inet_diag"), "FAIL"),
        ("nft", ("nf_tables",), "FAIL"),
        ("nat", ("nft_masq", "nft_nat", "nft_chain_nat"), "FAIL"),
    ],
)
def test_a_module_that_the_kernel_does_not_load_by_itself_is_loaded_by_the_fix(
    nothing: Minipod, check: str, modules: tuple[str, ...], level: str
) -> None:
    for name in (*FILTERS, *modules):
        subprocess.run(["modprobe", "-r", name], capture_output=True, check=False)
    loaded = {line.split()[0] for line in Path("/proc/modules").read_text().splitlines()}
    assert not loaded & {*modules}, loaded
    for name in NEEDED.get(check, ()):
        run("modprobe", name)
    # Who uses a module does not get it loaded, as in a container; who asks for it by name does.
    loader = Path("/proc/sys/kernel/modprobe")
    before = loader.read_text()
    loader.write_text("/bin/false")
    try:
        found = unfit(nothing)
        assert levels(found)[check] == level
        fixes(found, check)
        assert check not in levels(look(nothing))
    finally:
        loader.write_text(before)


LIMITS = {
    "pid-max": ("kernel.pid_max", 400),
    "threads-max": ("kernel.threads-max", 300),
    "file-max": ("fs.file-max", 1200),
    "inotify": ("fs.inotify.max_user_instances", 16),
    "neighbours": ("net.ipv4.neigh.default.gc_thresh3", 128),
}


@pytest.fixture
def limits() -> Iterator[None]:
    """Put back what the test lowers."""
    before = {name: run("sysctl", "-n", name).strip() for name, _ in LIMITS.values()}
    yield
    for name, value in before.items():
        run("sysctl", "-qw", f"{name}={value}")


def test_limits_of_the_whole_machine(nothing: Minipod, limits: None) -> None:
    for name, value in LIMITS.values():
        run("sysctl", "-qw", f"{name}={value}")
    found = unfit(nothing)
    assert levels(found).keys() == LIMITS.keys()
    for check, (name, value) in LIMITS.items():
        assert name.rpartition(".")[2] in seen(found, check)
        assert f"is {value}" in seen(found, check)
    fixes(found, *LIMITS)
    assert levels(look(nothing)) == {}


def test_a_group_of_systemd_s_that_may_have_few_processes(nothing: Minipod) -> None:
    command = ["systemd-run", "--pipe", "--wait", "-q", "-p", "TasksMax=60", "--", PROGRAM]
    done = run_anyhow(*command, "--root", nothing.root, "doctor", "-o", "json")
    found = json.loads(done)["checks"]
    assert levels(found) == {"cgroup-pids": "FAIL"}
    told = seen(found, "cgroup-pids")
    assert told.startswith("/sys/fs/cgroup/system.slice/run-u")
    assert "/pids.max is 60" in told


def test_a_shell_under_a_filter_is_told_the_way_out_which_is_one(nothing: Minipod) -> None:
    limits = ("SystemCallFilter=~clone3 pidfd_open", "SystemCallErrorNumber=ENOSYS")
    properties = [word for limit in limits for word in ("-p", limit)]
    command = ["systemd-run", "--pipe", "--wait", "-q", *properties, "--", PROGRAM]
    done = run_anyhow(*command, "--root", nothing.root, "doctor", "-o", "json")
    found = json.loads(done)["checks"]
    assert levels(found) == {"clone3": "WARN", "pidfd": "FAIL"}
    (fix,) = {each["fix"] for each in found if each["fix"]}
    assert fix.startswith("systemd-run ")
    environment = os.environ | {"PATH": f"{PROGRAM.parent}:{os.environ['PATH']}"}
    mended = subprocess.run(
        ["sh", "-c", fix], env=environment, capture_output=True, text=True, check=False
    )
    assert mended.returncode == 0, mended.stderr
    assert levels(json.loads(mended.stdout)["checks"]) == {}


def run_anyhow(*argv: object) -> str:
    """Run a program, whatever its exit code, and return its output."""
    done = subprocess.run(
        list(map(str, argv)), capture_output=True, text=True, timeout=300, check=False
    )
    print(done.stderr)
    return done.stdout
