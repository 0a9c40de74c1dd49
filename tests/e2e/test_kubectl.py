"""The real kubectl and minipod on one server: the same lines print the same, to the byte."""

from __future__ import annotations

import re
import shlex
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from tests.support.documented import untold
from tests.support.kubectl import Kubectl, Said, capitalized, relayed, serving
from tests.support.manifests import container, documents, pod
from tests.support.recorded import GO_TEMPLATE, JSONPATH
from tests.support.wait import eventually

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.command import Minipod

SAME = r"""
get pods
get pods -A
get pods,ns -A
get pod/web ns/lab pod/db
get pods,portconflicts
get all -A
get pods.v1.,ns -A --server-print=false
get --raw /version
get events -o wide --show-kind --field-selector reason=Scheduled
get pods -L app,example.com/tier --show-labels
get pods --show-kind --sort-by=.metadata.labels.app
get pods -A --sort-by={.status.podIP}
get pod none web --ignore-not-found
get pods -l app=none
get pods,ns -l app=none
get pod web -o json
get pod web -o yaml
get pods,ns -o json
get pods,ns,no -o name
get pods -A -o jsonpath={range .items[*]}{.metadata.name}{"\t"}{.status.phase}{"\n"}{end}
get pod web -o jsonpath={.spec.containers[*].command}
get pods -o jsonpath-as-json={.items[*].metadata.labels}
get pods -A -o custom-columns=N:.metadata.name,L:.metadata.labels,C:.spec.containers[*].name,X:.x
get pods -l app=none -o custom-columns=NAME:.metadata.name
get pods -A -o go-template={{range .items}}{{.metadata.name}}{{"\n"}}{{end}}
get pod web --template={{.status.podIP}}
get -f pods.yaml -o wide --no-headers
top pods -A --containers --sum
top pod web --no-headers
top pods -l app=none
api-resources -o wide
events -n lab -o jsonpath={.items[*].reason}
api-resources --namespaced=false -o name
api-resources --verbs=create,delete --sort-by=kind --no-headers
api-versions
explain pods
explain pod.spec.restartPolicy
explain pods.spec.initContainers
explain nodes.metadata
explain conflicts.holder
explain pods --recursive
explain no.status --recursive
explain pods --api-version=metrics.k8s.io/v1beta1
describe ns/lab pod/db
describe ns --show-events=false
wait pod/web pod/db --for=condition=Ready
wait pod/web --for=condition=Ready --for=jsonpath={.metadata.name} -o yaml
wait pods -A --all --for=jsonpath={.status.phase}=Running
wait pods -l app=web --for=create
wait pod/none --for=delete
wait pod/web ns/lab --for=jsonpath={.metadata.name}
"""

REFUSED = r"""
get nonsense
explain pods.spec.nonsense
explain pods --api-version=v2
get pod none
get ns none
get portconflict none
describe pod none
get pods -o jsonpath={.items[}
get pods -o custom-columns=A
get pods -o custom-columns=A:{.b
wait pods -l app=none --for=condition=Ready
wait pod/web --for=condition=Ready=False --timeout=0
wait pod/web --for=jsonpath={.status.conditions}=x
wait pod/web --for=foo
wait pod/web --for=jsonpath={.status.none} --timeout=100ms
"""


def lines(text: str) -> list[list[str]]:
    """Return command lines; a path in braces is one word, be there spaces in it."""
    return [re.findall(r"(?:\{[^}]*\}|\S)+", line) for line in text.strip().splitlines()]


def test_the_same_command_lines_print_the_same(minipod: Minipod, tmp_path: Path) -> None:
    web = container("main", ["sh", "-c", 'exec sleep 1000 # <a> & "b"'])
    manifest = documents(
        pod("web", web, container("side"), labels={"app": "web", "example.com/tier": "front"}),
        pod("db", labels={"app": "db"}, annotations={"a": "é"}),
    )
    (tmp_path / "pods.yaml").write_text(manifest)
    minipod.create(manifest)
    minipod.ok("run", "-n", "lab", "other", "--", "sleep", "1000")
    with relayed(minipod.root / "server.sock") as port, ThreadPoolExecutor(2) as both:
        kubectl = Kubectl(port, tmp_path)

        def ours(*words: str) -> Said:
            done = minipod(*words)
            return Said(done.returncode, done.stdout, done.stderr)

        def same(words: list[str]) -> bool:
            """Compare; where an age has just changed, another try finds both the same."""
            theirs = both.submit(kubectl, *words)
            mine = ours(*words)
            assert mine == theirs.result(), shlex.join(words)
            return True

        for words in lines(SAME):
            eventually(lambda words=words: same(words))
        for obj in minipod.json("get", "events,nodes,ns,portconflicts", "-A")["items"]:
            assert untold(obj) == [], "explain tells that minipod does not set it"
        for words in lines(REFUSED):
            theirs, mine = kubectl(*words), ours(*words)
            assert mine.code == theirs.code == 1, words
            assert mine.err.splitlines()[0] == capitalized(theirs.err.splitlines()[0]), words


