"""`get -w`, `events` and `describe`: what they ask for, and what they print."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from minipod.cli.printing.output import Columns
from tests.support.fake_server import Answer, FakeServer
from tests.unit.client.describe.described import CONFLICT, EVENTS, SMALL

if TYPE_CHECKING:
    from pathlib import Path

    from .conftest import Run

PODS = "/api/v1/namespaces/default/pods"
EVENT_LIST = "/api/v1/namespaces/default/events"
COLUMNS = [{"name": "Name", "priority": 0}, {"name": "Status", "priority": 0}]


def table(*rows: tuple[str, str], columns: bool = True) -> dict[str, Any]:
    metadata = {"namespace": "default"}
    return {
        "columnDefinitions": COLUMNS if columns else None,
        "metadata": {"resourceVersion": "7"},
        "rows": [{"cells": list(row), "object": {"metadata": metadata}} for row in rows],
    }


def changes(*objects: dict[str, Any], kind: str = "MODIFIED") -> Answer:
    events = [{"type": kind, "object": obj} for obj in objects]
    return Answer(chunks=[json.dumps(event).encode() + b"\n" for event in events])


def test_a_watch_goes_on_below_the_table(server: FakeServer, run: Run) -> None:
    later = table(("a-longer-name", "Running"))
    server.answers = {
        f"GET {PODS}": Answer(table(("web", "Pending"))),
        f"GET {PODS}?watch=true&resourceVersion=7": changes(
            later, table(("web", "Running"), columns=False)
        ),
    }
    assert run("get", "pods", "-w").out.splitlines() == [
        "NAME   STATUS",
        "web    Pending",
        "a-longer-name   Running",
        "web             Running",
    ]
    assert run("get", "pods", "--watch-only", "--no-headers").out == (
        "a-longer-name   Running\nweb             Running\n"
    )


def test_a_watch_of_nothing_begins_with_the_header_of_what_comes(
    server: FakeServer, run: Run
) -> None:
    server.answers = {
        "GET /api/v1/pods": Answer(table()),
        "GET /api/v1/pods?watch=true&resourceVersion=7": changes(table(("web", "Pending"))),
    }
    shown = "NAMESPACE   NAME   STATUS\ndefault     web    Pending\n"
    assert run("get", "pods", "-A", "-w") == (0, shown, "")


def test_one_object_is_watched_by_its_name(server: FakeServer, run: Run) -> None:
    only = f"{PODS}?fieldSelector=metadata.name%3Dweb"
    server.answers = {
        f"GET {PODS}/web": Answer(table(("web", "Pending"))),
        f"GET {only}": Answer(table(("web", "Pending"))),
        f"GET {only}&watch=true&resourceVersion=7": changes(table(("web", "Running"))),
    }
    assert run("get", "pod", "web", "-w").out == "NAME   STATUS\nweb    Pending\nweb    Running\n"
    assert run("get", "pod", "x", "-w").err == 'Error from server (NotFound): pods "x" not found\n'
    assert run("get", "pods", "a", "b", "-w").code == 2


@pytest.mark.parametrize(
    ("output", "shown"),
    [
        ("name", "pod/a\npod/b\n"),
        (
            "yaml",
            "Pod\nmetadata:\n  name: a\n---\napiVersion: v1\nkind: Pod\nmetadata:\n  name: b\n",
        ),
    ],
)
def test_a_watch_of_objects_prints_each(
    server: FakeServer, run: Run, output: str, shown: str
) -> None:
    listed = {"items": [{"metadata": {"name": "a"}}], "metadata": {"resourceVersion": "7"}}
    server.answers = {
        f"GET {PODS}": Answer(listed),
        f"GET {PODS}?watch=true&resourceVersion=7": changes(
            {"kind": "Pod", "metadata": {"name": "b"}}
        ),
    }
    assert run("get", "pods", "-w", "-o", output).out.endswith(shown)


def test_other_kinds_are_shown_too(server: FakeServer, run: Run) -> None:
    server.answers = {
        "GET /api/v1/nodes": Answer(table(("vm", "Ready"))),
        "GET /api/v1/namespaces/lab": Answer({"kind": "Namespace", "metadata": {"name": "lab"}}),
        "GET /api/v1/namespaces": Answer(table()),
    }
    assert run("get", "no", "-A").out == "NAME   STATUS\nvm     Ready\n"
    assert run("get", "ns/lab", "-o", "name").out == "namespace/lab\n"
    assert run("get", "namespaces").err == "No resources found\n"


def test_events_are_chosen_by_object_and_type(server: FakeServer, run: Run) -> None:
    run("get", "events", "--for", "pod/web", "--types=warning", "--field-selector", "reason=x")
    run("events", "--for=po/web", "--types", "Normal,Warning", "-A")
    involved = "involvedObject.kind%3DPod%2CinvolvedObject.name%3Dweb"
    assert [asked.target for asked in server.asked] == [
        f"{EVENT_LIST}?fieldSelector=reason%3Dx%2C{involved}%2Ctype%3DWarning",
        f"/api/v1/events?fieldSelector={involved}",
    ]


@pytest.mark.parametrize(
    "argv",
    [
        "get pods --for pod/web",
        "get events --types=Bad",
        "get events x --types=Normal",
        "events --for web",
        "describe",
        "describe pod a -A",
    ],
)
def test_usage_errors_exit_2(run: Run, argv: str) -> None:
    done = run(*argv.split())
    assert (done.code, done.out) == (2, "")
    assert "Usage: minipod" in done.err


def test_events_are_listed_newest_last(server: FakeServer, run: Run) -> None:
    server.answers[f"GET {EVENT_LIST}"] = Answer(
        {"items": EVENTS, "metadata": {"resourceVersion": "7"}}
    )
    done = run("events", "--no-headers")
    assert [line.split()[-1] for line in done.out.splitlines()] == ["API", "http", "IPV6_V6ONLY."]
    assert done.out.splitlines()[-1].endswith(CONFLICT)
    assert run("events", "-o", "name").out == "event/web.3\nevent/web.1\nevent/web.2\n"


def test_events_that_come_are_told_and_those_whose_hour_is_over_are_not(
    server: FakeServer, run: Run
) -> None:
    watch = f"GET {EVENT_LIST}?watch=true&resourceVersion=7"
    server.answers = {
        f"GET {EVENT_LIST}": Answer({"items": [], "metadata": {"resourceVersion": "7"}}),
        watch: changes(EVENTS[1]),
    }
    header, row = run("events", "-w").out.splitlines()
    assert header.split()[-1] == "MESSAGE"
    assert row.endswith("Pod/web   Started container http")
    server.answers[watch] = changes(EVENTS[1], kind="DELETED")
    assert run("events", "-w") == (0, "", "")


def test_no_events_are_told_as_kubectl_does(server: FakeServer, run: Run) -> None:
    empty = Answer({"items": [], "metadata": {"resourceVersion": "7"}})
    server.answers = {"GET /api/v1/events": empty, f"GET {EVENT_LIST}": empty}
    assert run("events") == (0, "", "No events found in default namespace.\n")
    assert run("events", "-A") == (0, "", "No events found.\n")


def test_describe_asks_for_the_events_of_that_very_pod(server: FakeServer, run: Run) -> None:
    of_web = ",".join(f"involvedObject.{each}" for each in (
        "name=web", "namespace=default", "uid=web-uid")
    )  # fmt: skip
    asked = of_web.replace("=", "%3D").replace(",", "%2C")
    server.answers = {
        f"GET {PODS}/web": Answer(SMALL),
        f"GET {PODS}": Answer({"items": [SMALL]}),
        f"GET {EVENT_LIST}?fieldSelector={asked}": Answer({"items": EVENTS}),
    }
    done = run("describe", "pod", "web")
    assert done.out.startswith("Name:         web\n")
    assert done.out.endswith(f"{CONFLICT}\n")
    assert run("describe", "po/web", "pods/we").out.count("\n\n\nName: ") == 1
    assert run("describe", "pods").out.startswith("Name:         web\n")
    missing = run("describe", "pod", "x", "web")
    assert (missing.code, missing.err) == (1, 'Error from server (NotFound): pods "x" not found\n')
    assert missing.out.startswith("Name:         web\n")


def test_describe_of_nothing_says_so(server: FakeServer, run: Run) -> None:
    server.answers[f"GET {PODS}?labelSelector=a%3Db"] = Answer({"items": []})
    assert run("describe", "pods", "-l", "a=b") == (
        0, "", "No resources found in default namespace.\n"
    )  # fmt: skip


def test_columns_only_become_wider() -> None:
    columns = Columns()
    assert columns.lines([("longer-one", "b")]) == "longer-one   b"
    assert columns.lines([("a", "b")]) == "a            b"


def test_no_conflicts_of_a_pod_are_told_with_its_name(server: FakeServer, run: Run) -> None:
    conflicts = "/apis/minipod.dev/v1/namespaces/default/portconflicts"
    none = Answer({"items": [], "metadata": {"resourceVersion": "7"}})
    server.answers = {
        f"GET {PODS}/web": Answer(SMALL),
        f"GET {conflicts}?fieldSelector=pod%3Dweb": none,
        f"GET {conflicts}": none,
    }
    said = "No conflicts found for pod web in default namespace.\n"
    assert run("conflicts", "web") == run("conflicts", "pod/web") == (0, "", said)
    assert run("conflicts") == (0, "", "No conflicts found in default namespace.\n")


@pytest.mark.parametrize("command", ["conflicts", "ports", "logs"])
def test_an_empty_name_is_an_error_and_not_all(server: FakeServer, run: Run, command: str) -> None:
    done = run(command, "")
    assert (done.code, server.asked) == (2, [])
    assert "resource name may not be empty" in done.err


def test_describe_takes_several_kinds_and_files(
    server: FakeServer, run: Run, tmp_path: Path
) -> None:
    lab = {"metadata": {"name": "lab"}, "status": {"phase": "Active"}}
    node = {"metadata": {"name": "vm"}}
    of_vm = "involvedObject.kind%3DNode%2CinvolvedObject.name%3Dvm"
    server.answers = {
        "GET /api/v1/namespaces/lab": Answer(lab),
        "GET /api/v1/nodes/vm": Answer(node),
        "GET /api/v1/pods": Answer({"items": []}),
        f"GET /api/v1/events?fieldSelector={of_vm}": Answer({"items": []}),
        "POST /apis/minipod.dev/v1/decode": Answer(
            {"objects": [{"kind": "Namespace", "namespace": "", "name": "lab"}]}
        ),
    }
    said = "Name:         lab\nLabels:       <none>\nAnnotations:  <none>\nStatus:       Active\n"
    both = run("describe", "ns/lab", "node/vm").out
    assert both.startswith(f"{said}\n\nName:               vm\n")
    assert both.endswith("Events:              <none>\n")
    assert "Events" not in run("describe", "no/vm", "--show-events=false").out
    file = tmp_path / "lab.yaml"
    file.write_text("x")
    assert run("describe", "-f", str(file)).out == said


def test_describe_of_another_kind_tells_its_fields(server: FakeServer, run: Run) -> None:
    conflicts = "/apis/minipod.dev/v1/namespaces/default/portconflicts"
    conflict = {"metadata": {"name": "x", "namespace": "default", "uid": "u"}, "port": 80}
    about = "name%3Dx%2CinvolvedObject.namespace%3Ddefault%2CinvolvedObject.uid%3Du"
    server.answers = {
        f"GET {conflicts}": Answer({"items": [conflict]}),
        f"GET {EVENT_LIST}?fieldSelector=involvedObject.{about}": Answer({"items": []}),
    }
    shown = run("describe", "portconflicts").out
    assert "Port:    80\n" in shown
    assert "API Version:  minipod.dev/v1\n" in shown


@pytest.mark.parametrize(
    ("argv", "why"),
    [
        ("describe", "give a KIND, or --filename"),
        ("describe -f x pods", "--filename cannot be given together with a kind"),
        ("describe -f x -l a=b", "--filename cannot be given together with a kind"),
        ("describe pod a -l a=b", "names cannot be given together with --selector"),
    ],
)
def test_describe_refuses_what_makes_no_sense(run: Run, argv: str, why: str) -> None:
    done = run(*argv.split())
    assert (done.code, done.out) == (2, "")
    assert why in done.err
