"""What minipod does with each field of an object: which it acts on, and what it fills in.

The tables name Kubernetes' types and fields. A field that stands in no table is kept, shown, and
warned about, unless it says what Kubernetes would do anyway.
"""

from __future__ import annotations

from typing import Any, Final

ACTED_ON: Final[dict[str, frozenset[str]]] = {
    "Pod": frozenset({"apiVersion", "kind", "metadata", "spec"}),
    "Namespace": frozenset({"apiVersion", "kind", "metadata"}),
    "ObjectMeta": frozenset({"annotations", "generateName", "labels", "name", "namespace"}),
    "PodSpec": frozenset(
        {
            "activeDeadlineSeconds",
            "containers",
            "hostname",
            "nodeName",
            "restartPolicy",
            "terminationGracePeriodSeconds",
        }
    ),
    "Container": frozenset(
        {
            "args",
            "command",
            "env",
            "image",
            "imagePullPolicy",
            "name",
            "ports",
            "stdin",
            "stdinOnce",
            "tty",
            "workingDir",
        }
    ),
    "EnvVar": frozenset({"name", "value"}),
    "ContainerPort": frozenset({"containerPort", "hostIP", "hostPort", "name", "protocol"}),
}

SERVER_OWNED: Final = frozenset(
    {
        "creationTimestamp",
        "deletionGracePeriodSeconds",
        "deletionTimestamp",
        "generation",
        "managedFields",
        "resourceVersion",
        "selfLink",
        "uid",
    }
)
"""Fields of metadata that the server sets: dropped, with `status`, from what a user sends."""

_CONTAINER: Final = {
    "terminationMessagePath": "/dev/termination-log",
    "terminationMessagePolicy": "File",
    "resources": {},
}

NAMESPACE_FINALIZERS: Final = ["kubernetes"]

DEFAULTS: Final[dict[str, dict[str, Any]]] = {
    "PodSpec": {
        "restartPolicy": "Always",
        "terminationGracePeriodSeconds": 30,
        "dnsPolicy": "ClusterFirst",
        "securityContext": {},
        "schedulerName": "default-scheduler",
        "enableServiceLinks": True,
        "preemptionPolicy": "PreemptLowerPriority",
        "priority": 0,
    },
    "Container": _CONTAINER,
    "EphemeralContainer": _CONTAINER,
    "ContainerPort": {"protocol": "TCP"},
    "ObjectFieldSelector": {"apiVersion": "v1"},
    "Probe": {
        "timeoutSeconds": 1,
        "periodSeconds": 10,
        "successThreshold": 1,
        "failureThreshold": 3,
    },
    "HTTPGetAction": {"path": "/", "scheme": "HTTP"},
    "SecretVolumeSource": {"defaultMode": 0o644},
    "ConfigMapVolumeSource": {"defaultMode": 0o644},
    "DownwardAPIVolumeSource": {"defaultMode": 0o644},
    "ProjectedVolumeSource": {"defaultMode": 0o644},
    "ServiceAccountTokenProjection": {"expirationSeconds": 3600},
    "HostPathVolumeSource": {"type": ""},
    "PersistentVolumeClaimSpec": {"volumeMode": "Filesystem"},
}
"""What Kubernetes' API server fills in (pkg/apis/core/v1/defaults.go; priority by admission)."""

ZERO_IS_UNSET: Final = frozenset({"Probe"})
"""Types in which a 0 takes the default, too."""

_NO_EXECUTE: Final = [
    {
        "effect": "NoExecute",
        "key": f"node.kubernetes.io/{condition}",
        "operator": "Exists",
        "tolerationSeconds": 300,
    }
    for condition in ("not-ready", "unreachable")
]

CLUSTER_ADDS: Final[dict[str, dict[str, Any]]] = {
    "Namespace": {"spec": {"finalizers": NAMESPACE_FINALIZERS}},
    "PodSpec": {
        "serviceAccount": "default",
        "serviceAccountName": "default",
        "tolerations": _NO_EXECUTE,
    },
}
"""What a cluster adds to every object: not worth a warning, and not filled in here."""

