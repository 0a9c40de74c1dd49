"""Strategic merge patches mean what Kubernetes says that they mean."""

from __future__ import annotations

from copy import deepcopy

import pytest

from minipod.errors import BadRequest
from minipod.patch import strategic

from .cases import CASES, Case


@pytest.mark.parametrize("case", CASES, ids=[case.promise for case in CASES])
def test_a_patch_makes_what_kubernetes_makes(case: Case) -> None:
    original, patch = case.full(case.original), deepcopy(case.patch)
    kept = deepcopy(original)
    assert strategic(original, patch) == case.full(case.expected)
    assert (original, patch) == (kept, case.patch), "what is patched stays as it was"


@pytest.mark.parametrize(
    ("patch", "words"),
    [
        ({"spec": {"containers": [{"image": "x"}]}}, "does not contain declared merge key: name"),
        ({"spec": {"containers": ["a"]}}, '"a" stands where mappings do'),
        ({"spec": {"$patch": "merge"}}, 'unknown patch type "merge"'),
        ({"spec": {"containers": [{"name": "a", "$patch": "odd"}]}}, 'unknown patch type "odd"'),
        (
            {"spec": {"volumes": [{"name": "v", "emptyDir": {}, "$retainKeys": ["name"]}]}},
            "$retainKeys must list the fields beside it",
        ),
        (
            {
                "spec": {
                    "containers": [{"name": "a"}, {"name": "b"}],
                    "$setElementOrder/containers": [{"name": "b"}, {"name": "a"}],
                }
            },
            "doesn't match $setElementOrder list",
        ),
        ({"spec": {"$setElementOrder/tolerations": []}}, "is no order of a list that merges"),
        ({"metadata": {"finalizers": [{}]}}, "stands where values do"),
        ({"metadata": {"$deleteFromPrimitiveList/finalizers": "x"}}, "is no list"),
        ([], "it is no mapping"),
    ],
)
def test_a_patch_that_makes_no_sense_is_refused(patch: object, words: str) -> None:
    containers = [{"name": "a", "image": "a"}]
    pod = {
        "kind": "Pod",
        "metadata": {"name": "web", "finalizers": ["x/a"]},
        "spec": {"containers": containers, "volumes": [{"name": "v", "hostPath": {"path": "/"}}]},
    }
    with pytest.raises(BadRequest) as refused:
        strategic(pod, patch)
    assert words in refused.value.message