def test_what_apply_would_change_is_shown_as_kubectl_shows_it(
    minipod: Minipod, tmp_path: Path
) -> None:
    minipod.ok("apply", "-f", "-", stdin=pod("web", labels={"a": "b"}, annotations={"x": "y"}))
    minipod.create(pod("made"))
    changed = container("main", image="other:1")
    files = {
        "same": pod("web", labels={"a": "b"}, annotations={"x": "y"}),
        "changed": documents(pod("web", changed, labels={"c": "d"}), pod("new"), pod("made")),
        "refused": pod("web", restartPolicy="Never"),
    }
    for name, text in files.items():
        (tmp_path / f"{name}.yaml").write_text(text)
    with relayed(minipod.root / "server.sock") as port:
        kubectl = Kubectl(port, tmp_path)
        for argv, code in (
            ("-f same.yaml", 0),
            ("-f changed.yaml", 1),
            ("-f changed.yaml -l c=d", 1),
            ("-f refused.yaml", 2),
        ):
            theirs, mine = kubectl("diff", *argv.split()), minipod("diff", *argv.split())
            assert mine.returncode == theirs.code == code, mine.stderr
            assert _undated(mine.stdout) == _undated(theirs.out)


def _undated(difference: str) -> str:
    """Return a difference without the times of its files and what was made up of their folders."""
    return re.sub(r"(LIVE|MERGED)-\w+|\t\d{4}-.*", r"\1", difference)


def test_a_node_is_described_as_kubectl_does_but_for_the_lease(
    minipod: Minipod, tmp_path: Path
) -> None:
    asks = {"requests": {"cpu": "100m", "memory": "64Mi"}, "limits": {"cpu": "1"}}
    minipod.create(documents(pod("a", container("main", resources=asks)), pod("b")))
    with relayed(minipod.root / "server.sock") as port:
        kubectl = Kubectl(port, tmp_path)

        def same() -> bool:
            theirs = kubectl("describe", "node").out.splitlines()
            mine = minipod.ok("describe", "node").splitlines()
            assert mine == [line for line in theirs if not line.startswith("Lease:")]
            return True

        eventually(same)


def test_kubectl_prints_of_a_jsonpath_what_was_kept_of_it(host: None, tmp_path: Path) -> None:
    # All in one template: text between braces stands for itself, a range without end comes last.
    open_ended = [t for t in JSONPATH.printed if t.count("{range") > t.count("{end}")]
    closed = [t for t in JSONPATH.printed if t not in open_ended]
    with serving(JSONPATH.pods) as port:
        kubectl = Kubectl(port, tmp_path)
        for templates in (closed, *([each] for each in open_ended)):
            said = kubectl("get", "pods", "-o", "jsonpath=" + "\f".join(templates))
            assert said.out.split("\f") == [JSONPATH.printed[each] for each in templates]
        for template in ("{.items[}", "{.items[5].metadata.name}", "{end}", "{foo}"):
            said = kubectl("get", "pods", "-o", f"jsonpath={template}")
            assert JSONPATH.refused[template] in said.err


def test_kubectl_prints_of_a_go_template_what_was_kept_of_it(host: None, tmp_path: Path) -> None:
    alone = [t for t in GO_TEMPLATE.printed if "{{define" in t or "{{block" in t]
    joined = [t for t in GO_TEMPLATE.printed if t not in alone]
    with serving(GO_TEMPLATE.pods) as port:
        kubectl = Kubectl(port, tmp_path)
        for templates in (joined, *([each] for each in alone)):
            said = kubectl("get", "pods", "-o", "go-template=" + "\f".join(templates))
            assert said.out.split("\f") == [GO_TEMPLATE.printed[each] for each in templates]
        for template in ("{{.kind.foo}}", "{{index .items 5}}", "{{foo}}", "{{if .kind}}"):
            said = kubectl("get", "pods", "-o", f"go-template={template}")
            assert said.err == f"error: {GO_TEMPLATE.refused[template]}\n"
