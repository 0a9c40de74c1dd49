"""kubectl's commands that there are not here, and what does what they are for."""

from __future__ import annotations

from typing import Final

_NO_DEPLOYMENTS: Final = "minipod has pods, and nothing above them:"
_ONE_NODE: Final = "minipod has one node, this machine:"

INSTEAD: Final = {
    "auth": "whoever is root may do everything here, and nobody else may do anything",
    "autoscale": f"{_NO_DEPLOYMENTS} `minipod top pods` shows what they use",
    "certificate": "minipod has no certificates: its API is a socket that only root may open",
    "config": "minipod has no kubeconfig: --root or MINIPOD_ROOT says which instance is meant, -n"
    " which namespace",
    "cordon": f"{_ONE_NODE} it takes pods as long as there are addresses",
    "debug": "`minipod exec -it POD -- bash` has all programs of this machine; `minipod describe"
    " pod`, `minipod events` and `minipod doctor` tell the rest",
    "drain": f"{_ONE_NODE} `minipod delete pods --all -A` ends all pods on it",
    "expose": "minipod has no Services: `minipod expose-port POD 8080:80` leads a port of this"
    " machine to a pod, and pods reach each other by their addresses",
    "kustomize": "`kubectl kustomize DIR | minipod apply -f -` applies what it builds",
    "plugin": "minipod has no plugins; its API and its Python library are for programs",
    "proxy": "the API is a socket of the machine: `curl --unix-socket"
    " /var/lib/minipod/server.sock http://minipod/api/v1/pods`",
    "rollout": f"{_NO_DEPLOYMENTS} `minipod set image pod/NAME CONTAINER=IMAGE` starts a container"
    " with another image, `minipod replace --force -f FILE` makes pods anew",
    "scale": f"{_NO_DEPLOYMENTS} `minipod create -f FILE` makes one more each time, if its file has"
    " a generateName",
    "taint": f"{_ONE_NODE} every pod runs on it",
    "uncordon": f"{_ONE_NODE} it takes pods as long as there are addresses",
}
"""What to say of each, as a hint."""

_CREATE: Final = (
    "clusterrole", "clusterrolebinding", "configmap", "cronjob", "deployment", "ingress", "job",
    "poddisruptionbudget", "priorityclass", "quota", "role", "rolebinding", "secret", "service",
    "serviceaccount", "token",
)  # fmt: skip
_SET: Final = ("env", "resources", "selector", "serviceaccount", "subject")

INSTEAD_BELOW: Final = {
    "create": dict.fromkeys(
        _CREATE,
        "minipod makes pods and namespaces: `minipod run NAME -- CMD`, or `minipod create -f FILE`",
    ),
    "set": dict.fromkeys(
        _SET,
        "of a pod that is there, an image can change: for the rest, change the file, and `minipod"
        " replace --force -f FILE` makes the pod anew",
    ),
}
"""The same of those below another command."""
