"""The real kubectl changes what minipod runs: apply, replace, edit, label, patch, namespaces."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.kubectl import Kubectl, relayed
from tests.support.manifests import container, pod
from tests.support.wait import eventually
from tests.unit.patch.cases import CASES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.command import Minipod

STALE = (
    'Operation cannot be fulfilled on pods "web": the object has been modified; please apply your '
    "changes to the latest version and try again\n"
)
FORBIDDEN = (
    'The Pod "web" is invalid: spec: Forbidden: pod updates may not change fields other than '
    "`spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,"
    "`spec.tolerations` (only additions to existing tolerations),"
    "`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)\n"
    '- spec.restartPolicy: "Always"\n'
    '+ spec.restartPolicy: "Never"\n'
)


class Lab:
    """A kubectl on a minipod's API, and the file that it applies."""

    def __init__(self, kubectl: Kubectl, minipod: Minipod) -> None:
        self.kubectl = kubectl
        self.minipod = minipod
        self.file = minipod.folder / "web.json"

    def says(self, *args: str, editor: str = "false") -> str:
        """Run a command that must succeed; return what it says."""
        said = self.kubectl(*args, editor=editor)
        assert said.code == 0, (args, said)
        return said.out

    def complains(self, *args: str) -> str:
        """Run a command that must fail; return what it complains."""
        said = self.kubectl(*args)
        assert said.code == 1, (args, said)
        return said.err

    def write(self, *, image: str = "x:1", **labels: str) -> str:
        """Write the file; return where it is."""
        self.file.write_text(pod("web", container("main", image=image), labels=labels))
        return str(self.file)

    def submit(self, action: str) -> str:
        """Have minipod do it with the file; return what came of it."""
        body = {"sources": [{"name": "web.json", "text": self.file.read_text()}]}
        done = self.minipod.api(
            f"/apis/minipod.dev/v1/manifests?action={action}", "-d", json.dumps(body)
        )
        return str(done["type"])

    @property
    def live(self) -> Any:
        return self.minipod.api("/api/v1/namespaces/default/pods/web")

    @property
    def restarts(self) -> int:
        (status,) = self.live["status"]["containerStatuses"]
        return int(status["restartCount"]) if status["ready"] else -1


@pytest.fixture(params=["1.27", "1.30", "1.33"])
def lab(request: pytest.FixtureRequest, minipod: Minipod, tmp_path: Path) -> Iterator[Lab]:
    minipod.ok("server", "start")
    with relayed(minipod.root / "server.sock") as port:
        yield Lab(Kubectl(port, tmp_path, request.param), minipod)


def test_the_real_kubectl_changes_a_pod(lab: Lab) -> None:
    applies(lab)
    labels_and_annotates(lab)
    patches(lab)
    replaces(lab)
    creates_and_deletes_a_namespace(lab)
    expires(lab)


def applies(lab: Lab) -> None:
    file = lab.write(app="web", gone="1")
    assert lab.says("apply", "-f", file) == "pod/web created\n"
    uid = lab.live["metadata"]["uid"]
    assert lab.says("apply", "-f", file) == "pod/web unchanged\n"
    assert lab.says("apply", "-f", lab.write(app="web")) == "pod/web configured\n"
    assert lab.live["metadata"]["labels"] == {"app": "web"}
    assert lab.says("apply", "-f", lab.write(app="web", image="x:2")) == "pod/web configured\n"
    eventually(lambda: lab.restarts == 1)
    assert lab.says("set", "image", "pod/web", "main=x:1") == "pod/web image updated\n"
    eventually(lambda: lab.restarts == 2)
    events = lab.says("get", "events")
    assert "Container main definition changed, will be restarted" in events
    assert lab.live["metadata"]["uid"] == uid
    assert lab.says("apply", "-f", lab.write(app="web")) == "pod/web configured\n"
    assert lab.submit("apply") == "UNCHANGED"
    lab.write(app="web", by="us")
    assert lab.submit("apply") == "CONFIGURED"
    assert lab.says("apply", "-f", str(lab.file)) == "pod/web unchanged\n"
    assert "Server-side apply not available" in lab.complains("apply", "--server-side", "-f", file)


