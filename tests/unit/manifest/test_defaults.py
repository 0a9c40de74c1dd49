"""default_pod fills in what Kubernetes would."""

from __future__ import annotations

import copy

import pytest

from minipod.manifest.defaults import default_pod


def pod(*containers, **spec):
    metadata = {"name": "web", "namespace": "default"}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": metadata,
        "spec": {"containers": list(containers), **spec},
    }


def test_a_small_pod_gets_what_kubectl_shows():
    given = pod({"name": "main", "image": "nginx", "ports": [{"containerPort": 80}]})
    before = copy.deepcopy(given)
    assert default_pod(given)["spec"] == {
        "containers": [
            {
                "name": "main",
                "image": "nginx",
                "imagePullPolicy": "Always",
                "ports": [{"containerPort": 80, "protocol": "TCP"}],
                "resources": {},
                "terminationMessagePath": "/dev/termination-log",
                "terminationMessagePolicy": "File",
            }
        ],
        "dnsPolicy": "ClusterFirst",
        "enableServiceLinks": True,
        "preemptionPolicy": "PreemptLowerPriority",
        "priority": 0,
        "restartPolicy": "Always",
        "schedulerName": "default-scheduler",
        "securityContext": {},
        "terminationGracePeriodSeconds": 30,
    }
    assert given == before


@pytest.mark.parametrize(
    ("image", "policy"),
    [
        ("nginx", "Always"),
        ("nginx:latest", "Always"),
        ("registry:5000/nginx", "Always"),
        ("nginx:1.25", "IfNotPresent"),
        ("registry:5000/a/nginx:1", "IfNotPresent"),
        ("nginx@sha256:00", "IfNotPresent"),
        ("nginx:latest@sha256:00", "Always"),
        ("a/nginx@sha256:00", "IfNotPresent"),
        ("", "IfNotPresent"),
    ],
)
def test_the_pull_policy_follows_the_tag(image, policy):
    container = {"name": "main", "image": image}
    assert default_pod(pod(container))["spec"]["containers"][0]["imagePullPolicy"] == policy


def test_each_pod_has_defaults_of_its_own():
    default_pod(pod({"name": "main"}))["spec"]["securityContext"]["runAsUser"] = 1
    assert default_pod(pod({"name": "main"}))["spec"]["securityContext"] == {}


def test_what_is_set_stays():
    spec = default_pod(
        pod(
            {
                "name": "main",
                "imagePullPolicy": "Never",
                "ports": [{"containerPort": 1, "protocol": "UDP"}],
            },
            restartPolicy="Never",
            terminationGracePeriodSeconds=0,
            enableServiceLinks=False,
        )
    )["spec"]
    assert spec["restartPolicy"] == "Never"
    assert spec["terminationGracePeriodSeconds"] == 0
    assert spec["enableServiceLinks"] is False
    assert spec["containers"][0]["imagePullPolicy"] == "Never"
    assert spec["containers"][0]["ports"][0]["protocol"] == "UDP"


def test_an_empty_string_is_not_set():
    spec = default_pod(pod({"name": "main"}, restartPolicy="", dnsPolicy=""))["spec"]
    assert (spec["restartPolicy"], spec["dnsPolicy"]) == ("Always", "ClusterFirst")


def test_a_probe_gets_its_times_and_an_http_one_its_path():
    probe = {"httpGet": {"port": 80}, "periodSeconds": 0, "timeoutSeconds": 5}
    container = default_pod(pod({"name": "main", "livenessProbe": probe}))["spec"]["containers"][0]
    assert container["livenessProbe"] == {
        "httpGet": {"port": 80, "path": "/", "scheme": "HTTP"},
        "periodSeconds": 10,
        "timeoutSeconds": 5,
        "successThreshold": 1,
        "failureThreshold": 3,
    }


def test_requests_follow_limits():
    resources = {"limits": {"cpu": "2", "memory": "1Gi"}, "requests": {"cpu": "1"}}
    container = default_pod(pod({"name": "main", "resources": resources}))["spec"]["containers"][0]
    assert container["resources"]["requests"] == {"cpu": "1", "memory": "1Gi"}


def test_a_volume_without_source_is_an_empty_directory():
    spec = default_pod(pod({"name": "main"}, volumes=[{"name": "a"}, {"name": "b", "secret": {}}]))
    assert spec["spec"]["volumes"] == [
        {"name": "a", "emptyDir": {}},
        {"name": "b", "secret": {"defaultMode": 420}},
    ]


def test_ports_on_the_host_s_network_are_host_ports():
    container = {"name": "main", "ports": [{"containerPort": 80}]}
    spec = default_pod(pod(container, hostNetwork=True))["spec"]
    assert spec["containers"][0]["ports"] == [
        {"containerPort": 80, "hostPort": 80, "protocol": "TCP"}
    ]
