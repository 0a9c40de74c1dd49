"""Who mistypes a word is told which one is near."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from minipod.cli.absent import INSTEAD, INSTEAD_BELOW
from minipod.cli.group import COMMANDS
from tests.support.fake_server import Answer, FakeServer, failure

if TYPE_CHECKING:
    from .conftest import Run

ALL_PODS = "GET /api/v1/pods"
IN_DEFAULT = "/api/v1/namespaces/default/pods"


def pod(name: str, namespace: str = "default") -> dict[str, Any]:
    return {
        "kind": "Pod",
        "metadata": {"name": name, "namespace": namespace, "uid": name},
        "spec": {"containers": [{"name": "app"}, {"name": "sidecar"}]},
    }


def test_an_unknown_command_is_told_as_kubectl_does(run: Run) -> None:
    done = run("gte", "pods")
    assert (done.code, done.out) == (2, "")
    assert done.err == (
        'Error: unknown command "gte" for "minipod"\n\nDid you mean this?\n\tget\n\n'
        "See 'minipod --help' for usage.\n"
    )


def test_a_command_begun_is_near_too(run: Run) -> None:
    assert "\tport-forward\n" in run("port-f").err


def test_an_unknown_command_that_is_near_nothing_is_told_alone(run: Run) -> None:
    assert run("xyzzy").err == (
        'Error: unknown command "xyzzy" for "minipod"\nSee \'minipod --help\' for usage.\n'
    )


def test_a_command_of_kubectl_that_there_is_not_is_told_with_what_to_do_instead(run: Run) -> None:
    done = run("rollout", "restart", "deployment/web")
    assert (done.code, done.out) == (2, "")
    error, hint, see = done.err.splitlines()
    assert error == 'Error: unknown command "rollout" for "minipod"'
    assert hint.startswith("Hint: minipod has pods, and nothing above them: `minipod set image ")
    assert see == "See 'minipod --help' for usage."
    assert "Hint" not in run("image", "scale").err
    below = run("create", "deployment", "web", "--image=nginx")
    assert below.code == 2
    assert 'Error: unknown command "deployment" for "minipod create"\nHint: ' in below.err


def test_what_is_told_to_do_instead_can_be_done() -> None:
    """And what there is, is not told to be missing."""
    assert set(INSTEAD) & set(COMMANDS) == set()
    hints = [
        *INSTEAD.values(),
        *(hint for each in INSTEAD_BELOW.values() for hint in each.values()),
    ]
    named = re.findall(r"`minipod ([a-z-]+)", " ".join(hints))
    assert set(named) - set(COMMANDS) == set()


def test_a_command_below_another_has_neighbours_too(run: Run) -> None:
    done = run("image", "lsit")
    assert done.code == 2
    assert done.err.startswith('Error: unknown command "lsit" for "minipod image"\n')
    assert "\tlist\n" in done.err


@pytest.mark.parametrize(
    ("argv", "first", "near"),
    [
        (("get", "pods", "--wach"), "Error: unknown flag: --wach", "--watch"),
        (("--namespce", "a", "get"), "Error: unknown flag: --namespce", "--namespace"),
        (("get", "pods", "-x"), "Error: unknown shorthand flag: 'x' in -x", None),
    ],
)
def test_an_unknown_option_is_told_as_kubectl_does(
    run: Run, argv: tuple[str, ...], first: str, near: str | None
) -> None:
    done = run(*argv)
    assert (done.code, done.out) == (2, "")
    lines = done.err.splitlines()
    assert lines[0] == first
    assert [line.strip() for line in lines if line.startswith("\t")][:1] == ([near] if near else [])
    assert lines[-1].endswith("--help' for usage.")


def test_groups_alone_show_their_help(run: Run) -> None:
    for argv in ((), ("server",), ("image",)):
        done = run(*argv)
        assert (done.code, done.err) == (0, "")
        assert done.out.startswith("Usage: minipod")


def test_an_unknown_kind_that_is_near_one_asks(run: Run) -> None:
    assert run("get", "podz").err.splitlines()[1].startswith('Hint: did you mean "pod" or "pods"')


def test_a_pod_of_another_namespace_is_found_there(server: FakeServer, run: Run) -> None:
    server.answers[ALL_PODS] = Answer({"items": [pod("web", "lab"), pod("webs")]})
    done = run("logs", "web")
    assert done.code == 1
    assert done.err == (
        'Error from server (NotFound): pods "web" not found\n'
        'Hint: it is in namespace "lab": add -n lab\n'
    )


def test_a_pod_of_several_other_namespaces_names_them(server: FakeServer, run: Run) -> None:
    server.answers[ALL_PODS] = Answer({"items": [pod("web", "lab"), pod("web", "art")]})
    hint = 'Hint: there is one in each of the namespaces "art", "lab": add -n art, say'
    assert run("get", "pod", "web").err.splitlines()[1] == hint


def test_a_pod_mistyped_is_found_in_its_namespace_only(server: FakeServer, run: Run) -> None:
    server.answers[ALL_PODS] = Answer({"items": [pod("web-1"), pod("web-2", "lab"), pod("db")]})
    server.answers[f"GET {IN_DEFAULT}"] = Answer({"items": [pod("web-1"), pod("db")]})
    mistyped = ("delete pod web", "exec wbe-1 -- true", "describe po/wbe-1", "check webb-1")
    for argv in map(str.split, mistyped):
        assert run(*argv).err.splitlines()[1] == 'Hint: did you mean "web-1"?'


def test_what_is_near_is_asked_only_after_a_mistake(server: FakeServer, run: Run) -> None:
    server.answers[f"GET {IN_DEFAULT}/web"] = Answer(pod("web"))
    assert run("get", "pod", "web", "-o", "name").code == 0
    assert [one.target for one in server.asked] == [f"{IN_DEFAULT}/web"]


def test_an_error_stays_that_error_if_nobody_can_say_what_is_near(
    server: FakeServer, run: Run
) -> None:
    server.answers[ALL_PODS] = failure(500, "InternalError", "no")
    assert run("logs", "web").err == 'Error from server (NotFound): pods "web" not found\n'


def test_an_unknown_container_is_told_with_the_nearest(server: FakeServer, run: Run) -> None:
    server.answers[f"GET {IN_DEFAULT}/web"] = Answer(pod("web"))
    assert run("logs", "web", "-c", "sidcar").err == (
        'Error: container "sidcar" not found in pod "web"\n'
        'Hint: did you mean "sidecar"? its containers: app, sidecar\n'
    )


def test_an_unknown_image_is_told_with_the_nearest(server: FakeServer, run: Run) -> None:
    server.answers["DELETE /apis/minipod.dev/v1/images?pattern=ngnix"] = failure(
        404, "NotFound", 'no image is mapped as "ngnix"'
    )
    server.answers["GET /apis/minipod.dev/v1/images"] = Answer({"images": {"nginx": ["x"]}})
    assert run("image", "unmap", "ngnix").err.splitlines()[1] == 'Hint: did you mean "nginx"?'
