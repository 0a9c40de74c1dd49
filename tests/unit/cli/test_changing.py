"""The commands that change objects: what they ask the server for, and kubectl's words for it."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.fake_server import Answer, failure

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.fake_server import FakeServer

    from .conftest import Run

PODS = "/api/v1/namespaces/default/pods"
NAMESPACES = "/api/v1/namespaces"
MANIFESTS = "/apis/minipod.dev/v1/manifests"
MERGE = "application/merge-patch+json"
POD = """\
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  containers: [{name: app, image: nginx, command: [sleep, "9"]}]
"""
DECLARED = "--overwrite is false but found the following declared annotation(s)"
BOTH = "can not both modify and remove the following annotation(s) in the same command"
LAB = "apiVersion: v1\nkind: Namespace\nmetadata: {name: lab}\n"


def pod(name: str = "web", **metadata: Any) -> dict[str, Any]:
    """Return a pod as the server has it."""
    meta = {"name": name, "namespace": "default", "uid": name, "resourceVersion": "7"}
    containers = [{"name": "app", "image": "nginx"}, {"name": "side", "image": "box:1"}]
    init = [{"name": "first", "image": "box:1"}]
    spec = {"containers": containers, "initContainers": init}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": meta | metadata, "spec": spec}


def namespace(name: str = "lab") -> dict[str, Any]:
    meta = {"name": name, "uid": name, "resourceVersion": "9"}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": meta}


def lines(*events: dict[str, Any]) -> Answer:
    return Answer(chunks=[json.dumps(event).encode() + b"\n" for event in events])


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "pod.yaml"
    path.write_text(POD)
    return str(path)


@pytest.fixture
def web(server: FakeServer) -> dict[str, Any]:
    """The pod web, with a label and an annotation, which takes every patch."""
    obj = pod(labels={"app": "x", "tier": "front"}, annotations={"note": "hi"})
    server.answers[f"GET {PODS}/web"] = Answer(obj)
    for query in ("", "?dryRun=All"):
        server.answers[f"PATCH {PODS}/web{query}"] = Answer(obj)
    return obj


@pytest.mark.parametrize(
    "argv",
    [
        "apply",
        "apply -f x --prune",
        "apply -f x --server-side",
        "apply -f x -o wide",
        "apply -f x --dry-run=perhaps",
        "replace",
        "replace -f x --grace-period=5",
        "create",
        "create nonsense",
        "create namespace",
        "create namespace a b",
        "create --dry-run=client namespace a",
        "create -f x namespace a",
        "label",
        "label pod web",
        "label pod a=b",
        "label pod web a=b --all",
        "label pods -l a=b --all c=d",
        "label pod web a=b -f x",
        "label pod web a=b -A",
        "delete pod/web -A",
        "label pod web a=b pod2",
        "label pod web db a=b --resource-version 7",
        "annotate pod web",
        "annotate a=b",
        "patch pod web",
        "patch pod -p {}",
        "patch pod web -p {} --patch-file x",
        "patch pod web -p {} --type nonsense",
        "set image",
        "set image pod web",
        "set image pod app=x",
        "set image pod/web app=x --local",
        "label pod web a=b --local",
        "label -f x a=b --local --dry-run=server",
        "patch pod web -p {} -o custom-columns=A:.a",
        "annotate pod web a=b -o jsonpath",
        "set nonsense",
        "delete pod,ns",
        "delete pods --all -l a=b",
        "delete -f x --all",
        "delete pod web -o yaml",
        "run web --image x --dry-run=perhaps",
    ],
)
def test_command_lines_that_make_no_sense_exit_2(run: Run, server: FakeServer, argv: str) -> None:
    done = run(*argv.split())
    assert (done.code, done.out, server.asked) == (2, "", [])
    assert "--help' for usage." in done.err


@pytest.mark.parametrize(
    "argv",
    [
        "apply -f FILE",
        "replace -f FILE",
        "create namespace lab",
        "label pod web a=b",
        "annotate pod web a=b",
        "patch pod web -p {}",
        "set image pod web app=x",
        "delete ns lab",
    ],
)
def test_who_is_not_root_is_told(
    run: Run, monkeypatch: pytest.MonkeyPatch, file: str, argv: str
) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    done = run(*argv.replace("FILE", file).split())
    assert (done.code, done.out) == (1, "")
    assert done.err.startswith("Error: minipod needs root")


def test_apply_tells_what_was_done(server: FakeServer, run: Run, file: str) -> None:
    server.answers[f"POST {MANIFESTS}?action=apply"] = lines(
        {"type": "CREATED", "object": namespace()},
        {"type": "WARNING", "message": "it is as it is"},
        {"type": "CONFIGURED", "object": pod()},
        {"type": "UNCHANGED", "object": pod("same")},
        {"type": "ERROR", "status": {"reason": "Invalid", "message": "no"}},
    )
    done = run("apply", "-f", file)
    assert done.code == 1
    assert done.out == "namespace/lab created\npod/web configured\npod/same unchanged\n"
    assert done.err == "Warning: it is as it is\nError: no\n"


def test_apply_s_dry_run_is_the_server_s(server: FakeServer, run: Run, file: str) -> None:
    server.answers[f"POST {MANIFESTS}?namespace=lab&action=apply&dryRun=All"] = lines(
        {"type": "CREATED", "object": pod()}
    )
    done = run("apply", "-f", file, "--dry-run=server", "-n", "lab")
    assert done == (0, "pod/web created (server dry run)\n", "")


def test_apply_prints_several_objects_as_one_list(server: FakeServer, run: Run, file: str) -> None:
    both = {"type": "CREATED", "object": pod()}, {"type": "CREATED", "object": pod("db")}
    server.answers[f"POST {MANIFESTS}?action=apply"] = [lines(*both), lines(*both), lines(both[0])]
    assert run("apply", "-f", file, "-o", "name").out == "pod/web\npod/db\n"
    listed = json.loads(run("apply", "-f", file, "-o", "json").out)
    assert (listed["kind"], listed["items"]) == ("List", [pod(), pod("db")])
    assert run("apply", "-f", file, "-o", "yaml").out.startswith("apiVersion: v1\nkind: Pod\n")


def test_create_and_replace_print_each_object_as_a_document(
    server: FakeServer, run: Run, file: str
) -> None:
    for action in ("create", "replace"):
        server.answers[f"POST {MANIFESTS}?action={action}"] = lines(
            {"type": "CREATED", "object": pod()}, {"type": "CREATED", "object": pod("db")}
        )
        shown = run(action, "-f", file, "-o", "yaml").out
        assert [text.count("kind: Pod\n") for text in shown.split("---\n")] == [1, 1]


@pytest.mark.parametrize("verb", ["apply", "replace", "create"])
def test_what_is_wrong_with_files_is_told_and_nothing_is_done(
    server: FakeServer, run: Run, file: str, verb: str
) -> None:
    causes = [{"field": "spec", "message": "bad", "reason": "FieldValueInvalid"}]
    told = failure(400, "BadRequest", "pod.yaml:1:2: spec: bad", causes=causes)
    server.answers[f"POST {MANIFESTS}?action={verb}"] = told
    past = {"apply": "applied", "replace": "replaced", "create": "created"}[verb]
    done = run(verb, "-f", file)
    assert done == (1, "", f"pod.yaml:1:2: spec: bad\nError: nothing was {past}\n")


@pytest.mark.parametrize("verb", ["apply", "replace", "create", "delete"])
def test_a_file_that_is_not_there_is_told(run: Run, server: FakeServer, verb: str) -> None:
    done = run(verb, "-f", "/nowhere.yaml")
    assert done == (1, "", 'Error: the path "/nowhere.yaml" does not exist\n')


def test_replace_tells_what_was_done(server: FakeServer, run: Run, file: str) -> None:
    replaced = {"type": "REPLACED", "object": pod()}
    anew = lines({"type": "DELETED", "object": pod()}, replaced)
    forced = f"POST {MANIFESTS}?action=replace&force=true"
    server.answers = {
        f"POST {MANIFESTS}?action=replace": lines(replaced),
        forced: anew,
        f"{forced}&gracePeriodSeconds=5": anew,
    }
    told = 'pod "web" deleted\npod/web replaced\n'
    assert run("replace", "-f", file) == (0, "pod/web replaced\n", "")
    assert run("replace", "--force", "-f", file) == (0, told, "")
    assert run("replace", "--force", "--grace-period=5", "-f", file) == (0, told, "")
    assert run("replace", "--force", "-f", file, "-o", "name") == (0, "pod/web\n", "")
    assert run("replace", "--force", "-f", file, "-o", "yaml").out.startswith("apiVersion: v1\n")


def test_a_client_s_dry_run_needs_neither_root_nor_server(
    run: Run, monkeypatch: pytest.MonkeyPatch, file: str
) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    assert run("create", "-f", file, "--dry-run=client").out == "pod/web created (dry run)\n"
    assert run("replace", "-f", file, "--dry-run").out == "pod/web replaced (dry run)\n"
    shown = run("create", "-f", file, "--dry-run=client", "-n", "lab", "-o", "json").out
    assert json.loads(shown)["metadata"] == {"name": "web", "namespace": "lab"}
    shown = run("create", "namespace", "lab", "--dry-run=client", "-o", "yaml").out
    assert shown == LAB.replace("{name: lab}", "\n  name: lab").replace(": \n", ":\n")
    assert run("create", "ns", "lab", "--dry-run=client", "-o", "name").out == "namespace/lab\n"


def test_a_client_s_dry_run_tells_what_is_wrong(run: Run, tmp_path: Path) -> None:
    (tmp_path / "pod.yaml").write_text(POD.replace("image:", "imag:"))
    done = run("apply", "-f", str(tmp_path / "pod.yaml"), "--dry-run=client")
    assert (done.code, done.out) == (1, "")
    assert "pod.yaml:5:28: spec.containers[0].imag: unknown field" in done.err
    assert done.err.endswith("Error: nothing was applied\n")
    (tmp_path / "pod.yaml").write_text(POD.replace("name: web", "generateName: web-"))
    argv = ("-f", str(tmp_path / "pod.yaml"), "--dry-run=client")
    assert run("create", *argv).out == "pod/<unknown> created (dry run)\n"
    done = run("apply", *argv)
    assert done.err.startswith("Error: from web-: cannot use generate name with apply\n")


def test_a_selector_says_which_objects_of_files_are_meant(
    server: FakeServer, run: Run, file: str, tmp_path: Path
) -> None:
    (tmp_path / "two.yaml").write_text(
        POD.replace("name: web", "name: db, labels: {app: db}") + "\n---\n" + POD
    )
    argv = ("-f", str(tmp_path / "two.yaml"), "-l", "app in (db)")
    for command in ("create", "apply"):
        assert run(command, *argv, "--dry-run=client").out == "pod/db created (dry run)\n"
        asked = f"POST {MANIFESTS}?action={command}&labelSelector=app%20in%20%28db%29"
        server.answers[asked] = Answer(
            chunks=[json.dumps({"type": "CREATED", "object": pod("db")}).encode()]
        )
        assert run(command, *argv).out == "pod/db created\n"
        done = run(command, "-f", file, "-l", "app=x", "--dry-run=client")
        assert (done.code, done.err) == (1, f"Error: no objects passed to {command}\n")
        done = run(command, "-f", file, "-l", "app=(", "--dry-run=client")
        assert done.code == 1
        assert "cannot read the label selector" in done.err


def test_a_client_s_dry_run_of_apply_asks_whether_it_is_there(
    server: FakeServer, run: Run, file: str
) -> None:
    assert run("apply", "-f", file, "--dry-run=client").out == "pod/web created (dry run)\n"
    server.answers[f"GET {PODS}/web"] = Answer(pod())
    assert run("apply", "-f", file, "--dry-run=client").out == "pod/web configured (dry run)\n"
    assert {one.method for one in server.asked} == {"GET"}


def test_create_namespace(server: FakeServer, run: Run) -> None:
    server.answers[f"POST {NAMESPACES}"] = Answer(namespace(), 201)
    server.answers[f"POST {NAMESPACES}?dryRun=All"] = Answer(namespace(), 201)
    assert run("create", "namespace", "lab") == (0, "namespace/lab created\n", "")
    assert server.asked[0].body["metadata"] == {"name": "lab"}
    done = run("create", "ns", "lab", "--dry-run=server")
    assert done == (0, "namespace/lab created (server dry run)\n", "")
    taken = failure(409, "AlreadyExists", 'namespaces "lab" already exists')
    server.answers[f"POST {NAMESPACES}"] = taken
    assert (
        run("create", "namespace", "lab").err
        == 'Error from server (AlreadyExists): namespaces "lab" already exists\n'
    )


def test_run_asks_the_server_to_check_only(server: FakeServer, run: Run) -> None:
    server.answers[f"POST {PODS}?dryRun=All"] = Answer(pod(), 201)
    done = run("run", "web", "--image", "nginx", "--dry-run=server")
    assert done == (0, "pod/web created (server dry run)\n", "")


@pytest.mark.parametrize(
    ("pairs", "out"),
    [
        ("new=y", "pod/web labeled\n"),
        ("app=x", "pod/web not labeled\n"),
        ("app-", "pod/web unlabeled\n"),
        ("app- --overwrite", "pod/web labeled\n"),
        ("app=y --overwrite", "pod/web labeled\n"),
        ("app=", "Error: 'app' already has a value (x), and --overwrite is false\n"),
        ("app=y", "Error: 'app' already has a value (x), and --overwrite is false\n"),
        ("nope-", 'label "nope" not found.\npod/web not labeled\n'),
        ("a=b --dry-run=client", "pod/web labeled (dry run)\n"),
        ("a=b --dry-run=server", "pod/web labeled (server dry run)\n"),
        ("a=b -o name", "pod/web\n"),
        ("--list", "app=x\ntier=front\n"),
        ("--list a=b tier-", "a=b\napp=x\n"),
    ],
)
def test_label_says_what_kubectl_does(run: Run, web: dict[str, Any], pairs: str, out: str) -> None:
    done = run("label", "pod", "web", *pairs.split())
    assert (done.out or done.err).removesuffix(
        "Hint: --overwrite gives them the new values\n"
    ) == out
    assert done.code == int(out.startswith("Error"))


@pytest.mark.parametrize(
    ("pairs", "told"),
    [
        ("a=b=c", "invalid label spec: a=b=c"),
        ("a=-x", 'invalid label value: "a=-x": a valid label must be an empty string or consist'),
        (f"a={'x' * 64}", "must be no more than 63 bytes"),
        ("a/b/c=d", 'invalid label key: "a/b/c": a valid label key must consist of'),
        ("a=x a-", "can not both modify and remove a label in the same command"),
    ],
)
def test_labels_that_cannot_be_are_refused_before_anything_is_asked(
    server: FakeServer, run: Run, pairs: str, told: str
) -> None:
    done = run("label", "pod", "web", *pairs.split())
    assert (done.code, done.out, server.asked) == (1, "", [])
    assert told in done.err


@pytest.mark.parametrize("flag", [(), ("--resource-version", "7")])
def test_a_label_is_a_merge_patch(
    server: FakeServer, run: Run, web: dict[str, Any], flag: tuple[str, ...]
) -> None:
    assert run("label", "pod/web", "a=b", "tier-", *flag).code == 0
    asked = server.asked[-1]
    expected: dict[str, Any] = {"labels": {"tier": None, "a": "b"}}
    if flag:
        expected["resourceVersion"] = "7"
    assert (asked.method, asked.headers["content-type"]) == ("PATCH", MERGE)
    assert asked.body == {"metadata": expected}


def test_label_goes_on_after_an_object_that_refuses(
    server: FakeServer, run: Run, web: dict[str, Any]
) -> None:
    server.answers["GET /api/v1/namespaces/lab"] = Answer(namespace())
    server.answers["PATCH /api/v1/namespaces/lab"] = Answer(namespace())
    done = run("label", "pod/web", "pod/none", "ns/lab", "app=y")
    assert (done.code, done.out) == (1, "namespace/lab labeled\n")
    assert "'app' already has a value (x)" in done.err
    assert 'pods "none" not found' in done.err


def test_label_of_all_with_a_label_lists_each(server: FakeServer, run: Run) -> None:
    pods = [pod(labels={"a": "b"}), pod("db")]
    server.answers = {f"GET {PODS}/{one['metadata']['name']}": Answer(one) for one in pods}
    server.answers[f"GET {PODS}?labelSelector=x%3Dy"] = Answer({"items": pods})
    done = run("label", "pods", "-l", "x=y", "--list")
    assert done.out == "Listing labels for Pod./web:\n a=b\nListing labels for Pod./db:\n"
    server.answers[f"GET {PODS}?labelSelector=x%3Dy"] = Answer({"items": []})
    assert run("label", "pods", "-l", "x=y", "a=b") == (0, "", "No resources found\n")


def test_label_of_what_a_file_names(
    server: FakeServer, run: Run, web: dict[str, Any], file: str
) -> None:
    named = {"objects": [{"kind": "Pod", "namespace": "default", "name": "web"}]}
    server.answers["POST /apis/minipod.dev/v1/decode"] = Answer(named)
    assert run("label", "-f", file, "a=b").out == "pod/web labeled\n"


@pytest.mark.parametrize(
    ("pairs", "out"),
    [
        ("note=hi", "pod/web annotated\n"),
        ("note-", "pod/web annotated\n"),
        ("a=b=c", "pod/web annotated\n"),
        ("none-", "pod/web annotated\n"),
        (
            "note=x",
            f"Error: {DECLARED}: 'note' already has a value (hi)\n",
        ),
        (
            "a=b a-",
            f"Error: {BOTH}: a\n",
        ),
        ("--list", "note=hi\n"),
    ],
)
def test_annotate_says_what_kubectl_does(
    run: Run, web: dict[str, Any], pairs: str, out: str
) -> None:
    done = run("annotate", "pod", "web", *pairs.split())
    assert (done.out or done.err).removesuffix(
        "Hint: --overwrite gives them the new values\n"
    ) == out


def test_an_annotation_s_key_is_checked(run: Run, server: FakeServer) -> None:
    done = run("annotate", "pod", "web", "a b=c")
    assert (done.code, server.asked) == (1, [])
    assert done.err.startswith('Error: invalid annotation key: "a b": name part must consist of')


@pytest.mark.parametrize(
    ("argv", "kind", "body"),
    [
        (("-p", '{"a": {"b": 1}}'), "strategic-merge-patch", {"a": {"b": 1}}),
        (("-p", "a: {b: [x]}", "--type=merge"), "merge-patch", {"a": {"b": ["x"]}}),
        (("-p", "- {op: remove, path: /a}", "--type", "json"), "json-patch", [
            {"op": "remove", "path": "/a"}
        ]),
    ],
)  # fmt: skip
def test_a_patch_is_sent_as_it_is_written(
    server: FakeServer, run: Run, web: dict[str, Any], argv: tuple[str, ...], kind: str, body: Any
) -> None:
    server.answers[f"PATCH {PODS}/web"] = Answer(web | {"status": {}})
    assert run("patch", "pod", "web", *argv) == (0, "pod/web patched\n", "")
    assert server.asked[-1].body == body
    assert server.asked[-1].headers["content-type"] == f"application/{kind}+json"


def test_a_patch_that_changes_nothing_says_so(
    run: Run, web: dict[str, Any], tmp_path: Path
) -> None:
    (tmp_path / "p.json").write_text("{}")
    done = run("patch", "pod/web", "--patch-file", str(tmp_path / "p.json"), "--dry-run=server")
    assert done.out == "pod/web patched (no change) (server dry run)\n"


@pytest.mark.parametrize(
    ("argv", "told"),
    [
        (("-p", "a: ["), "--patch:2:1: cannot read: the text ends where a value"),
        (("-p", "{"), "--patch:2:1: cannot read"),
        (("-p", "# nothing"), "--patch: it holds 0 objects, not one"),
        (("-p", "[]"), "--patch: a patch is part of an object"),
        (("-p", "{}", "--type=json"), "--patch: a patch of --type json is a list"),
        (("-p", "[1]", "--type=json"), "--patch: a patch of --type json is a list"),
        (("--patch-file", "/nowhere"), 'the path "/nowhere" does not exist'),
    ],
)
def test_a_patch_that_is_none_is_refused(
    run: Run, server: FakeServer, argv: tuple[str, ...], told: str
) -> None:
    done = run("patch", "pod", "web", *argv)
    assert (done.code, done.out, server.asked) == (1, "", [])
    assert done.err.startswith(f"Error: {told}")


def test_a_patch_that_the_server_refuses_is_told(
    run: Run, server: FakeServer, web: dict[str, Any]
) -> None:
    server.answers[f"PATCH {PODS}/web"] = failure(409, "Conflict", "it was changed", hint="again")
    done = run("patch", "pod", "web", "-p", "{}")
    assert done == (1, "", "Error from server (Conflict): it was changed\nHint: again\n")


def test_set_image_patches_containers_by_name(
    server: FakeServer, run: Run, web: dict[str, Any]
) -> None:
    assert run("set", "image", "pod/web", "app=nginx:2").out == "pod/web image updated\n"
    assert server.asked[-1].body == {"spec": {"containers": [{"name": "app", "image": "nginx:2"}]}}
    assert run("set", "image", "po", "web", "*=box:1", "--dry-run").out == (
        "pod/web image updated (dry run)\n"
    )
    assert server.asked[-1].body == {"spec": {"containers": [{"name": "app", "image": "box:1"}]}}


def test_set_image_says_nothing_where_nothing_changes(
    server: FakeServer, run: Run, web: dict[str, Any]
) -> None:
    assert run("set", "image", "pod/web", "app=nginx") == (0, "", "")
    assert [one.method for one in server.asked] == ["GET"]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("pod/web nope=x", 'unable to find container named "nope"\nHint: the containers of pod'),
        ("pod/web app=", '"app=" is not CONTAINER=IMAGE'),
        ("pod/web app=a app=b", 'container "app" is to have two images: a, b'),
        ("pod/web *=a app=b", "all containers are already specified by *, but saw more than one"),
        ("ns/lab app=b", "cannot do this with namespaces"),
        ("pod/none app=b", 'pods "none" not found'),
    ],
)
def test_set_image_of_what_is_not_there_is_refused(
    run: Run, server: FakeServer, web: dict[str, Any], words: str, told: str
) -> None:
    done = run("set", "image", *words.split())
    assert (done.code, done.out) == (1, "")
    assert (
        done.err.removeprefix("Error from server (NotFound)")
        .removeprefix("Error")
        .startswith(f": {told}")
    )
    assert "PATCH" not in {one.method for one in server.asked}


def gone(server: FakeServer) -> None:
    """Let the pod web and the namespace lab be deleted, and watches tell so."""
    server.answers |= {
        f"DELETE {PODS}/web": Answer(pod()),
        f"DELETE {NAMESPACES}/lab": Answer(namespace()),
        f"GET {PODS}?watch=true&resourceVersion=7": lines({"type": "DELETED", "object": pod()}),
        f"GET {NAMESPACES}?watch=true&resourceVersion=9": lines(
            {"type": "DELETED", "object": namespace()}
        ),
    }


def test_delete_of_several_kinds_waits_for_each(server: FakeServer, run: Run) -> None:
    gone(server)
    done = run("delete", "pod/web", "ns/lab")
    assert done == (0, 'pod "web" deleted\nnamespace "lab" deleted\n', "")
    watched = [one.target for one in server.asked if "watch" in one.target]
    assert [target.partition("?")[0] for target in watched] == [PODS, NAMESPACES]


def test_delete_of_a_name_in_several_kinds(server: FakeServer, run: Run) -> None:
    gone(server)
    done = run("delete", "pods,ns", "web", "--wait=false")
    assert (done.code, done.out) == (1, 'pod "web" deleted\n')
    assert done.err.startswith('Error from server (NotFound): namespaces "web" not found\n')


def test_delete_of_a_file_with_a_namespace(
    server: FakeServer, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone(server)
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(LAB.encode())))
    named = [
        {"kind": "Namespace", "namespace": "", "name": "lab"},
        {"kind": "Pod", "namespace": "default", "name": "web"},
    ]
    server.answers["POST /apis/minipod.dev/v1/decode"] = Answer({"objects": named})
    done = run("delete", "-f", "-", "-o", "name")
    assert done == (0, "namespace/lab\npod/web\n", "")


def test_delete_s_dry_runs_delete_nothing(server: FakeServer, run: Run) -> None:
    server.answers = {
        f"GET {PODS}/web": Answer(pod()),
        f"DELETE {PODS}/web": Answer(pod()),
    }
    done = run("delete", "pod", "web", "--dry-run=client")
    assert (done.out, server.asked[-1].method) == ('pod "web" deleted (dry run)\n', "GET")
    done = run("delete", "pod", "web", "--force", "--dry-run=server")
    assert done.out == 'pod "web" force deleted (server dry run)\n'
    assert server.asked[-1].body["dryRun"] == ["All"]
    assert run("delete", "pod", "none", "--dry-run=client").code == 1


def test_delete_of_a_namespace_with_pods_that_the_server_refuses(
    server: FakeServer, run: Run
) -> None:
    refused = failure(403, "Forbidden", 'namespaces "default" is forbidden')
    server.answers[f"DELETE {NAMESPACES}/default"] = refused
    done = run("delete", "ns", "default")
    assert done == (1, "", 'Error from server (Forbidden): namespaces "default" is forbidden\n')