ENUMS: Final[dict[str, dict[str, frozenset[str]]]] = {
    "PodSpec": {
        "restartPolicy": frozenset({"Always", "OnFailure", "Never"}),
        "dnsPolicy": frozenset({"ClusterFirst", "ClusterFirstWithHostNet", "Default", "None"}),
        "preemptionPolicy": frozenset({"PreemptLowerPriority", "Never"}),
    },
    "Container": {
        "imagePullPolicy": frozenset({"Always", "IfNotPresent", "Never"}),
        "terminationMessagePolicy": frozenset({"File", "FallbackToLogsOnError"}),
    },
    "ContainerPort": {"protocol": frozenset({"TCP", "UDP", "SCTP"})},
    "HTTPGetAction": {"scheme": frozenset({"HTTP", "HTTPS"})},
}


def is_as_usual(type_name: str, field: str, value: Any) -> bool:
    """Return whether a value says what Kubernetes would do without it."""
    if field in (defaults := DEFAULTS.get(type_name, {})):
        return value in (defaults[field], "")
    return value in (False, "", [], {}, CLUSTER_ADDS.get(type_name, {}).get(field))


REPORTED: Final[dict[str, frozenset[str]]] = {
    "Pod": frozenset({"status"}),
    "Namespace": frozenset({"spec", "status"}),
    "ObjectMeta": frozenset(
        {
            "creationTimestamp",
            "deletionGracePeriodSeconds",
            "deletionTimestamp",
            "resourceVersion",
            "uid",
        }
    ),
    "NamespaceSpec": frozenset({"finalizers"}),
    "NamespaceStatus": frozenset({"phase"}),
    "PodStatus": frozenset(
        {
            "conditions",
            "containerStatuses",
            "hostIP",
            "hostIPs",
            "message",
            "phase",
            "podIP",
            "podIPs",
            "qosClass",
            "reason",
            "startTime",
        }
    ),
    "PodCondition": frozenset(
        {"lastProbeTime", "lastTransitionTime", "message", "reason", "status", "type"}
    ),
    "PodIP": frozenset({"ip"}),
    "HostIP": frozenset({"ip"}),
    "ContainerStatus": frozenset(
        {
            "containerID",
            "image",
            "imageID",
            "lastState",
            "name",
            "ready",
            "restartCount",
            "started",
            "state",
        }
    ),
    "ContainerState": frozenset({"running", "terminated", "waiting"}),
    "ContainerStateRunning": frozenset({"startedAt"}),
    "ContainerStateTerminated": frozenset(
        {"containerID", "exitCode", "finishedAt", "message", "reason", "signal", "startedAt"}
    ),
    "ContainerStateWaiting": frozenset({"message", "reason"}),
    "OwnerReference": frozenset({"apiVersion", "kind", "name", "uid"}),
    "Event": frozenset(
        {
            "apiVersion",
            "count",
            "firstTimestamp",
            "involvedObject",
            "kind",
            "lastTimestamp",
            "message",
            "metadata",
            "reason",
            "reportingComponent",
            "source",
            "type",
        }
    ),
    "EventSource": frozenset({"component", "host"}),
    "ObjectReference": frozenset({"apiVersion", "fieldPath", "kind", "name", "namespace", "uid"}),
    "Node": frozenset({"apiVersion", "kind", "metadata", "spec", "status"}),
    "NodeSpec": frozenset({"podCIDR", "podCIDRs"}),
    "NodeStatus": frozenset({"addresses", "allocatable", "capacity", "conditions", "nodeInfo"}),
    "NodeAddress": frozenset({"address", "type"}),
    "NodeCondition": frozenset(
        {"lastHeartbeatTime", "lastTransitionTime", "message", "reason", "status", "type"}
    ),
    "NodeSystemInfo": frozenset(
        {
            "architecture",
            "bootID",
            "containerRuntimeVersion",
            "kernelVersion",
            "kubeletVersion",
            "machineID",
            "operatingSystem",
            "osImage",
            "systemUUID",
        }
    ),
}
"""What the server itself fills in, of the types in which it leaves other fields out.

Of minipod's own types, and of the metrics, it fills in all.
"""
