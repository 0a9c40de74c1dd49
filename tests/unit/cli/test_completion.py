"""TAB, in real shells: what they offer comes from the command, and from the server if it runs."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from tests.support.fake_server import Answer, FakeServer

if TYPE_CHECKING:
    from pathlib import Path

    from .conftest import Run

PROGRAM = "import os; os.geteuid = lambda: 0; from minipod.cli.main import main; main()"
POD = {
    "kind": "Pod",
    "metadata": {"name": "web", "namespace": "default"},
    "spec": {
        "containers": [
            {"name": "app", "ports": [{"containerPort": 8080, "name": "http"}]},
            {"name": "sidecar", "ports": [{"containerPort": 9090}]},
        ]
    },
}


def table(*names: str) -> Answer:
    return Answer({"rows": [{"object": {"metadata": {"name": name}}} for name in names]})


@pytest.fixture
def known(server: FakeServer) -> None:
    """A server that knows some things."""
    server.answers |= {
        "GET /api/v1/namespaces/default/pods": table("web", "webby", "db"),
        "GET /api/v1/namespaces/lab/pods": table("lab-pod"),
        "GET /api/v1/namespaces": table("default", "lab"),
        "GET /api/v1/namespaces/default/pods/web": Answer(POD),
        "GET /apis/minipod.dev/v1/images": Answer({"images": {"nginx:1": [], "nginx:*": []}}),
    }


@pytest.fixture
def environment(server: FakeServer, known: None, tmp_path: Path) -> dict[str, str]:
    """A PATH with `minipod`, which speaks to that server."""
    program = tmp_path / "bin" / "minipod"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec {shlex.join([sys.executable, "-c", PROGRAM])} "$@"\n')
    program.chmod(0o755)
    return {
        "PATH": f"{program.parent}:{os.environ['PATH']}",
        "HOME": str(tmp_path),
        "MINIPOD_ROOT": str(server.root),
        "TERM": "dumb",
    }


CASES: list[tuple[str, list[str]]] = [
    ("minipod port-", ["port-forward"]),
    ("minipod serv", ["server"]),
    ("minipod server sta", ["start", "status"]),
    ("minipod get pods --no", ["--no-headers"]),
    ("minipod get pods -o js", ["json", "jsonpath="]),
    ("minipod label pods -o ", ["yaml", "json", "name", "jsonpath=", "go-template="]),
    ("minipod get node", ["nodes", "node"]),
    ("minipod get pods we", ["web", "webby"]),
    ("minipod get pod web we", ["webby"]),
    ("minipod get pod/d", ["pod/db"]),
    ("minipod get po/d", ["po/db"]),
    ("minipod delete pod d", ["db"]),
    ("minipod logs d", ["db"]),
    ("minipod logs pod/d", ["pod/db"]),
    ("minipod logs -n lab ", ["lab-pod"]),
    ("minipod -n lab logs ", ["lab-pod"]),
    ("minipod get pods -n ", ["default", "lab"]),
    ("minipod logs web -c ", ["app", "sidecar"]),
    ("minipod port-forward web ", ["8080", "9090"]),
    ("minipod expose-port web 90", ["9090:9090"]),
    ("minipod image unmap nginx:", ["nginx:1", "nginx:*"]),
    ("minipod get events --for pod/d", ["pod/db"]),
    ("minipod completion ", ["bash", "zsh", "fish"]),
    ("minipod port-forward web 8888:80", ["8888:8080"]),
    ("minipod explain po", ["pods", "pod", "portconflicts", "portconflict"]),
    ("minipod explain nodes", ["nodes", "nodes."]),
    ("minipod explain pod.s", ["pod.spec", "pod.status"]),
    ("minipod explain pod.spec.con", ["pod.spec.containers", "pod.spec.containers."]),
    ("minipod explain po.spec.containers.na", ["po.spec.containers.name"]),
    ("minipod explain pod.nope.", []),
    ("minipod explain nope.", []),
    ("minipod create -f x", ["file x"]),
    ("minipod exec web -- l", ["file l"]),
    ("minipod get nonsense x", []),
    ("minipod get pods --type=x we", []),
]


@pytest.mark.parametrize(("line", "offered"), CASES, ids=[line for line, _ in CASES])
@pytest.mark.usefixtures("known")
def test_what_is_offered(
    run: Run, monkeypatch: pytest.MonkeyPatch, line: str, offered: list[str]
) -> None:
    monkeypatch.setenv("_MINIPOD_COMPLETE", "bash_complete")
    monkeypatch.setenv("COMP_LINE", line)
    monkeypatch.setenv("COMP_WORDBREAKS", "")
    done = run()
    plain = [item.removeprefix("plain,").replace("file,", "file ") for item in done.out.split()]
    assert (plain, done.err) == (offered, "")


BASH = """
source <(minipod completion bash)
compopt() { printf 'compopt %s\\n' "$*"; }
for COMP_LINE; do
    COMP_POINT=${#COMP_LINE}
    _minipod_completion minipod
    echo "$COMP_LINE -> ${COMPREPLY[*]}"
done
"""


def test_a_shell_that_was_not_said_is_asked_for_in_one_line(run: Run) -> None:
    done = run("completion")
    assert done.code == 2
    assert done.err.startswith("Error: Shell not specified: bash, zsh or fish\nUsage: ")


def test_bash_offers(environment: dict[str, str]) -> None:
    """A colon ends a word of bash: what stands before it is there already."""
    lines = ("minipod logs we", "minipod image unmap nginx:", "minipod create -f p")
    done = subprocess.run(
        ["bash", "--norc", "-c", BASH, "bash", *lines],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
        cwd="/",
    )
    assert done.stderr == ""
    assert done.stdout.splitlines() == [
        "minipod logs we -> web webby",
        "minipod image unmap nginx: -> 1 *",
        "compopt -o default",
        "minipod create -f p -> ",
    ]


def test_fish_offers(environment: dict[str, str]) -> None:
    script = "minipod completion fish | source; complete -C 'minipod logs we'; complete -C $argv"
    done = subprocess.run(
        ["fish", "--no-config", "-c", script, "minipod port-f"],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines() == [
        "web",
        "webby",
        "port-forward\tForward local TCP ports to a pod.",
    ]


def test_zsh_offers(environment: dict[str, str]) -> None:
    script = """
        zmodload zsh/zpty
        zpty shell zsh -f -i
        zpty -w shell "PROMPT= RPROMPT= ; autoload -Uz compinit; compinit -u -D"
        zpty -w shell "source <(minipod completion zsh); echo re''ady"
        zpty -r shell seen "*ready*"
        zpty -w -n shell $'minipod logs d\\t'
        zpty -r shell seen "*logs db*"
        print -r -- $seen
        zpty -d shell
    """
    done = subprocess.run(
        ["zsh", "-f", "-c", script],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=20,
    )
    assert "logs db" in done.stdout, done.stdout + done.stderr


def test_a_server_that_does_not_run_is_not_started(run: Run, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("_MINIPOD_COMPLETE", "fish_complete")
    monkeypatch.setenv("COMP_WORDS", "minipod logs ")
    monkeypatch.setenv("COMP_CWORD", "")
    assert run()[1:] == ("", "")
    assert list(tmp_path.iterdir()) == []


def test_who_is_not_root_is_offered_commands_only(
    run: Run, server: FakeServer, monkeypatch
) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    monkeypatch.setenv("_MINIPOD_COMPLETE", "fish_complete")
    for words, offered in (("minipod logs ", ""), ("minipod lo", "plain,logs\tPrint what")):
        monkeypatch.setenv("COMP_WORDS", words)
        monkeypatch.setenv("COMP_CWORD", words.split(" ")[-1])
        done = run()
        assert done.out.startswith(offered)
        assert done.err == ""
    assert server.asked == []


def test_a_server_that_is_silent_is_not_waited_for(environment, server: FakeServer) -> None:
    server.answers["GET /api/v1/namespaces/default/pods"] = Answer(raw=b"HTTP/1.1 ", hold=True)
    asked = {"_MINIPOD_COMPLETE": "fish_complete", "COMP_WORDS": "minipod logs ", "COMP_CWORD": ""}
    began = time.monotonic()
    done = subprocess.run(
        ["minipod"], env=environment | asked, capture_output=True, text=True, check=False
    )
    assert (done.stdout, done.stderr) == ("", "")
    assert time.monotonic() - began < 5


@pytest.mark.parametrize("argv", ["completion", "completion tcsh", "completion bash zsh"])
def test_a_shell_that_is_not_known_is_a_usage_error(run: Run, argv: str) -> None:
    done = run(*argv.split())
    assert (done.code, done.out) == (2, "")
