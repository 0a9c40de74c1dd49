"""`top`: what it asks for, and how it looks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.support.fake_server import Answer, FakeServer

if TYPE_CHECKING:
    from .conftest import Run

METRICS = "/apis/metrics.k8s.io/v1beta1"
PODS = f"{METRICS}/namespaces/default/pods"


def pod(name: str, cpu: str, memory: str) -> dict[str, Any]:
    usage = {"cpu": cpu, "memory": memory}
    metadata = {"name": name, "namespace": "default"}
    return {"metadata": metadata, "containers": [{"name": "main", "usage": usage}]}


WEB, DB = pod("web", "12m", "34Mi"), pod("db", "1m", "100Mi")


def test_pods_are_listed_as_kubectl_lists_them(server: FakeServer, run: Run) -> None:
    server.answers = {
        f"GET {PODS}": Answer({"items": [WEB, DB]}),
        f"GET {METRICS}/pods?labelSelector=a%3Db": Answer({"items": [WEB]}),
        f"GET {PODS}/web": Answer(WEB),
    }
    assert run("top", "pods", "--sum").out == (
        "NAME   CPU(cores)   MEMORY(bytes)   \n"
        "db     1m           100Mi           \n"
        "web    12m          34Mi            \n"
        "       ________     ________        \n"
        "       13m          134Mi           \n"
    )
    assert run("top", "po", "--no-headers", "--sort-by=cpu").out == (
        "web   12m   34Mi    \ndb    1m    100Mi   \n"
    )
    assert run("top", "pods", "-A", "-l", "a=b", "--containers").out.splitlines() == [
        "NAMESPACE   POD   NAME   CPU(cores)   MEMORY(bytes)   ",
        "default     web   main   12m          34Mi            ",
    ]
    assert run("top", "pod", "web", "--no-headers").out == "web   12m   34Mi   \n"


def test_nodes_are_listed_with_their_share(server: FakeServer, run: Run) -> None:
    node = {"metadata": {"name": "vm"}, "usage": {"cpu": "1", "memory": "1Gi"}}
    amounts = {
        "allocatable": {"cpu": "2", "memory": "8Gi"},
        "capacity": {"cpu": "4", "memory": "8Gi"},
    }
    there = {"metadata": {"name": "vm"}, "status": amounts}
    server.answers = {
        f"GET {METRICS}/nodes": Answer({"items": [node]}),
        "GET /api/v1/nodes": Answer({"items": [there]}),
    }
    shown = (
        "NAME   CPU(cores)   CPU(%)   MEMORY(bytes)   MEMORY(%)   \n"
        "vm     1000m        50%      1024Mi          12%         \n"
    )
    assert run("top", "nodes").out == run("top", "node", "vm").out == shown
    assert "1000m        25% " in run("top", "nodes", "--show-capacity").out
    assert run("top", "no/other").err.startswith(
        'Error from server (NotFound): nodes "other" not found'
    )


def test_a_pod_that_is_not_there_and_one_in_which_nothing_runs(
    server: FakeServer, run: Run
) -> None:
    server.answers["GET /api/v1/namespaces/default/pods/done"] = Answer({"metadata": {}})
    assert run("top", "pod", "none").err.startswith(
        'Error from server (NotFound): pods "none" not found'
    )
    assert run("top", "pod", "done") == (
        1, "", 'Error: metrics not available yet: nothing runs in pod "done"\n'
    )  # fmt: skip


def test_no_pods_at_all_are_told(server: FakeServer, run: Run) -> None:
    server.answers = {f"GET {PODS}": Answer({"items": []})}
    assert run("top", "pods") == (0, "", "No resources found in default namespace.\n")


@pytest.mark.parametrize(
    ("argv", "why"),
    [
        ("", "Missing argument"),
        ("pods a b", "give one name, or none"),
        ("pods,nodes", "give one name, or none"),
        ("pod a -l x=y", "only one of NAME or selector can be provided"),
        ("pod a -A", "cannot be retrieved by name across all namespaces"),
        ("pods --sort-by=name", "'name' is not one of 'cpu', 'memory'"),
        ("nodes --containers", "are of pods only"),
        ("nodes --sum", "are of pods only"),
    ],
)
def test_what_makes_no_sense_is_refused(run: Run, argv: str, why: str) -> None:
    done = run("top", *argv.split())
    assert (done.code, done.out) == (2, "")
    assert why in done.err


@pytest.mark.parametrize("kind", ["events", "nonsense"])
def test_only_pods_and_nodes_use_something(run: Run, kind: str) -> None:
    assert run("top", kind).code == 1
