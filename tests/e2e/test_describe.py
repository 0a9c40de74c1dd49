"""`describe`: all about a pod, in kubectl's layout."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tests.support.host import ip_json
from tests.support.manifests import container, documents, pod, shell
from tests.support.wait import eventually

if TYPE_CHECKING:
    from tests.support.command import Minipod


def section(text: str, title: str) -> list[str]:
    """Return the indented lines below a title, each without its blanks."""
    match = re.search(rf"^{title}:.*\n((?: .*\n)*)", text, re.MULTILINE)
    assert match is not None
    return [re.sub(r" +", " ", line).strip() for line in match[1].splitlines()]


def test_a_pod_that_crashes_shows_how(minipod: Minipod) -> None:
    ports = [{"containerPort": 8080}, {"containerPort": 53, "protocol": "UDP"}]
    minipod.create(
        pod(
            "web",
            container("good", ports=ports, env=[{"name": "A", "value": "b"}]),
            container("bad", shell("exit 3")),
            labels={"app": "web"},
        )
    )
    text = eventually(lambda: crashed(minipod))
    (eth0,) = ip_json("-n", "root.default.web", "address", "show", "eth0")
    assert re.search(rf"^IP: +{eth0['addr_info'][0]['local']}$", text, re.MULTILINE)
    assert re.search(r"^Labels: +app=web$", text, re.MULTILINE)
    containers = section(text, "Containers")
    good, bad = containers[: containers.index("bad:")], containers[containers.index("bad:") :]
    for line in ("State: Running", "Ports: 8080/TCP, 53/UDP", "A: b", "Restart Count: 0"):
        assert line in good
    for line in ("Reason: CrashLoopBackOff", "Last State: Terminated", "Exit Code: 3"):
        assert line in bad
    assert "Ready False" in section(text, "Conditions")
    told = [line.split(" ", 2)[:2] for line in section(text, "Events")]
    assert told[:2] == [["Type", "Reason"], ["----", "------"]]
    assert ["Normal", "Scheduled"] in told
    assert ["Warning", "BackOff"] in told


def crashed(minipod: Minipod) -> str:
    text = minipod.ok("describe", "pod", "web")
    return text if "CrashLoopBackOff" in text and "Warning  BackOff" in text else ""


def test_pods_are_chosen_as_for_get(minipod: Minipod) -> None:
    labelled = pod("a-one", labels={"app": "x"})
    minipod.create(documents(labelled, pod("a-two"), pod("b", labels={"app": "x"})))
    for words, names in (
        (("pods",), ["a-one", "a-two", "b"]),
        (("po", "-l", "app=x"), ["a-one", "b"]),
        (("pod", "a"), ["a-one", "a-two"]),
        (("pod/b", "pods/a-two"), ["b", "a-two"]),
        (("pods", "-A"), ["a-one", "a-two", "b"]),
    ):
        shown = minipod.ok("describe", *words)
        assert re.findall(r"^Name: +(.*)$", shown, re.MULTILINE) == names
    assert 'pods "x" not found' in minipod.fails("describe", "pod", "x")
    assert minipod("describe", "pods", "-n", "lab").stderr == (
        "No resources found in lab namespace.\n"
    )
