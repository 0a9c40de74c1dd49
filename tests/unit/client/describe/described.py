"""Two pods and their events, of which tests/unit/client/test_describe.py has kubectl's words."""

from __future__ import annotations

from typing import Any

from minipod.model.times import timestamp

NOW = 1795603305.0
"""When kubectl 1.32.4 was shown these objects, with TZ=UTC."""


def ago(seconds: float) -> str:
    """Return a time before NOW."""
    return timestamp(NOW - seconds)


def condition(kind: str, status: str) -> dict[str, Any]:
    return {"type": kind, "status": status, "lastProbeTime": None, "lastTransitionTime": ago(60)}


def event(name: str, pod: str, reason: str, message: str, **fields: Any) -> dict[str, Any]:
    involved = {
        "apiVersion": "v1",
        "kind": "Pod",
        "name": pod,
        "namespace": "default",
        "uid": f"{pod}-uid",
    }
    involved |= {"fieldPath": fields.pop("field_path")} if "field_path" in fields else {}
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": name, "namespace": "default", "creationTimestamp": ago(12)},
        "involvedObject": involved,
        "type": "Normal",
        "reason": reason,
        "message": message,
        "source": {"component": "minipod", "host": "vm"},
        "reportingComponent": "minipod",
        "firstTimestamp": ago(12),
        "lastTimestamp": ago(12),
        "count": 1,
    } | fields


SMALL: dict[str, Any] = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {
        "name": "web",
        "namespace": "default",
        "uid": "web-uid",
        "creationTimestamp": ago(3600),
        "labels": {"app": "web", "tier": "front"},
    },
    "spec": {
        "containers": [
            {
                "name": "http",
                "image": "nginx",
                "command": ["python3", "-c", "import time\ntime.sleep(9)"],
                "ports": [
                    {"containerPort": 8080, "protocol": "TCP", "name": "http"},
                    {"containerPort": 53, "protocol": "UDP", "hostPort": 5353},
                ],
                "env": [{"name": "A", "value": "1"}, {"name": "LONGER", "value": "two\nlines"}],
                "resources": {},
            },
            {"name": "sidecar", "args": ["-v"], "ports": [{"containerPort": 1, "protocol": "TCP"}]},
        ],
        "nodeName": "vm",
        "priority": 0,
        "restartPolicy": "Always",
    },
    "status": {
        "phase": "Running",
        "qosClass": "BestEffort",
        "startTime": ago(3599),
        "hostIP": "10.244.255.2",
        "podIP": "10.244.0.2",
        "podIPs": [{"ip": "10.244.0.2"}],
        "conditions": [
            condition("PodReadyToStartContainers", "True"),
            condition("Ready", "False"),
            condition("minipod.dev/PortsFree", "False"),
        ],
        "containerStatuses": [
            {
                "name": "http",
                "image": "nginx",
                "imageID": "",
                "containerID": "minipod://1",
                "ready": True,
                "restartCount": 0,
                "state": {"running": {"startedAt": ago(3598)}},
                "lastState": {},
            },
            {
                "name": "sidecar",
                "image": "",
                "imageID": "",
                "containerID": "minipod://2",
                "ready": False,
                "restartCount": 3,
                "state": {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 40s"}},
                "lastState": {
                    "terminated": {
                        "exitCode": 137,
                        "signal": 9,
                        "reason": "Error",
                        "message": "cannot bind 0.0.0.0:8080/tcp\nheld by container http",
                        "startedAt": ago(100),
                        "finishedAt": ago(90),
                    }
                },
            },
        ],
    },
}

CONFLICT = (
    'container "sidecar" (pid 4312, python3 -m http.server 8080) cannot bind 0.0.0.0:8080/tcp: '
    'held by container "http" (pid 4188, python3 app.py) listening on [::]:8080. An IPv6 wildcard '
    "socket also takes the IPv4 port unless it sets IPV6_V6ONLY."
)

EVENTS = [
    event(
        "web.2", "web", "PortConflict", CONFLICT, type="Warning", count=3, lastTimestamp=ago(4),
        field_path="spec.containers{sidecar}",
    ),
    event("web.1", "web", "Started", "Started container http ", field_path="spec.containers{http}"),
    event(
        "web.3", "web", "New", "Of the new events API", source={}, count=0, firstTimestamp=None,
        lastTimestamp=None, eventTime=timestamp(NOW - 30).replace("Z", ".000000Z"),
        series={"count": 2, "lastObservedTime": timestamp(NOW - 20).replace("Z", ".000000Z")},
        reportingComponent="other",
    ),
]  # fmt: skip

_PROBE = {
    "initialDelaySeconds": 1,
    "timeoutSeconds": 2,
    "periodSeconds": 3,
    "successThreshold": 1,
    "failureThreshold": 5,
}

_NAME = {"apiVersion": "v1", "fieldPath": "metadata.name"}
_ADDRESS = {"apiVersion": "v1", "fieldPath": "status.podIP"}

