"""How pods and nodes are called in `ip netns list`."""

from __future__ import annotations

from minipod.model.root import DEFAULT_ROOT, Root
from minipod.plan.netns import fabric_names, node_names, pod_names

DEFAULT = Root(DEFAULT_ROOT)
OTHER = Root("/srv/my lab")


def test_a_pod_of_the_default_root_and_namespace_has_its_own_name() -> None:
    assert pod_names(DEFAULT, "default", "web")[:2] == ("web", "minipod.default.web")


def test_a_pod_elsewhere_is_named_with_root_and_namespace() -> None:
    assert pod_names(DEFAULT, "prod", "web")[0] == "minipod.prod.web"
    assert pod_names(OTHER, "default", "web")[0] == "my-lab.default.web"


def test_roots_of_one_folder_name_have_a_name_left_that_differs() -> None:
    one, two = Root("/a/lab"), Root("/b/lab")
    assert set(pod_names(two, "default", "web")) - set(pod_names(one, "default", "web"))


def test_a_node_has_its_own_name_in_the_default_root_only() -> None:
    assert node_names(DEFAULT, "machine")[0] == "machine"
    assert node_names(OTHER, "machine")[0] == "my-lab.machine"


def test_the_fabric_never_takes_a_short_name() -> None:
    assert "fabric" not in fabric_names(DEFAULT)


def test_every_name_is_a_name_of_a_file() -> None:
    """The longest names of Kubernetes, and a folder with everything in it, leave one that fits."""
    root = Root("/tmp/" + "ä \n" * 40)
    for namespace, name in (("n" * 63, "p" * 253), ("a", "b")):
        names = pod_names(root, namespace, name)
        assert names
        assert all(n.isascii() and n.isprintable() and " " not in n for n in names)
        assert all(len(n) <= 255 and "/" not in n for n in names)
