"""The library's client and its pods, on a server that is not there."""

from __future__ import annotations

import json
import logging
import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from minipod import (
    Action,
    Client,
    Container,
    Event,
    HostPort,
    Outcome,
    Party,
    Pod,
    Port,
    PortConflict,
    Source,
    Submission,
)
from minipod.errors import (
    AlreadyExists,
    BadRequest,
    CommandFailed,
    InvalidObject,
    NotFound,
    TimedOut,
    Unavailable,
)
from tests.support.fake_sandbox import FakeSandbox, Said
from tests.support.fake_server import Answer, FakeServer, failure

if TYPE_CHECKING:
    from pathlib import Path

PODS = "/api/v1/namespaces/default/pods"
OWN = "/apis/minipod.dev/v1"


def pod(name: str = "web", uid: str = "u", **status: Any) -> dict[str, Any]:
    return {
        "kind": "Pod",
        "metadata": {"namespace": "default", "name": name, "uid": uid, "resourceVersion": "5"},
        "spec": {
            "nodeName": "vm",
            "containers": [
                {"name": "main", "ports": [{"name": "http", "containerPort": 80}]},
                {"name": "other"},
            ],
        },
        "status": {"phase": "Running", "podIP": "10.244.0.2", **status},
    }


@pytest.fixture
def client(server: FakeServer, warnings: list[str]) -> Client:
    return Client(server.root, start=False, warn=warnings.append)


# Which root and which namespace


