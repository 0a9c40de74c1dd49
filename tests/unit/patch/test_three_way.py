"""The patch that apply sends: what a file wants, and nothing of what others have set."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from minipod.patch import strategic, three_way
from minipod.patch.difference import difference
from minipod.patch.shapes import SHAPES

JSON = dict[str, Any]


def pod(metadata: JSON | None = None, **spec: Any) -> JSON:
    spec.setdefault("containers", [{"name": "a", "image": "a"}])
    return {"kind": "Pod", "metadata": {"name": "web"} | (metadata or {}), "spec": spec}


def applied(last: JSON, live: JSON, new: JSON) -> JSON:
    return strategic(live, three_way(last, live, new))


def test_nothing_new_is_an_empty_patch() -> None:
    file = pod({"labels": {"app": "web"}})
    live = file | {"status": {"phase": "Running"}}
    live["spec"] = live["spec"] | {"nodeName": "node", "tolerations": [{"key": "x"}]}
    assert three_way(file, live, file) == {}


def test_ports_of_one_number_are_told_apart() -> None:
    """Kubernetes' key of a port is its number alone: seen with kubectl 1.33 and TCP and UDP 53."""
    both = [{"containerPort": 53}, {"containerPort": 53, "protocol": "UDP"}]
    file = pod(containers=[{"name": "a", "ports": both}])
    live = deepcopy(file)
    live["spec"]["containers"][0]["ports"][0]["protocol"] = "TCP"
    fewer = pod(containers=[{"name": "a", "ports": both[:1]}])
    assert three_way(file, live, file) == {}
    (container,) = three_way(file, live, fewer)["spec"]["containers"]
    assert container["ports"] == [{"containerPort": 53, "$patch": "delete"}]
    single = deepcopy(live)
    del single["spec"]["containers"][0]["ports"][1]
    (container,) = three_way(fewer, single, file)["spec"]["containers"]
    assert container["ports"] == both[1:]


def test_what_the_file_no_longer_has_goes_and_what_others_set_stays() -> None:
    last = pod({"labels": {"app": "web", "old": "1"}})
    live = pod({"labels": {"app": "web", "old": "1", "by": "hand"}})
    new = pod({"labels": {"app": "web", "new": "1"}})
    patch = three_way(last, live, new)
    assert patch == {"metadata": {"labels": {"old": None, "new": "1"}}}
    labels = {"app": "web", "by": "hand", "new": "1"}
    assert strategic(live, patch)["metadata"]["labels"] == labels


def test_what_somebody_changed_is_changed_back() -> None:
    file = pod({"labels": {"app": "web"}})
    live = pod({"labels": {"app": "other"}})
    assert applied(file, live, file)["metadata"]["labels"] == {"app": "web"}


def test_a_container_that_left_the_file_leaves_the_object() -> None:
    a, b = {"name": "a", "image": "a"}, {"name": "b", "image": "b"}
    sidecar = {"name": "sidecar", "image": "s"}
    last, live = pod(containers=[a, b]), pod(containers=[a, b, sidecar])
    patch = three_way(last, live, pod(containers=[a]))
    assert patch == {
        "spec": {
            "$setElementOrder/containers": [{"name": "a"}],
            "containers": [{"name": "b", "$patch": "delete"}],
        }
    }
    assert strategic(live, patch)["spec"]["containers"] == [a, sidecar]


def test_a_change_within_an_item_names_it_and_the_order() -> None:
    last = pod()
    live = pod(containers=[{"name": "a", "image": "a", "imagePullPolicy": "Always"}])
    new = pod(containers=[{"name": "a", "image": "a2"}])
    assert three_way(last, live, new) == {
        "spec": {
            "$setElementOrder/containers": [{"name": "a"}],
            "containers": [{"name": "a", "image": "a2"}],
        }
    }


def test_a_unions_other_member_is_let_go_of() -> None:
    last = live = pod(volumes=[{"name": "v", "hostPath": {"path": "/x"}}])
    new = pod(volumes=[{"name": "v", "emptyDir": {}}])
    assert applied(last, live, new)["spec"]["volumes"] == [{"name": "v", "emptyDir": {}}]


def test_true_is_not_one() -> None:
    patch = three_way(pod(), pod(hostNetwork=1), pod(hostNetwork=True))
    assert patch == {"spec": {"hostNetwork": True}}


NAMES = st.sampled_from("abcd")
WORDS = st.sampled_from(["x", "y", "z"])


def _named(fields: JSON) -> st.SearchStrategy[list[JSON]]:
    item = st.fixed_dictionaries({"name": NAMES}, optional=fields)
    return st.lists(item, max_size=4, unique_by=lambda each: each["name"])


UNION = st.one_of(
    st.fixed_dictionaries({"name": NAMES, "emptyDir": st.just({})}),
    st.fixed_dictionaries({"name": NAMES, "hostPath": st.fixed_dictionaries({"path": WORDS})}),
)
PODS = st.builds(
    pod,
    st.fixed_dictionaries(
        {},
        optional={
            "labels": st.dictionaries(NAMES, WORDS, max_size=3),
            "finalizers": st.lists(NAMES, max_size=3, unique=True),
        },
    ),
    containers=_named(
        {
            "image": WORDS,
            "command": st.lists(WORDS, max_size=2),
            "env": _named({"value": WORDS}),
        }
    ),
    volumes=st.lists(UNION, max_size=3, unique_by=lambda each: each["name"]),
)


@given(old=PODS, new=PODS)
def test_the_difference_of_two_makes_of_one_the_other(old: JSON, new: JSON) -> None:
    patch = difference(old, new, SHAPES["Pod"])
    assert strategic(deepcopy(old), patch) == new


@given(file=PODS, live=PODS)
def test_apply_twice_is_unchanged(file: JSON, live: JSON) -> None:
    once = applied(file, live, file)
    assert three_way(file, once, file) == {}


@given(last=PODS, live=PODS, new=PODS)
def test_what_a_file_says_is_so_once_it_is_applied(last: JSON, live: JSON, new: JSON) -> None:
    result = applied(last, live, new)
    assert result["metadata"].get("labels", {}).items() >= new["metadata"].get("labels", {}).items()
    found = {each["name"]: each for each in result["spec"]["containers"]}
    for container in new["spec"]["containers"]:
        assert found[container["name"]].get("image") == container.get(
            "image", found[container["name"]].get("image")
        )


@given(last=PODS, new=PODS)
def test_what_only_a_file_set_is_as_the_file_has_it(last: JSON, new: JSON) -> None:
    assert applied(last, last, new) == new