def labels_and_annotates(lab: Lab) -> None:
    assert lab.says("label", "pod", "web", "a=b") == "pod/web labeled\n"
    assert "'a' already has a value (b), and --overwrite is false" in lab.complains(
        "label", "pod", "web", "a=c"
    )
    assert lab.says("label", "pod", "web", "a=c", "--overwrite") == "pod/web labeled\n"
    assert lab.live["metadata"]["labels"]["a"] == "c"
    assert lab.says("label", "pod", "web", "a-") == "pod/web unlabeled\n"
    # kubectl 1.27 says "annotate".
    assert lab.says("annotate", "pod", "web", "note=first").startswith("pod/web annotate")
    edit = lab.says("edit", "pod", "web", editor="sed -i s/first/edited/")
    assert edit == "pod/web edited\n"
    assert lab.live["metadata"]["annotations"]["note"] == "edited"


def patches(lab: Lab) -> None:
    for kind, patch in (
        ("strategic", {"metadata": {"labels": {"s": "1"}}}),
        ("merge", {"metadata": {"labels": {"m": "1"}}}),
        ("json", [{"op": "add", "path": "/metadata/labels/j", "value": "1"}]),
    ):
        said = lab.says("patch", "pod", "web", "--type", kind, "-p", json.dumps(patch))
        assert said == "pod/web patched\n"
    assert {"s", "m", "j"} <= lab.live["metadata"]["labels"].keys()
    assert lab.restarts == 2, "none of that restarts anything"
    refused = lab.complains("patch", "pod", "web", "-p", '{"spec":{"restartPolicy":"Never"}}')
    assert refused == FORBIDDEN


def replaces(lab: Lab) -> None:
    old = lab.live
    lab.says("label", "pod", "web", "newer=1")
    lab.file.write_text(json.dumps(old))
    assert lab.complains("replace", "-f", str(lab.file)).endswith(STALE)
    assert lab.says("replace", "-f", lab.write(app="web")) == "pod/web replaced\n"
    assert lab.live["metadata"]["labels"] == {"app": "web"}
    forced = lab.says("replace", "--force", "-f", str(lab.file))
    assert forced == 'pod "web" deleted\npod/web replaced\n'
    assert lab.live["metadata"]["uid"] != old["metadata"]["uid"]


def creates_and_deletes_a_namespace(lab: Lab) -> None:
    assert lab.says("create", "namespace", "lab") == "namespace/lab created\n"
    assert lab.says("get", "ns", "lab", "-o", "name") == "namespace/lab\n"
    assert lab.says("label", "ns", "lab", "a=b") == "namespace/lab labeled\n"
    lab.says("apply", "-n", "lab", "-f", str(lab.file))
    assert lab.says("delete", "namespace", "lab") == 'namespace "lab" deleted\n'
    assert lab.minipod.api("/api/v1/namespaces/lab")["code"] == 404
    assert lab.minipod.api("/api/v1/namespaces/lab/pods")["items"] == []
    assert lab.complains("delete", "ns", "default") == (
        'Error from server (Forbidden): namespaces "default" is forbidden: '
        "this namespace may not be deleted\n"
    )


def expires(lab: Lab) -> None:
    lab.says("patch", "pod", "web", "-p", '{"spec":{"activeDeadlineSeconds":1}}')
    eventually(lambda: lab.live["status"]["phase"] == "Failed")
    assert lab.live["status"]["reason"] == "DeadlineExceeded"
    assert "terminated" in lab.live["status"]["containerStatuses"][0]["state"]


def test_our_strategic_merge_is_the_real_one(tmp_path: Path) -> None:
    """The table that the unit tests hold us to is what kubectl makes of it."""
    kubectl = Kubectl(1, tmp_path)
    for case in CASES:
        patch = json.dumps(case.patch)
        said = kubectl(
            *("patch", "--local", "-f", "-", "-p", patch, "-o", "json"),
            stdin=json.dumps(case.full(case.original)),
        )
        assert json.loads(said.out) == case.full(case.expected), case.promise
