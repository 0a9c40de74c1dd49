"""`explain`: what a field is for, of anybody, without a server."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .conftest import Run

TYPE = (
    'You must specify the type of resource to explain. Use "minipod api-resources" for a complete'
    " list of supported resources."
)


@pytest.fixture(autouse=True)
def nobody(monkeypatch: pytest.MonkeyPatch, run: Run) -> None:
    """Run as somebody who is not root."""
    monkeypatch.setattr("os.geteuid", lambda: 1000)


@pytest.mark.parametrize("word", ["pods", "pod", "po", "Pod", "pods."])
def test_every_word_for_a_kind_is_known(run: Run, word: str) -> None:
    done = run("explain", word)
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("KIND:       Pod\nVERSION:    v1\n\nDESCRIPTION:\n")


def test_a_version_of_the_api_tells_kinds_of_one_name_apart(run: Run) -> None:
    metrics = run("explain", "pods", "--api-version", "metrics.k8s.io/v1beta1").out
    assert metrics.startswith("GROUP:      metrics.k8s.io\nKIND:       PodMetrics\n")
    assert run("explain", "pods", "--api-version=v1").out == run("explain", "pods").out
    assert run("explain", "pods", "-o", "plaintext").out == run("explain", "pods").out


def test_what_is_supported_is_shown(run: Run) -> None:
    shown = run("explain", "pod.spec", "--recursive", "--supported").out
    assert "  restartPolicy\t<string>\n" in shown
    assert "dnsPolicy" not in shown


def test_all_that_is_below_is_shown(run: Run) -> None:
    assert "\n    hostPort\t<integer>\n" in run("explain", "pod.spec.containers", "--recursive").out


@pytest.mark.parametrize(
    ("argv", "code", "message"),
    [
        ([], 2, TYPE),
        (["pod", "web"], 2, "Got unexpected extra argument (web)"),
        (["pod..name"], 2, '"pod..name" is not RESOURCE[.FIELD...]'),
        ([".spec"], 2, '".spec" is not RESOURCE[.FIELD...]'),
        (["pos"], 1, 'the server doesn\'t have a resource type "pos"'),
        (["pod.spec.contaners"], 1, 'field "contaners" does not exist'),
        (["pods", "--api-version=v2"], 1, 'couldn\'t find resource for "/v2, Resource=pods"'),
        (["x", "--api-version=a/v1"], 1, 'couldn\'t find resource for "a/v1, Resource=x"'),
    ],
)
def test_what_there_is_not_is_told(run: Run, argv: list[str], code: int, message: str) -> None:
    done = run("explain", *argv)
    assert (done.code, done.out) == (code, "")
    assert done.err.splitlines()[0] == f"Error: {message}"


def test_the_nearest_name_is_a_hint(run: Run) -> None:
    assert 'Hint: did you mean "containers"' in run("explain", "pod.spec.contaners").err
