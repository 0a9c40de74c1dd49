"""When a container starts again."""

import pytest

from minipod.model.pod import RestartPolicy
from minipod.plan.backoff import restart_delay, restarts_after


def test_the_delays_are_the_kubelets() -> None:
    assert [restart_delay(n) for n in range(9)] == [0, 10, 20, 40, 80, 160, 300, 300, 300]


def test_a_loop_of_a_month_still_has_a_delay() -> None:
    assert restart_delay(1_000_000) == 300


@pytest.mark.parametrize(
    ("policy", "code", "again"),
    [
        (RestartPolicy.ALWAYS, 0, True),
        (RestartPolicy.ALWAYS, 1, True),
        (RestartPolicy.ON_FAILURE, 0, False),
        (RestartPolicy.ON_FAILURE, 137, True),
        (RestartPolicy.NEVER, 0, False),
        (RestartPolicy.NEVER, 1, False),
    ],
)
def test_the_restart_policy_decides(policy: RestartPolicy, code: int, again: bool) -> None:
    assert restarts_after(policy, code) is again
