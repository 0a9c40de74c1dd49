"""The API on the socket, as curl sees it: Kubernetes REST."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING

from tests.support.manifests import container, pod
from tests.support.wait import eventually

if TYPE_CHECKING:
    from tests.support.command import Minipod

PODS = "/api/v1/namespaces/default/pods"
AS_JSON = ("-H", "Content-Type: application/json")
AS_YAML = ("-H", "Content-Type: application/yaml")


def test_post_get_list_and_delete(minipod: Minipod) -> None:
    minipod.ok("server", "start")
    made = minipod.api(PODS, *AS_JSON, "-d", pod("web"))
    assert (made["kind"], made["metadata"]["name"]) == ("Pod", "web")
    got = minipod.api(f"{PODS}/web")
    assert got["metadata"]["uid"] == made["metadata"]["uid"]
    assert got["status"]["phase"] == "Running"
    listed = minipod.api(PODS)
    assert listed["kind"] == "PodList"
    assert [each["metadata"]["name"] for each in listed["items"]] == ["web"]
    assert int(listed["metadata"]["resourceVersion"]) >= int(got["metadata"]["resourceVersion"])
    gone = minipod.api(f"{PODS}/web", "-X", "DELETE")
    assert gone["metadata"]["deletionTimestamp"]
    eventually(lambda: minipod.api(f"{PODS}/web")["kind"] == "Status")


def test_yaml_is_read_too(minipod: Minipod) -> None:
    minipod.ok("server", "start")
    text = """\
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  containers:
  - {name: main, image: x, command: [sleep, "1000"]}
  terminationGracePeriodSeconds: 0
"""
    made = minipod.api(PODS, *AS_YAML, "--data-binary", text)
    assert made["metadata"]["name"] == "web"
    assert made["spec"]["dnsPolicy"] == "ClusterFirst"


def test_errors_are_status_objects(minipod: Minipod) -> None:
    minipod.ok("server", "start")
    missing = minipod.api(f"{PODS}/nope")
    assert missing["kind"] == "Status"
    assert (missing["code"], missing["reason"], missing["status"]) == (404, "NotFound", "Failure")
    assert '"nope" not found' in missing["message"]
    bad = json.loads(pod("web", container("Bad_Name")))
    refused = minipod.api(PODS, *AS_JSON, "-d", json.dumps(bad))
    assert (refused["code"], refused["reason"]) == (422, "Invalid")
    (cause,) = refused["details"]["causes"]
    assert cause["field"] == "spec.containers[0].name"
    nonsense = minipod.api(PODS, *AS_JSON, "-d", "{")
    assert (nonsense["kind"], nonsense["code"]) == ("Status", 400)
    assert minipod.api("/api/v1/nonsense")["code"] == 404
    minipod.api(PODS, *AS_JSON, "-d", pod("web"))
    twice = minipod.api(PODS, *AS_JSON, "-d", pod("web"))
    assert (twice["code"], twice["reason"]) == (409, "AlreadyExists")


def test_a_watch_tells_what_happens(minipod: Minipod) -> None:
    minipod.ok("server", "start")
    version = minipod.api(PODS)["metadata"]["resourceVersion"]
    url = f"http://minipod{PODS}?watch=true&resourceVersion={version}"
    argv = ["curl", "-sN", "--unix-socket", str(minipod.root / "server.sock"), url]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as watch:
        minipod.create(pod("web"))
        minipod.ok("delete", "pod", "web")
        assert watch.stdout is not None
        seen = []
        for line in watch.stdout:
            event = json.loads(line)
            seen.append(event["type"])
            assert event["object"]["metadata"]["name"] == "web"
            if event["type"] == "DELETED":
                break
        watch.kill()
    assert seen[0] == "ADDED"
    assert set(seen[1:-1]) == {"MODIFIED"}


def test_a_watch_from_a_list_misses_nothing(minipod: Minipod) -> None:
    minipod.create(pod("a"))
    url = f"http://minipod{PODS}?watch=true"
    argv = ["curl", "-sN", "--unix-socket", str(minipod.root / "server.sock"), url]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as watch:
        assert watch.stdout is not None
        event = json.loads(watch.stdout.readline())
        assert (event["type"], event["object"]["metadata"]["name"]) == ("ADDED", "a")
        watch.kill()


def test_discovery_and_version(minipod: Minipod) -> None:
    minipod.create(pod("web"))
    assert "v1" in minipod.api("/api")["versions"]
    assert minipod.api("/apis")["kind"] == "APIGroupList"
    names = {each["name"] for each in minipod.api("/api/v1")["resources"]}
    assert {"pods", "nodes", "namespaces", "events"} <= names
    assert minipod.api("/version")["major"] == "1"
    (node,) = minipod.api("/api/v1/nodes")["items"]
    assert node["spec"]["podCIDR"] == "10.244.0.0/24"
    assert minipod.curl("/healthz") == "ok"


def test_selectors_choose(minipod: Minipod) -> None:
    minipod.create(pod("a", labels={"app": "x"}))
    minipod.create(pod("b"))
    chosen = minipod.api(f"{PODS}?labelSelector=app%3Dx")["items"]
    assert [each["metadata"]["name"] for each in chosen] == ["a"]
    chosen = minipod.api(f"{PODS}?fieldSelector=metadata.name%3Db")["items"]
    assert [each["metadata"]["name"] for each in chosen] == ["b"]


def test_events_tell_the_story(minipod: Minipod) -> None:
    minipod.create(pod("web"))
    events = minipod.api("/api/v1/namespaces/default/events")["items"]
    reasons = [each["reason"] for each in events if each["involvedObject"]["name"] == "web"]
    assert "Scheduled" in reasons
    assert "Started" in reasons


def test_a_dry_run_makes_nothing(minipod: Minipod) -> None:
    minipod.ok("server", "start")
    shown = minipod.api(f"{PODS}?dryRun=All", *AS_JSON, "-d", pod("web"))
    assert shown["spec"]["restartPolicy"] == "Always"
    assert minipod.api(PODS)["items"] == []
