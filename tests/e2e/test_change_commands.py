"""minipod's commands that change objects say what kubectl's say, and do what they say."""

from __future__ import annotations

import json
import re
import shlex
import threading
from concurrent.futures import ThreadPoolExecutor
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING

from tests.support.kubectl import Kubectl, Said, capitalized, relayed
from tests.support.manifests import container, pod

if TYPE_CHECKING:
    from tests.support.command import Minipod

SAME = r"""
create -f NAME.json
create namespace NAME --dry-run=server
create ns NAME
label ns NAME a=b
edit ns/NAME
create ns NAME-2
label ns NAME NAME-2 a=b --overwrite
edit ns NAME NAME-2
<sed -i 0,/a:.b/s/a:.b/a:\ c/> edit ns NAME NAME-2 --output-patch
<sed -i s/a:.b/a:\ d/> edit ns NAME-2 --save-config --field-manager=me
delete ns NAME-2
label pod NAME app=x tier=front
label pod NAME app=x
label pod NAME app-
label pod NAME app-
label pod NAME app- a=b --overwrite
label pod NAME a=c --overwrite --dry-run=client
label pod NAME a=c --overwrite --dry-run=server
annotate pod NAME note=hi
annotate pod NAME --list
annotate pod NAME note-
patch pod NAME -p '{"metadata":{"labels":{"p":"q"}}}'
patch pod NAME -p '[{"op":"remove","path":"/metadata/labels/p"}]' --type=json -o name
label --local -f NAME.json app=z --overwrite -o yaml
annotate --local -f NAME.json a=b -o jsonpath={.metadata}
set image --local -f NAME.json main=z
patch --local -f NAME.json --type=merge -p '{"metadata":{"labels":{"p":"q"}}}' -o json
label pods --field-selector=metadata.name=NAME p=r --field-manager=me -o name
set image pod/NAME main=other:1
set image pod/NAME main=other:1
set image pod NAME '*=other:2' --dry-run=server
apply -f NAME.json
apply -f NAME.json
apply -f NAME-2.json --dry-run=server
apply -f NAME-2.json
replace -f NAME.json
edit pod/NAME
edit pod none
<sed -i s/image:.test/image:\ test2/> edit -f NAME.json --validate=false
delete pod/NAME ns/NAME --dry-run=server
delete pods,ns NAME --now
"""

REFUSED = r"""
label pod NAME app=y
label pod NAME a=b=c
annotate pod NAME note=x
set image pod/NAME nope=x
"""
"""One error line, on a pod with the label app=x and the annotation note=hi."""


def edited(line: str) -> tuple[str, str]:
    """Return the editor that a line names, which else changes nothing, and the rest of it."""
    match = re.fullmatch("<(.*)> (.*)", line)
    return (match[1], match[2]) if match else ("sed -i s/^kind:/kind:/", line)


def test_the_same_command_lines_say_the_same(minipod: Minipod) -> None:
    for name in ("ours", "theirs"):
        for file, image in ((f"{name}.json", "test"), (f"{name}-2.json", "two")):
            manifest = pod(name, container("main", image=image))
            (minipod.folder / file).write_text(manifest)
    minipod.ok("server", "start")
    with relayed(minipod.root / "server.sock") as port, ThreadPoolExecutor(1) as beside:
        kubectl = Kubectl(port, minipod.folder)

        def said(line: str) -> tuple[Said, Said]:
            editor, line = edited(line)
            minipod.environment["KUBE_EDITOR"] = editor
            theirs = beside.submit(
                kubectl, *shlex.split(line.replace("NAME", "theirs")), editor=editor
            )
            done = minipod(*shlex.split(line.replace("NAME", "ours")))
            other = theirs.result()
            swapped = (text.replace("theirs", "ours") for text in other[1:])
            return Said(done.returncode, done.stdout, done.stderr), Said(other[0], *swapped)

        told = {line: said(line) for line in SAME.strip().splitlines()}
        assert {line: both for line, both in told.items() if both[0] != both[1]} == {}
        said("create -f NAME.json")
        said("label pod NAME app=x")
        said("annotate pod NAME note=hi")
        for line in REFUSED.strip().splitlines():
            mine, theirs = said(line)
            assert mine.code == theirs.code == 1, line
            assert mine.err.splitlines()[0] == capitalized(theirs.err.splitlines()[0]), line


def test_what_was_shown_can_be_changed_and_given_back(minipod: Minipod) -> None:
    minipod.environment["TMPDIR"] = str(minipod.folder)
    minipod.create(pod("web", labels={"app": "x"}))
    shown = minipod.ok("get", "pod", "web", "-o", "yaml")
    changed = shown.replace("app: x", "app: z")
    assert minipod.ok("replace", "-f", "-", stdin=changed) == "pod/web replaced\n"
    assert minipod.pod("web")["metadata"]["labels"] == {"app": "z"}
    complaint = minipod.fails("replace", "-f", "-", stdin=changed)
    assert "the object has been modified" in complaint
    assert "Hint: without metadata.resourceVersion" in complaint
    again = minipod.ok("get", "pod", "web", "-o", "yaml")
    assert minipod.ok("apply", "-f", "-", stdin=again) == "pod/web configured\n"

    minipod.environment["KUBE_EDITOR"] = "sed -i 's/app: z/app: q/'"
    assert minipod.ok("edit", "pod/web") == "pod/web edited\n"
    assert minipod.pod("web")["metadata"]["labels"] == {"app": "q"}
    minipod.environment["KUBE_EDITOR"] = "sed -i 's/restartPolicy: Always/restartPolicy: Never/'"
    complaint = minipod.fails("edit", "pod/web")
    assert "Edit cancelled, no valid changes were saved." in complaint
    assert complaint.startswith('Error: pods "web" is invalid\n')
    kept = Path(complaint.split('"')[3])
    assert "# - spec.restartPolicy" in kept.read_text()

    before = minipod.pod("web")
    forced = json.dumps(json.loads(pod("web", restartPolicy="Never")))
    assert minipod.ok("replace", "--force", "-f", "-", stdin=forced) == (
        'pod "web" deleted\npod/web replaced\n'
    )
    after = minipod.pod("web")
    assert after["spec"]["restartPolicy"] == "Never"
    assert after["metadata"]["uid"] != before["metadata"]["uid"]


def test_a_manifest_comes_from_the_web_and_from_folders_in_folders(minipod: Minipod) -> None:
    deep = minipod.folder / "all" / "deep"
    deep.mkdir(parents=True)
    lab = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "lab"}}
    (minipod.folder / "all" / "ns.json").write_text(json.dumps(lab))
    (deep / "pod.json").write_text(pod("web"))

    class Handler(SimpleHTTPRequestHandler):
        def __init__(self, *args: object) -> None:
            super().__init__(*args, directory=str(minipod.folder))  # type: ignore[arg-type]

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}/all/deep"
        assert minipod.ok("apply", "-f", f"{url}/pod.json") == "pod/web created\n"
        complaint = minipod.fails("apply", "-f", f"{url}/none.json")
        assert f'unable to read URL "{url}/none.json", server reported 404' in complaint
        server.shutdown()
    assert minipod.ok("apply", "-f", "all") == "namespace/lab created\n"
    told = minipod.ok("apply", "-R", "-f", "all")
    assert sorted(told.splitlines()) == ["namespace/lab unchanged", "pod/web unchanged"]
    gone = minipod.ok("delete", "-R", "-f", "all", "--now")
    assert sorted(gone.splitlines()) == ['namespace "lab" deleted', 'pod "web" deleted']
    assert minipod.ok("get", "pods,ns", "-A", "-o", "name") == "namespace/default\n"
