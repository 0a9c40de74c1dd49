"""`wait`: which objects it is about, and what it prints."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.support.fake_server import Answer, FakeServer, failure

if TYPE_CHECKING:
    from pathlib import Path

    from .conftest import Run

PODS = "/api/v1/namespaces/default/pods"


def pod(name: str, ready: str = "True", namespace: str = "default") -> dict[str, Any]:
    metadata = {"name": name, "namespace": namespace, "uid": name}
    return {"metadata": metadata, "status": {"conditions": [{"type": "Ready", "status": ready}]}}


def answer_with(server: FakeServer, *pods: dict[str, Any]) -> None:
    for one in pods:
        meta = one["metadata"]
        path = f"GET /api/v1/namespaces/{meta['namespace']}/pods/{meta['name']}"
        server.answers[path] = Answer(one)


def test_what_is_met_is_told_at_once_and_what_is_not_at_the_end(
    server: FakeServer, run: Run
) -> None:
    answer_with(server, pod("a", "False"), pod("b"))
    done = run("wait", "pod/none", "pod/a", "pods/b", "--for=condition=Ready", "--timeout=0")
    assert done == (
        1,
        "pod/b condition met\n",
        (
            'Error from server (NotFound): pods "none" not found\n'
            "Error: condition not met for pods/a\n"
        ),
    )


def test_all_of_a_kind_are_those_there_are_now(server: FakeServer, run: Run) -> None:
    both = [pod("a"), pod("b", namespace="lab")]
    answer_with(server, *both)
    listed = Answer({"items": both, "metadata": {"resourceVersion": "7"}})
    server.answers |= {"GET /api/v1/pods": listed, f"GET {PODS}?labelSelector=a%3Db": listed}
    met = "pod/a condition met\npod/b condition met\n"
    assert run("wait", "pods", "--all", "-A", "--for=condition=Ready").out == met
    assert run("wait", "pods", "-l", "a=b", "--for=condition=Ready").out == met


def test_what_met_it_is_printed_as_asked(server: FakeServer, run: Run) -> None:
    answer_with(server, pod("a"), pod("b"))
    wanted = ("wait", "pods/a", "pods/b", "--for=condition=Ready")
    assert run(*wanted, "-o", "name").out == "pod/a\npod/b\n"
    assert run(*wanted, "-o", "jsonpath={.metadata.name} ").out == "a b "
    server.asked.clear()
    assert "allowed formats are: go-template," in run(*wanted, "-o", "wide").err
    assert server.asked == []


def test_no_object_at_all_is_an_error_unless_it_is_to_be_gone(server: FakeServer, run: Run) -> None:
    server.answers[f"GET {PODS}"] = Answer({"items": [], "metadata": {"resourceVersion": "7"}})
    done = run("wait", "pods", "--all", "--for=condition=Ready")
    assert done == (1, "", "Error: no matching resources found\n")
    assert run("wait", "pods", "--all", "--for=delete") == (0, "", "")
    late = run("wait", "pods", "--all", "--for=create", "--timeout=0")
    assert (late.code, late.err) == (1, "Error: timed out waiting for the condition\n")


def test_what_never_was_is_gone_without_a_word(server: FakeServer, run: Run) -> None:
    server.answers[f"GET {PODS}/web"] = failure(404, "NotFound", "no")
    assert run("wait", "pod/web", "--for=delete") == (0, "", "")


def test_files_name_what_is_waited_for(server: FakeServer, run: Run, tmp_path: Path) -> None:
    below = tmp_path / "more"
    below.mkdir()
    (below / "pod.yaml").write_text("x")
    named = {"kind": "Pod", "namespace": "lab", "name": "web"}
    server.answers["POST /apis/minipod.dev/v1/decode"] = Answer({"objects": [named]})
    answer_with(server, pod("web", namespace="lab"))
    wanted = ("-f", str(tmp_path), "--for=jsonpath={.metadata.name}=web")
    assert run("wait", "-R", *wanted).out == "pod/web condition met\n"
    assert server.asked[0].body["sources"] == [{"name": f"{below}/pod.yaml", "text": "x"}]
    assert "no *.yaml" in run("wait", *wanted).err


@pytest.mark.parametrize(
    ("argv", "why"),
    [
        ("--for=delete", "give objects"),
        ("pods --for=delete", "no name was specified"),
        ("pod/a -f x --for=delete", "together with --filename"),
        ("pod/a -l a=b --for=delete", "together with a selector"),
        ("pod/a", "Missing option '--for'"),
        ("pod/a --for=delete --timeout=x", "is not a duration"),
        ("pod/a --for=delete --timeout=", "is not a duration"),
    ],
)
def test_usage_errors_exit_2(run: Run, argv: str, why: str) -> None:
    done = run("wait", *argv.split())
    assert (done.code, done.out) == (2, "")
    assert why in done.err


@pytest.mark.parametrize("argv", ["pod/a --for=foo", "nonsense/a --for=delete"])
def test_what_there_is_not_exits_1(run: Run, argv: str) -> None:
    assert run("wait", *argv.split()).code == 1


@pytest.mark.parametrize("text", ["0", "-1s", "+1m", "1.5s", "200ms"])
def test_a_timeout_is_a_go_duration(server: FakeServer, run: Run, text: str) -> None:
    answer_with(server, pod("a"))
    assert run("wait", "pod/a", "--for=create", f"--timeout={text}").code == 0
