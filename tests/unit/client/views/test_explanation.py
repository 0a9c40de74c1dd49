"""Kinds and fields in kubectl's layout; tests/e2e/test_kubectl.py asks the real one too."""

from __future__ import annotations

import pytest

from minipod.client.kinds import CONFLICTS, NODES, PODS
from minipod.client.views.explanation import explained, offered
from minipod.errors import NotFound

RESTART_POLICY = """\
KIND:       Pod
VERSION:    v1

FIELD: restartPolicy <string>
ENUM:
    Always
    Never
    OnFailure

DESCRIPTION:
    When a container that ended is started again: Always (the default),
    OnFailure (if its exit code is not 0), or Never. The wait before it grows
    from 10 seconds to 5 minutes.
    - minipod acts on this field
    \n"""
PORT = """\
FIELD: ports <[]ContainerPort>


DESCRIPTION:
"""
NAME = """\
  containerPort\t<integer> -required-
    The port that the container listens on, from 1 to 65535.
    - minipod acts on this field

"""


def test_a_field_is_told_of() -> None:
    told = explained(PODS, ["spec", "restartPolicy"])
    assert told == RESTART_POLICY


def test_a_field_with_fields_is_told_of_with_them() -> None:
    told = explained(PODS, ["spec", "containers", "ports"])
    assert PORT in told
    assert f"    \nFIELDS:\n{NAME}" in told
    assert told.endswith("\n\n")


def test_a_kind_of_a_group_says_so() -> None:
    told = explained(CONFLICTS, [])
    assert told.startswith("GROUP:      minipod.dev\nKIND:       PortConflict\nVERSION:    v1\n\n")


def test_all_that_is_below_is_a_tree_of_names_and_types() -> None:
    told = explained(NODES, ["status", "daemonEndpoints"], recursive=True)
    assert told.endswith(
        "FIELDS:\n  kubeletEndpoint\t<DaemonEndpoint>\n    Port\t<integer> -required-\n"
    )
    limits = explained(PODS, ["spec", "containers", "resources"], recursive=True)
    assert "\n  limits\t<map[string]Quantity>\n  requests\t" in limits


def test_only_what_minipod_does_something_with_is_shown_if_that_is_asked_for() -> None:
    tree = explained(PODS, [], recursive=True, supported=True)
    assert "\n      workingDir\t<string>\n" in tree
    assert "\n    podIP\t<string>\n" in tree
    assert not {"livenessProbe", "initContainers", "valueFrom", "nominatedNodeName"} & set(
        tree.split()
    )
    listed = explained(PODS, ["spec", "containers"], supported=True)
    assert "  workingDir\t" in listed
    assert "not act on it yet" not in listed


def test_a_place_may_be_written_as_errors_of_manifests_write_it() -> None:
    path = "spec.containers[0].ports[1].hostPort"
    plain = path.replace("[0]", "").replace("[1]", "")
    told = explained(PODS, path.split("."))
    assert told == explained(PODS, plain.split("."))


@pytest.mark.parametrize(
    ("path", "name", "hint"),
    [
        ("spec.container", "container", 'did you mean "containers"'),
        ("spec.nope.image", "nope", None),
        ("metadata.labels.app", "app", None),
        ("spec.hostname.x", "x", None),
    ],
)
def test_a_field_that_there_is_not_is_told_with_the_nearest(
    path: str, name: str, hint: str | None
) -> None:
    with pytest.raises(NotFound, match=f'^field "{name}" does not exist$') as caught:
        explained(PODS, path.split("."))
    assert (caught.value.hint or "").startswith(hint or "")
    assert (hint is None) == (caught.value.hint is None)


def test_paths_are_offered_one_step_at_a_time() -> None:
    assert offered("node.s") == ["node.spec", "node.status"]
    assert offered("pod.spec.hostn") == ["pod.spec.hostname", "pod.spec.hostnameOverride"]
    assert offered("pod.spec.restartP") == ["pod.spec.restartPolicy"]
    assert offered("pod.nope.x") == offered("nope.x") == offered("x") == []
