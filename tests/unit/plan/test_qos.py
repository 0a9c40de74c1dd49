"""Quality of service classes."""

from typing import Any

import pytest

from minipod.plan.qos import qos_class

BOTH = {"cpu": "1", "memory": "1Gi"}


@pytest.mark.parametrize(
    ("resources", "expected"),
    [
        ([{}], "BestEffort"),
        ([{"limits": BOTH}], "Guaranteed"),
        ([{"limits": BOTH, "requests": BOTH}], "Guaranteed"),
        ([{"limits": BOTH, "requests": BOTH | {"cpu": "0.5"}}], "Burstable"),
        ([{"limits": {"cpu": "1"}}], "Burstable"),
        ([{"requests": BOTH}], "Burstable"),
        ([{"limits": BOTH}, {}], "Burstable"),
    ],
)
def test_the_class_follows_requests_and_limits(resources: list[Any], expected: str) -> None:
    containers = [{"name": "c", "resources": each} for each in resources]
    assert qos_class({"spec": {"containers": containers}}) == expected