LARGE: dict[str, Any] = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {
        "name": "everything",
        "namespace": "lab",
        "uid": "everything-uid",
        "creationTimestamp": ago(3600),
        "deletionTimestamp": ago(-30),
        "deletionGracePeriodSeconds": 30,
        "annotations": {
            "minipod.dev/rootfs": "host",
            "kubectl.kubernetes.io/last-applied-configuration": "{}",
            "lines": "one\ntwo\n",
            "long": "x" * 150,
            "escape": "a\x1b[31mb\rc",
            "ümlaut": "ä\tb",
        },
        "ownerReferences": [
            {"apiVersion": "v1", "kind": "Node", "name": "vm", "uid": "1", "controller": True}
        ],
    },
    "spec": {
        "priority": 7,
        "priorityClassName": "high",
        "runtimeClassName": "fast",
        "serviceAccountName": "default",
        "nodeSelector": {"disk": "ssd", "arch": "x"},
        "securityContext": {"seccompProfile": {"type": "Localhost", "localhostProfile": "p.json"}},
        "tolerations": [
            {"key": "b", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300},
            {"key": "a", "operator": "Equal", "value": "1", "effect": "NoSchedule"},
            {"operator": "Exists"},
        ],
        "readinessGates": [{"conditionType": "x/gate"}, {"conditionType": "Ready"}],
        "topologySpreadConstraints": [
            {
                "topologyKey": "zone",
                "maxSkew": 1,
                "whenUnsatisfiable": "DoNotSchedule",
                "labelSelector": {
                    "matchLabels": {"b": "2", "a": "1"},
                    "matchExpressions": [
                        {"key": "c", "operator": "In", "values": ["y", "x"]},
                        {"key": "d", "operator": "DoesNotExist"},
                    ],
                },
            },
            {"topologyKey": "host", "maxSkew": 2, "whenUnsatisfiable": "ScheduleAnyway"},
        ],
        "initContainers": [{"name": "first", "image": "busybox", "command": ["true"]}],
        "containers": [
            {
                "name": "main",
                "image": "img:1",
                "securityContext": {"seccompProfile": {"type": "RuntimeDefault"}},
                "resources": {
                    "limits": {"memory": "64Mi", "cpu": "500m"},
                    "requests": {"cpu": "250m"},
                },
                "livenessProbe": {"httpGet": {"path": "/a b?c", "port": 80, "scheme": "HTTP"}}
                | _PROBE,
                "readinessProbe": {"exec": {"command": ["cat", "/tmp/x"]}} | _PROBE,
                "startupProbe": {"tcpSocket": {"port": "http"}} | _PROBE,
                "envFrom": [
                    {"configMapRef": {"name": "settings"}},
                    {"prefix": "P_", "secretRef": {"name": "keys", "optional": True}},
                ],
                "env": [
                    {
                        "name": "NAME",
                        "valueFrom": {"fieldRef": _NAME},
                    },
                    {
                        "name": "IP",
                        "valueFrom": {"fieldRef": _ADDRESS},
                    },
                    {
                        "name": "KEY",
                        "valueFrom": {"secretKeyRef": {"name": "keys", "key": "k"}},
                    },
                    {
                        "name": "SETTING",
                        "valueFrom": {
                            "configMapKeyRef": {"name": "settings", "key": "s", "optional": True}
                        },
                    },
                ],
                "volumeMounts": [
                    {"name": "tmp", "mountPath": "/z"},
                    {"name": "host", "mountPath": "/a", "readOnly": True, "subPath": 'q"q'},
                ],
                "volumeDevices": [{"name": "block", "devicePath": "/dev/b"}],
            }
        ],
        "volumes": [
            {"name": "tmp", "emptyDir": {"medium": "Memory", "sizeLimit": "1Gi"}},
            {"name": "plain", "emptyDir": {}},
            {"name": "host", "hostPath": {"path": "/srv"}},
            {"name": "typed", "hostPath": {"path": "/srv", "type": "Directory"}},
            {"name": "keys", "secret": {"secretName": "keys", "optional": True}},
            {"name": "settings", "configMap": {"name": "settings"}},
            {"name": "nfs", "nfs": {"server": "s", "path": "/p", "readOnly": True}},
            {"name": "claim", "persistentVolumeClaim": {"claimName": "c"}},
            {
                "name": "down",
                "downwardAPI": {
                    "items": [
                        {"path": "n", "fieldRef": _NAME},
                        {
                            "path": "c",
                            "resourceFieldRef": {"containerName": "main", "resource": "limits.cpu"},
                        },
                    ]
                },
            },
            {
                "name": "projected",
                "projected": {
                    "sources": [
                        {"secret": {"name": "keys"}},
                        {"configMap": {"name": "settings", "optional": True}},
                        {"downwardAPI": {"items": []}},
                        {"serviceAccountToken": {"path": "t", "expirationSeconds": 3600}},
                    ]
                },
            },
        ],
    },
    "status": {
        "phase": "Pending",
        "reason": "Why",
        "message": "because",
        "nominatedNodeName": "other",
        "conditions": [condition("PodScheduled", "False")],
        "initContainerStatuses": [
            {
                "name": "first",
                "imageID": "id",
                "containerID": "minipod://3",
                "ready": False,
                "restartCount": 0,
                "state": {
                    "terminated": {
                        "exitCode": 0,
                        "reason": "Completed",
                        "startedAt": ago(100),
                        "finishedAt": ago(90),
                    }
                },
            }
        ],
        "containerStatuses": [
            {"name": "main", "image": "img:1", "imageID": "", "ready": False, "restartCount": 0}
        ],
    },
}