def test_the_root_is_given_or_the_environment_s_or_the_default(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("MINIPOD_ROOT", raising=False)
    assert Client().root == "/var/lib/minipod"
    monkeypatch.setenv("MINIPOD_ROOT", "/elsewhere")
    assert Client().root == "/elsewhere"
    assert Client(tmp_path).root == str(tmp_path)
    assert repr(Client("/x", namespace="lab")) == "<Client /x lab>"


def test_without_a_server_and_without_start_it_is_unavailable(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="no server runs"):
        Client(tmp_path, start=False).pods()


def test_another_namespace_is_another_client_of_the_same_root(
    server: FakeServer, client: Client
) -> None:
    server.answers["GET /api/v1/namespaces/lab/pods"] = Answer({"items": []})
    server.answers[f"GET {PODS}"] = Answer({"items": []})
    lab = client.in_namespace("lab")
    assert (lab.pods(), client.pods()) == ([], [])
    assert (lab.namespace, client.namespace) == ("lab", "default")
    assert lab.forwards is client.forwards


# Pods as they are


def test_a_pod_tells_what_it_is(server: FakeServer, client: Client) -> None:
    waiting = {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 10s"}}
    status = {
        "conditions": [{"type": "Ready", "status": "True"}],
        "containerStatuses": [
            {
                "name": "main",
                "state": waiting,
                "lastState": {"terminated": {"exitCode": 7}},
                "ready": False,
                "restartCount": 2,
            }
        ],
    }
    server.answers[f"GET {PODS}/web"] = Answer(pod(**status))
    web = client.get("web")
    assert (web.namespace, web.name, web.uid) == ("default", "web", "u")
    assert (web.phase, web.ip, web.node, web.ready) == ("Running", "10.244.0.2", "vm", True)
    assert (web.labels, web.annotations) == ({}, {})
    assert web.containers == (
        Container("main", "waiting", False, 2, "CrashLoopBackOff", "back-off 10s", 7),
        Container("other", "waiting", False, 0, None, None, None),
    )
    assert repr(web) == "<Pod default/web Running>"
    assert web.raw == pod(**status)


def test_the_same_pod_is_equal_whenever_it_was_seen(server: FakeServer, client: Client) -> None:
    server.answers[f"GET {PODS}"] = Answer({"items": [pod(phase="Failed"), pod("b", "v")]})
    server.answers[f"GET {PODS}/web"] = Answer(pod())
    web, (same, other) = client.get("web"), client.pods()
    assert web == same != other
    assert len({web, same, other}) == 2
    assert web.refresh().phase == "Running"


def test_a_pod_that_has_only_the_name_is_not_found(server: FakeServer, client: Client) -> None:
    server.answers[f"GET {PODS}/web"] = [Answer(pod()), Answer(pod(uid="another"))]
    with pytest.raises(NotFound, match="is gone, another has its name"):
        client.get("web").refresh()


def test_pods_are_chosen_by_label_and_of_all_namespaces(server: FakeServer, client: Client) -> None:
    server.answers[f"GET {PODS}?labelSelector=app%3Dweb"] = Answer({"items": [pod()]})
    server.answers["GET /api/v1/pods"] = Answer({"items": [pod(), pod("b", "v")]})
    assert [one.name for one in client.pods("app=web")] == ["web"]
    assert [one.name for one in client.pods(all_namespaces=True)] == ["web", "b"]


# Making pods


def test_run_creates_what_minipod_run_does(server: FakeServer, client: Client) -> None:
    server.answers[f"POST {PODS}"] = Answer(pod())
    assert client.run("web", ["python3", "-m", "x"], port=80, env={"A": "1"}).uid == "u"
    body = server.asked[-1].body
    assert body["metadata"] == {"name": "web", "labels": {"run": "web"}}
    (container,) = body["spec"]["containers"]
    assert container == {
        "name": "web",
        "command": ["python3", "-m", "x"],
        "env": [{"name": "A", "value": "1"}],
        "ports": [{"containerPort": 80}],
    }
    with pytest.raises(TypeError, match="a list of words"):
        client.run("web", "python3 -m x")


def test_a_manifest_s_own_namespace_counts_unless_the_client_has_one(
    server: FakeServer, client: Client
) -> None:
    server.answers["POST /api/v1/namespaces/lab/pods"] = Answer(pod())
    client.create({"metadata": {"name": "web", "namespace": "lab"}})
    client.in_namespace("lab").create({"metadata": {"name": "web"}})
    assert len(server.asked) == 2


def test_what_is_refused_is_told_with_its_fields(server: FakeServer, client: Client) -> None:
    causes = [{"field": "spec.containers", "message": "Required", "reason": "FieldValueRequired"}]
    server.answers[f"POST {PODS}"] = failure(422, "Invalid", "Pod is invalid", causes=causes)
    with pytest.raises(InvalidObject) as caught:
        client.create({"metadata": {"name": "web"}})
    assert [problem.field for problem in caught.value.problems] == ["spec.containers"]


def ndjson(*lines: dict[str, Any]) -> Answer:
    return Answer(chunks=[json.dumps(line).encode() + b"\n" for line in lines])


def test_files_are_created_together(
    server: FakeServer, client: Client, warnings: list[str], tmp_path: Path
) -> None:
    file = tmp_path / "app.yaml"
    file.write_text("kind: Pod\n")
    server.answers[f"POST {OWN}/manifests?action=create"] = ndjson(
        {"type": "WARNING", "message": "beware"},
        {"type": "CREATED", "object": pod()},
        {"type": "CREATED", "object": {"kind": "Namespace"}},
        {"type": "CREATED", "object": pod("b", "v")},
    )
    assert [one.name for one in client.create_from(file)] == ["web", "b"]
    assert server.asked[-1].body["sources"] == [{"name": str(file), "text": "kind: Pod\n"}]
    assert warnings == ["beware"]


def test_apply_says_so_and_takes_what_was_there_as_it_is(
    server: FakeServer, client: Client, tmp_path: Path
) -> None:
    (tmp_path / "app.yaml").write_text("kind: Pod\n")
    server.answers[f"POST {OWN}/manifests?action=apply"] = ndjson(
        {"type": "UNCHANGED", "object": pod()}
    )
    assert client.apply({"kind": "Pod"}) == client.apply_from(tmp_path / "app.yaml")[0]
    sources = [asked.body["sources"] for asked in server.asked]
    assert sources[0] == [{"name": "manifest", "text": '{"kind": "Pod"}'}]


def test_of_files_the_first_failure_is_raised_when_all_were_tried(
    server: FakeServer, client: Client, tmp_path: Path
) -> None:
    (tmp_path / "app.yaml").write_text("")
    status = failure(409, "AlreadyExists", 'pods "web" already exists').body
    server.answers[f"POST {OWN}/manifests?action=create"] = ndjson(
        {"type": "ERROR", "status": status}, {"type": "CREATED", "object": pod()}
    )
    with pytest.raises(AlreadyExists, match="already exists"):
        client.create_from(tmp_path / "app.yaml")
    with pytest.raises(BadRequest, match="does not exist"):
        client.create_from(tmp_path / "nope.yaml")


def test_a_pod_is_replaced_by_force_and_what_had_to_go_is_no_result(
    server: FakeServer, client: Client, tmp_path: Path
) -> None:
    (tmp_path / "app.yaml").write_text("kind: Pod\n")
    server.answers[f"POST {OWN}/manifests?action=replace&force=true&gracePeriodSeconds=3"] = ndjson(
        {"type": "DELETED", "object": pod(uid="old")}, {"type": "REPLACED", "object": pod()}
    )
    assert client.replace({"kind": "Pod"}, force=True, grace=3).uid == "u"
    (web,) = client.replace_from(tmp_path / "app.yaml", force=True, grace=3)
    assert web.uid == "u"


def test_what_became_of_each_object_comes_as_it_happens(
    server: FakeServer, client: Client, warnings: list[str], tmp_path: Path
) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "app.yaml").write_text("kind: Pod\n")
    status = failure(409, "AlreadyExists", 'pods "b" already exists').body
    server.answers[f"POST {OWN}/manifests?action=create&dryRun=All"] = ndjson(
        {"type": "CREATED", "object": {"kind": "Namespace"}},
        {"type": "WARNING", "message": "beware"},
        {"type": "ERROR", "status": status},
    )
    said = Source("said", "kind: Namespace")
    found = client.submit(Submission(Action.CREATE, dry_run=True), said, tmp_path, recursive=True)
    assert next(found) == Outcome("created", {"kind": "Namespace"})
    assert [one["name"] for one in server.asked[-1].body["sources"]] == [
        "said",
        str(tmp_path / "deep" / "app.yaml"),
    ]
    assert not warnings
    (failed,) = found
    assert (failed.done, failed.raw, type(failed.error)) == ("failed", None, AlreadyExists)
    assert warnings == ["beware"]
    with pytest.raises(BadRequest, match=r"no .*yaml.* in"):
        client.submit(Submission(Action.CREATE), tmp_path)


def test_warnings_go_to_the_log_if_nobody_takes_them(
    server: FakeServer, caplog: pytest.LogCaptureFixture
) -> None:
    headers = ('Warning: 299 - "no image"',)
    server.answers[f"POST {PODS}"] = Answer(pod(), headers=headers)
    Client(server.root, start=False).create({})
    assert caplog.record_tuples == [("minipod", logging.WARNING, "no image")]


# Looking


def test_logs_are_text_whatever_the_bytes(server: FakeServer, client: Client) -> None:
    server.answers[f"GET {PODS}/web"] = Answer(pod())
    log = f"GET {PODS}/web/log?container=main"
    server.answers[log] = Answer(raw=b"HTTP/1.1 200 OK\r\n\r\nhello \xff\n")
    server.answers[f"{log}&tailLines=2&previous=true"] = Answer(chunks=[b"two\n"])
    web = client.get("web")
    assert web.logs() == "hello \\xff\n"
    assert web.logs(tail=2, previous=True) == "two\n"
    with pytest.raises(NotFound, match='container "nope" not found in pod "web"'):
        web.logs(container="nope")


def test_a_log_is_followed_by_lines_and_may_be_left(server: FakeServer, client: Client) -> None:
    server.answers[f"GET {PODS}/web"] = Answer(pod())
    log = f"GET {PODS}/web/log?container=other&follow=true&timestamps=true"
    stamp = b"2026-01-02T03:04:05.000000001Z "
    chunks = [stamp + b"on", b"e\n" + stamp + b"two\n" + stamp[:9], stamp[9:] + b"three"]
    server.answers[log] = Answer(chunks=chunks)
    web = client.get("web")
    assert list(web.follow_logs(container="other")) == ["one", "two", "three"]
    server.answers[log] = Answer(raw=b"HTTP/1.1 200 OK\r\n\r\n" + stamp + b"one\n", hold=True)
    lines = web.follow_logs(container="other")
    assert next(lines) == "one"
    lines.close()


def test_events_are_in_order(server: FakeServer, client: Client) -> None:
    def event(reason: str, second: int) -> dict[str, Any]:
        return {
            "involvedObject": {"namespace": "default", "name": "web"},
            "type": "Normal",
            "reason": reason,
            "message": "m",
            "count": 2,
            "lastTimestamp": f"2026-01-02T03:04:{second:02}Z",
        }

    events = Answer({"items": [event("B", 6), event("A", 5)]})
    server.answers["GET /api/v1/namespaces/default/events"] = events
    server.answers["GET /api/v1/namespaces/default/events?fieldSelector=involvedObject.uid%3Du"] = (
        events
    )
    server.answers[f"GET {PODS}/web"] = Answer(pod())
    seen = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert client.events()[0] == Event("default", "Normal", "A", "m", "web", 2, seen)
    assert [one.reason for one in client.get("web").events()] == ["A", "B"]


def test_ports_and_conflicts_are_values(server: FakeServer, client: Client) -> None:
    row = {
        "namespace": "default",
        "pod": "web",
        "container": "main",
        "protocol": "TCP",
        "address": None,
        "port": 80,
        "pid": None,
        "command": None,
        "declared": True,
        "marks": ["Silent"],
        "note": "nobody listens",
        "later": "a newer server's",
    }
    wanted = {"address": "0.0.0.0", "container": "main", "pid": 7, "command": "x"}
    conflict = {
        "namespace": "default",
        "pod": "web",
        "port": 80,
        "protocol": "TCP",
        "rule": "SameAddress",
        "explanation": "words",
        "wanted": wanted,
        "holder": wanted | {"since": "2026-01-02T03:04:05.5Z"},
        "time": "2026-01-02T03:04:06.25Z",
        "count": 3,
    }
    for query in ("?namespace=default", "?namespace=default&pod=web", ""):
        server.answers[f"GET {OWN}/ports{query}"] = Answer({"items": [row]})
    (found,) = client.ports()
    assert found == Port(
        "default",
        "web",
        "main",
        "TCP",
        None,
        80,
        None,
        None,
        True,
        ("Silent",),
        "nobody listens",
        row,
    )
    assert not found.listening
    assert repr(found) == "<Port default/web -:80/TCP Silent>"
    assert len({found, *client.ports()}) == 1
    assert client.ports("web") == client.ports(all_namespaces=True) == [found]
    unheld = conflict | {"holder": None, "time": "2026-01-02T03:04:01Z"}
    server.answers[f"GET {OWN}/namespaces/default/portconflicts"] = Answer(
        {"items": [conflict, unheld]}
    )
    first, second = client.conflicts()
    assert first.holder is None
    since = datetime(2026, 1, 2, 3, 4, 5, 500_000, tzinfo=UTC)
    assert second == PortConflict(
        "default",
        "web",
        80,
        "TCP",
        "SameAddress",
        "words",
        Party("0.0.0.0", "main", 7, "x", None),
        Party("0.0.0.0", "main", 7, "x", since),
        datetime(2026, 1, 2, 3, 4, 6, 250_000, tzinfo=UTC),
        3,
    )


# Waiting


def test_waiting_takes_kubectl_s_words_and_functions(server: FakeServer, client: Client) -> None:
    ready = pod(conditions=[{"type": "Ready", "status": "True"}])
    server.answers[f"GET {PODS}/web"] = Answer(ready)
    web = client.get("web")
    assert web.wait().ready
    assert web.wait("jsonpath={.status.phase}=Running").phase == "Running"
    assert web.wait(lambda now: now.ip == "10.244.0.2").ip == "10.244.0.2"
    with pytest.raises(BadRequest, match="unrecognized condition"):
        web.wait("Ready")
    server.answers[f"GET {PODS}/web"] = failure(404, "NotFound", "")
    assert web.wait("delete") is web


def test_who_waited_in_vain_hears_how_the_pod_is(server: FakeServer, client: Client) -> None:
    waiting = {"waiting": {"reason": "ImageNotMapped", "message": "map it"}}
    running = {"name": "other", "state": {"running": {}}, "ready": True}
    status = {"containerStatuses": [{"name": "main", "state": waiting}, running]}
    server.answers[f"GET {PODS}/web"] = Answer(pod(**status))
    with pytest.raises(TimedOut) as caught:
        client.get("web").wait(timeout=0)
    assert caught.value.hint == 'container "main" of pod/web waits: map it'
    status["containerStatuses"][0]["state"] = {"waiting": {"reason": "CrashLoopBackOff"}}
    server.answers[f"GET {PODS}/web"] = Answer(pod(**status))
    with pytest.raises(TimedOut) as caught:
        client.get("web").wait(timeout=0)
    assert caught.value.hint == 'container "main" is waiting, CrashLoopBackOff'
    with pytest.raises(TimedOut, match="timed out waiting for the condition on pods/web"):
        client.get("web").wait(lambda _: False, timeout=0)


def test_several_are_waited_for_with_one_timeout_and_all_that_are_late_are_told(
    server: FakeServer, client: Client
) -> None:
    ready = pod(conditions=[{"type": "Ready", "status": "True"}])
    late = {"containerStatuses": [{"name": "main", "state": {"running": {}}, "ready": True}]}
    pods = [Pod(client, pod(name, name)) for name in "abc"]
    for one in pods:
        raw = ready | {"metadata": one.raw["metadata"]}
        server.answers[f"GET {PODS}/{one.name}"] = Answer(raw)
    assert [one.ready for one in client.wait(pods)] == [True, True, True]
    assert client.wait(pods, lambda now: now.ready, timeout=0) == pods
    for name in "ac":
        server.answers[f"GET {PODS}/{name}"] = Answer(pod(name, name, **late))
    for condition in ("condition=Ready", lambda now: now.ready):
        with pytest.raises(TimedOut, match="condition on pods/a, pods/c") as caught:
            client.wait(pods, condition, timeout=0)
        hint = str(caught.value.hint)
        assert hint.startswith('a: container "other" is waiting; c: container "other"')
    del server.answers[f"GET {PODS}/b"]
    with pytest.raises(NotFound, match='"b" not found'):
        client.wait(pods, timeout=0)


def test_a_function_is_asked_again_whatever_it_looks_at(server: FakeServer, client: Client) -> None:
    listening = dict.fromkeys(Port._fields[:-1]) | {"port": 80, "address": "::", "marks": []}
    silent = listening | {"address": None}
    server.answers[f"GET {PODS}/web"] = Answer(pod())
    server.answers[f"GET {OWN}/ports?namespace=default&pod=web"] = [
        Answer({"items": [silent]}),
        Answer({"items": [listening]}),
    ]
    assert client.get("web").wait(lambda now: now.listens("http")).name == "web"


# Doing


def test_a_command_that_fails_is_an_error_unless_it_may(server: FakeServer, client: Client) -> None:
    def answer(said: Said) -> list[Said]:
        os.write(said.descriptors[2], b"no such thing\n")
        seq = said.content["seq"]
        return [
            Said({"seq": seq, "ok": {"pid": 1}}, []),
            Said({"seq": seq, "exit": {"code": 3, "signal": 0}}, []),
        ]

    server.answers[f"GET {PODS}/web"] = Answer(pod())
    web = client.get("web")
    with FakeSandbox(server.root, "u", answer):
        with pytest.raises(CommandFailed) as caught:
            web.exec(["ls", "-l"])
        assert str(caught.value) == "ls terminated with exit code 3: no such thing"
        assert (caught.value.exit_code, caught.value.stderr) == (3, "no such thing\n")
        assert web.exec(["ls"], check=False) == (3, "", "no such thing\n")
    with pytest.raises(TypeError, match="a list of words"):
        web.exec("ls -l")


def test_deleting_means_this_pod_and_no_later_one(server: FakeServer, client: Client) -> None:
    server.answers[f"GET {PODS}/web"] = Answer(pod())
    server.answers[f"DELETE {PODS}/web"] = Answer(pod())
    client.get("web").delete(grace=3, wait=False)
    body = server.asked[-1].body
    assert body["preconditions"] == {"uid": "u"}
    assert body["gracePeriodSeconds"] == 3


def test_a_name_is_a_pod_of_the_client_s_namespace(server: FakeServer, client: Client) -> None:
    server.answers["DELETE /api/v1/namespaces/lab/pods/web"] = Answer(pod())
    lab = client.in_namespace("lab")
    lab.delete("web", grace=0, wait=False)
    assert "preconditions" not in server.asked[-1].body
    with pytest.raises(NotFound, match='"gone" not found'):
        lab.delete("web", "gone", wait=False)


def test_a_namespace_goes_with_what_is_in_it(server: FakeServer, client: Client) -> None:
    named = {"metadata": {"name": "lab", "uid": "n", "resourceVersion": "3"}}
    server.answers["GET /api/v1/namespaces"] = Answer({"items": [named]})
    assert client.namespaces() == ["lab"]
    server.answers["DELETE /api/v1/namespaces/lab"] = Answer({"kind": "Namespace"} | named)
    watch = "/api/v1/namespaces?watch=true&resourceVersion=3"
    server.answers[f"GET {watch}"] = ndjson({"type": "DELETED", "object": named})
    client.delete_namespace("lab")
    assert server.asked[-1].target == watch


def test_ports_of_the_machine_lead_to_a_pod(server: FakeServer, client: Client) -> None:
    told = {"hostIP": "0.0.0.0", "hostPort": 8080, "containerPort": 80, "protocol": "TCP"}
    for method in ("PUT", "DELETE"):
        path = f"{method} {OWN}/namespaces/default/pods/web/hostports"
        server.answers[path] = Answer({"items": [told]})
    server.answers[f"GET {PODS}/web"] = Answer(pod())
    web = client.get("web")
    wanted = [HostPort("0.0.0.0", 8080, 80, "TCP")]
    assert web.expose("8080:80") == client.unexpose("web", "8080:80") == wanted
    assert [asked.body for asked in server.asked[1:]] == [{"ports": ["8080:80"]}] * 2
    assert web.unexpose("8080:80") == wanted


def test_the_whole_root_is_purged(server: FakeServer, client: Client) -> None:
    server.answers[f"POST {OWN}/purge"] = Answer({})
    client.purge()
    assert server.asked[-1].target == f"{OWN}/purge"
