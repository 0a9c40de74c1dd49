"""`get` and `run`: kubectl's words, flags and output."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import yaml

from tests.support.host import ip_json
from tests.support.manifests import IDLE, container, documents, pod, web

if TYPE_CHECKING:
    from tests.support.command import Minipod

STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


def test_the_table_is_kubectl_s(minipod: Minipod) -> None:
    minipod.create(documents(pod("b", container("x"), container("y")), pod("a")))
    header, first, second = minipod.ok("get", "pods").splitlines()
    assert header.split() == ["NAME", "READY", "STATUS", "RESTARTS", "AGE"]
    assert first.split()[:4] == ["a", "1/1", "Running", "0"]
    assert second.split()[:4] == ["b", "2/2", "Running", "0"]
    assert first.index("1/1") == header.index("READY")


def test_wide_adds_address_and_node(minipod: Minipod) -> None:
    minipod.create(pod("a"))
    header, row = minipod.ok("get", "po", "-o", "wide").splitlines()
    assert re.split(r"  +", header) == [
        "NAME", "READY", "STATUS", "RESTARTS", "AGE", "IP", "NODE",
        "NOMINATED NODE", "READINESS GATES",
    ]  # fmt: skip
    cells = row.split()
    assert cells[5] == minipod.address("a")
    assert cells[7:] == ["<none>", "<none>"]


def test_names_selectors_and_namespaces(minipod: Minipod) -> None:
    minipod.create(
        documents(
            pod("a", labels={"app": "web", "tier": "front"}),
            pod("b", labels={"app": "web"}),
            pod("c"),
        )
    )
    assert minipod.ok("get", "pods", "-l", "app=web", "-o", "name") == "pod/a\npod/b\n"
    assert minipod.ok("get", "pods", "-l", "app=web,tier!=front", "-o", "name") == "pod/b\n"
    assert minipod.ok("get", "pods", "-l", "app in (web),tier", "-o", "name") == "pod/a\n"
    assert minipod.ok("get", "pod", "c", "a", "-o", "name") == "pod/c\npod/a\n"
    assert "No resources found in other namespace." in minipod("get", "pods", "-n", "other").stderr
    rows = minipod.ok("get", "pods", "-A", "--no-headers").splitlines()
    assert [row.split()[:2] for row in rows] == [["default", name] for name in "abc"]


def test_a_wrong_name_is_an_error(minipod: Minipod) -> None:
    minipod.create(pod("web"))
    assert minipod.fails("get", "pod", "x") == 'Error from server (NotFound): pods "x" not found\n'
    for command in (("logs", "x"), ("exec", "x", "--", "true"), ("delete", "pod", "x")):
        assert minipod.fails(*command).startswith(
            'Error from server (NotFound): pods "x" not found'
        )
    done = minipod("get", "pods", "web", "x")
    assert done.returncode == 1
    assert done.stdout.splitlines()[1].startswith("web ")


def test_usage_errors_exit_2(minipod: Minipod) -> None:
    minipod.fails("get", "pods", "--nonsense", code=2)
    minipod.fails("nonsense", code=2)
    minipod.fails("get", "pods", "-o", "nonsense", code=2)


def test_yaml_shows_what_a_cluster_would(minipod: Minipod) -> None:
    ports = [{"containerPort": 8080}]
    minipod.create(pod("web", container("http", web(), ports=ports)))
    shown = yaml.safe_load(minipod.ok("get", "po", "web", "-o", "yaml"))
    metadata, spec, status = shown["metadata"], shown["spec"], shown["status"]
    assert (shown["apiVersion"], shown["kind"]) == ("v1", "Pod")
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", metadata["uid"])
    assert int(metadata["resourceVersion"]) > 0
    assert metadata["namespace"] == "default"
    assert spec["restartPolicy"] == "Always"
    assert spec["dnsPolicy"] == "ClusterFirst"
    assert spec["terminationGracePeriodSeconds"] == 30
    assert spec["schedulerName"] == "default-scheduler"
    assert spec["containers"][0]["ports"] == [{"containerPort": 8080, "protocol": "TCP"}]
    assert spec["containers"][0]["imagePullPolicy"] == "Always"
    assert spec["containers"][0]["terminationMessagePath"] == "/dev/termination-log"
    assert status["phase"] == "Running"
    assert status["podIPs"] == [{"ip": status["podIP"]}]
    assert status["hostIP"] == "10.244.255.2"
    assert STAMP.fullmatch(minipod.pod("web")["status"]["startTime"])
    conditions = {each["type"]: each for each in status["conditions"]}
    for name in ("PodScheduled", "Initialized", "ContainersReady", "Ready"):
        assert conditions[name]["status"] == "True"
        assert "lastProbeTime" in conditions[name]
        assert "lastTransitionTime" in conditions[name]
    (seen,) = status["containerStatuses"]
    assert seen["containerID"].startswith("minipod://")
    assert (seen["ready"], seen["started"], seen["restartCount"]) == (True, True, 0)
    assert "startedAt" in seen["state"]["running"]


def test_the_address_is_the_kernel_s(minipod: Minipod) -> None:
    minipod.create(pod("web"))
    (eth0,) = ip_json("-n", "root.default.web", "address", "show", "eth0")
    assert eth0["addr_info"][0]["local"] == minipod.address("web")
    assert eth0["addr_info"][0]["prefixlen"] == 24


def test_run_makes_a_pod(minipod: Minipod) -> None:
    made = minipod.ok(
        "run", "web", "--image", "nginx", "--port", "80", "--env", "A=1", "--env", "B=2",
        "-l", "tier=front", "--restart", "OnFailure", "--", *IDLE,
    )  # fmt: skip
    assert made == "pod/web created\n"
    shown = minipod.pod("web")
    (main,) = shown["spec"]["containers"]
    assert shown["spec"]["restartPolicy"] == "OnFailure"
    assert shown["metadata"]["labels"] == {"tier": "front"}
    assert (main["name"], main["image"]) == ("web", "nginx")
    assert main["ports"] == [{"containerPort": 80, "protocol": "TCP"}]
    assert main["env"] == [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}]


def test_run_labels_with_the_name(minipod: Minipod) -> None:
    minipod.ok("run", "web", "--", "sleep", "1000")
    assert minipod.pod("web")["metadata"]["labels"] == {"run": "web"}
    minipod.ok("delete", "pod", "web", "--grace-period", "0", "--force")


def test_run_can_print_the_manifest_only(minipod: Minipod) -> None:
    text = minipod.ok("run", "web", "--image", "i", "--dry-run=client", "-o", "yaml", "--", "true")
    shown = yaml.safe_load(text)
    assert shown["metadata"]["labels"] == {"run": "web"}
    assert shown["spec"]["containers"][0]["image"] == "i"
    assert minipod.ok("get", "pods", "-o", "name") == ""
    assert minipod.create(text) == "pod/web created\n"
