"""`api-resources` and `api-versions`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.support.fake_server import Answer, FakeServer

if TYPE_CHECKING:
    from .conftest import Run


def kind(name: str, of: str, *verbs: str, inside: bool = True, **more: Any) -> dict[str, Any]:
    return {"name": name, "namespaced": inside, "kind": of, "verbs": list(verbs), **more}


@pytest.fixture(autouse=True)
def _kinds(server: FakeServer) -> None:
    core = [
        kind("pods", "Pod", "create", "get", shortNames=["po"], categories=["all"]),
        kind("pods/log", "Pod", "get"),
        kind("nodes", "Node", "get", inside=False),
    ]
    groups = [{"versions": [{"groupVersion": "minipod.dev/v1"}]}]
    server.answers = {
        "GET /api": Answer({"versions": ["v1"]}),
        "GET /apis": Answer({"groups": groups}),
        "GET /api/v1": Answer({"resources": core}),
        "GET /apis/minipod.dev/v1": Answer({"resources": [kind("x", "X", "get", "list")]}),
    }


def test_where_the_server_is_and_which_network_the_node_has_is_told(
    run: Run, server: FakeServer
) -> None:
    own = {"pid": 7, "socket": "/r/server.sock", "root": "/r", "version": "0.1"}
    node = {"metadata": {"name": "vm"}, "spec": {}, "status": {"addresses": []}}
    server.answers["GET /apis/minipod.dev/v1/server"] = Answer(own)
    server.answers["GET /version"] = Answer({"gitVersion": "v1.32.0"})
    server.answers["GET /api/v1/nodes"] = [Answer({"items": [node]})]
    assert run("cluster-info").out == (
        "minipod server is running at /r/server.sock\n"
        "Root:           /r\n"
        "Server:         pid 7, version 0.1\n"
        "Kubernetes API: v1.32.0\n"
        "Node:           none has a network yet: the first pod makes it\n\n"
        "To further debug and diagnose cluster problems, use 'minipod doctor'.\n"
    )
    addresses = [{"type": "Hostname", "address": "vm"}, {"type": "InternalIP", "address": "10.2"}]
    node |= {"spec": {"podCIDR": "10.1/24"}, "status": {"addresses": addresses}}
    server.answers["GET /api/v1/nodes"] = Answer({"items": [node]})
    assert "Node:           vm at 10.2, pods in 10.1/24\n" in run("cluster-info").out


def test_the_options_of_every_command_are_listed(run: Run) -> None:
    done = run("options")
    assert (done.code, done.err) == (0, "")
    flags = [line.split()[0].rstrip(",") for line in done.out.splitlines() if line[:3] == "  -"]
    assert flags == ["--root", "--cluster-cidr", "-n", "-v", "--debug"]


def test_kinds_are_listed_by_group(run: Run) -> None:
    assert run("api-resources").out == (
        "NAME    SHORTNAMES   APIVERSION       NAMESPACED   KIND\n"
        "nodes                v1               false        Node\n"
        "pods    po           v1               true         Pod\n"
        "x                    minipod.dev/v1   true         X\n"
    )
    header, _, pods, _ = run("api-resources", "-o", "wide").out.splitlines()
    assert header.split()[-2:] == ["VERBS", "CATEGORIES"]
    assert pods.split()[-2:] == ["create,get", "all"]


@pytest.mark.parametrize(
    ("options", "names"),
    [
        ("--namespaced=false", ["nodes"]),
        ("--namespaced", ["pods", "x.minipod.dev"]),
        ("--verbs=get,list", ["x.minipod.dev"]),
        ("--api-group=minipod.dev", ["x.minipod.dev"]),
        ("--api-group=", ["nodes", "pods"]),
        ("--categories=all", ["pods"]),
        ("--sort-by=name", ["nodes", "pods", "x.minipod.dev"]),
        ("--verbs=fly", []),
    ],
)
def test_kinds_are_chosen(run: Run, options: str, names: list[str]) -> None:
    assert run("api-resources", "-o", "name", *options.split()).out.split() == names


def test_no_kinds_leave_the_header(run: Run) -> None:
    assert run("api-resources", "--verbs=fly").out.startswith("NAME   SHORTNAMES   APIVERSION")
    assert run("api-resources", "--verbs=fly", "--no-headers") == (0, "", "")


def test_versions_are_listed(run: Run) -> None:
    assert run("api-versions").out == "minipod.dev/v1\nv1\n"


@pytest.mark.parametrize("argv", ["api-resources x", "api-resources -o json", "api-versions x"])
def test_what_makes_no_sense_is_refused(run: Run, argv: str) -> None:
    assert run(*argv.split()).code == 2
