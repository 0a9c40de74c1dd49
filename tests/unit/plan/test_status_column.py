"""The columns of `get pods` are those that Kubernetes' own printer gives."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minipod.model.times import timestamp
from minipod.plan.status_column import pod_columns

NOW = 1_767_323_045.0
WAITS = {"waiting": {"reason": "ContainerCreating"}}
INITIALIZES = {"waiting": {"reason": "PodInitializing"}}
RUNS = {"running": {"startedAt": timestamp(NOW - 60)}}


def ended(code: int, reason: str | None = None, signal: int | None = None) -> dict[str, Any]:
    """Return the state of a container that has ended."""
    state: dict[str, Any] = {"exitCode": code}
    if reason:
        state["reason"] = reason
    if signal:
        state["signal"] = signal
    return {"terminated": state}


def container(state, *, ready=None, restarts=0, ended_ago=None, started=None, name="c"):
    """Return a container's status; what runs is ready unless told otherwise."""
    status = {
        "name": name,
        "state": state,
        "ready": "running" in state if ready is None else ready,
        "restartCount": restarts,
        "lastState": {},
    }
    if started is not None:
        status["started"] = started
    if ended_ago is not None:
        finished = timestamp(NOW - ended_ago)
        status["lastState"] = {"terminated": {"exitCode": 1, "finishedAt": finished}}
    return status


def pod(*containers, phase="Running", init=(), sidecars=(), meta=None, spec=None, **status):
    """Return a pod with these container statuses; `sidecars` names some of the init containers."""
    inits = [each["name"] for each in init]
    return {
        "metadata": {"name": "p", "creationTimestamp": timestamp(NOW - 300), **(meta or {})},
        "spec": {
            "containers": [{"name": each["name"]} for each in containers] or [{"name": "c"}],
            "initContainers": [
                {"name": name, **({"restartPolicy": "Always"} if name in sidecars else {})}
                for name in inits
            ],
            **(spec or {}),
        },
        "status": {
            "phase": phase,
            "initContainerStatuses": list(init),
            "containerStatuses": list(containers),
            **status,
        },
    }


def condition(kind: str, status: str = "True", **more: str) -> dict[str, Any]:
    return {"type": kind, "status": status, **more}


DELETED = {"deletionTimestamp": timestamp(NOW)}
READY = [condition("Ready")]
GATED = condition("PodScheduled", "False", reason="SchedulingGated")

CASES = {
    "just made": (pod(phase="Pending"), "0/1", "Pending", "0"),
    "being made": (pod(container(WAITS), phase="Pending"), "0/1", "ContainerCreating", "0"),
    "runs": (pod(container(RUNS), container(RUNS)), "2/2", "Running", "0"),
    "runs, one not ready": (
        pod(container(RUNS), container(RUNS, ready=False)),
        "1/2",
        "Running",
        "0",
    ),
    "no image": (
        pod(container(RUNS), container({"waiting": {"reason": "ImageNotMapped"}}), phase="Pending"),
        "1/2",
        "ImageNotMapped",
        "0",
    ),
    "waits without a reason": (
        pod(container({"waiting": {}}), phase="Pending"),
        "0/1",
        "Pending",
        "0",
    ),
    "the first that does not run tells": (
        pod(container(RUNS), container(ended(1, "Error")), container(WAITS)),
        "1/3",
        "Error",
        "0",
    ),
    "crash loop": (
        pod(
            container({"waiting": {"reason": "CrashLoopBackOff"}}, restarts=4, ended_ago=70),
        ),
        "0/1",
        "CrashLoopBackOff",
        "4 (70s ago)",
    ),
    "restarts are added up, the last one tells when": (
        pod(
            container(RUNS, restarts=2, ended_ago=400),
            container(RUNS, restarts=3, ended_ago=300),
        ),
        "2/2",
        "Running",
        "5 (5m ago)",
    ),
    "restarts with no known end": (pod(container(RUNS, restarts=3)), "1/1", "Running", "3"),
    "completed": (
        pod(container(ended(0, "Completed")), phase="Succeeded"),
        "0/1",
        "Completed",
        "0",
    ),
    "failed": (pod(container(ended(1, "Error")), phase="Failed"), "0/1", "Error", "0"),
    "cannot start": (
        pod(container(ended(128, "StartError")), phase="Failed"),
        "0/1",
        "StartError",
        "0",
    ),
    "a code alone": (pod(container(ended(3)), phase="Failed"), "0/1", "ExitCode:3", "0"),
    "a signal alone": (
        pod(container(ended(137, signal=9)), phase="Failed"),
        "0/1",
        "Signal:9",
        "0",
    ),
    "one is done, the pod is ready": (
        pod(container(ended(0, "Completed")), container(RUNS), conditions=READY),
        "1/2",
        "Running",
        "0",
    ),
    "one is done, the pod is not ready": (
        pod(container(ended(0, "Completed")), container(RUNS)),
        "1/2",
        "NotReady",
        "0",
    ),
    "one is done, what runs is not ready": (
        pod(container(ended(0, "Completed")), container(RUNS, ready=False)),
        "0/2",
        "Completed",
        "0",
    ),
    "the pod's own reason": (pod(phase="Failed", reason="Evicted"), "0/1", "Evicted", "0"),
    "a container's reason goes before the pod's": (
        pod(container(ended(1, "Error")), phase="Failed", reason="DeadlineExceeded"),
        "0/1",
        "Error",
        "0",
    ),
    "gated": (
        pod(
            phase="Pending",
            conditions=[GATED],
        ),
        "0/1",
        "SchedulingGated",
        "0",
    ),
    "on its way out": (pod(container(RUNS), meta=DELETED), "1/1", "Terminating", "0"),
    "on its way out, over already": (
        pod(container(ended(0, "Completed")), phase="Succeeded", meta=DELETED),
        "0/1",
        "Completed",
        "0",
    ),
    "on its way out, on a node that is lost": (
        pod(container(RUNS), meta=DELETED, reason="NodeLost"),
        "1/1",
        "Unknown",
        "0",
    ),
    "init: the first runs": (
        pod(
            container(INITIALIZES),
            phase="Pending",
            init=[container(RUNS, name="a"), container(INITIALIZES, name="b")],
        ),
        "0/1",
        "Init:0/2",
        "0",
    ),
    "init: the second runs": (
        pod(
            container(INITIALIZES),
            phase="Pending",
            init=[container(ended(0), name="a"), container(RUNS, name="b", restarts=2)],
        ),
        "0/1",
        "Init:1/2",
        "2",
    ),
    "init: failed": (
        pod(
            container(INITIALIZES, restarts=9),
            phase="Pending",
            init=[container(ended(1, "Error"), name="a", restarts=3, ended_ago=30)],
        ),
        "0/1",
        "Init:Error",
        "3 (30s ago)",
    ),
    "init: a code alone": (
        pod(phase="Pending", init=[container(ended(7), name="a")]),
        "0/1",
        "Init:ExitCode:7",
        "0",
    ),
    "init: a signal alone": (
        pod(phase="Pending", init=[container(ended(137, signal=9), name="a")]),
        "0/1",
        "Init:Signal:9",
        "0",
    ),
    "init: crash loop": (
        pod(
            phase="Pending",
            init=[container({"waiting": {"reason": "CrashLoopBackOff"}}, name="a")],
        ),
        "0/1",
        "Init:CrashLoopBackOff",
        "0",
    ),
    "init: all done": (
        pod(container(RUNS), init=[container(ended(0, "Completed"), name="a", restarts=5)]),
        "1/1",
        "Running",
        "0",
    ),
    "init: over once, and again now": (
        pod(
            container(RUNS, restarts=1),
            init=[container(ended(1, "Error"), name="a", restarts=7)],
            conditions=[condition("Initialized")],
        ),
        "1/1",
        "Init:Error",
        "1",
    ),
    "a sidecar counts": (
        pod(
            container(RUNS, restarts=1, ended_ago=50),
            init=[container(RUNS, name="s", started=True, restarts=2, ended_ago=40)],
            sidecars=["s"],
        ),
        "2/2",
        "Running",
        "3 (40s ago)",
    ),
    "a sidecar that has not started": (
        pod(
            container(INITIALIZES),
            phase="Pending",
            init=[container(RUNS, name="s", started=False, ready=False)],
            sidecars=["s"],
        ),
        "0/2",
        "Init:0/1",
        "0",
    ),
    "a sidecar that is not ready": (
        pod(
            container(RUNS),
            init=[container(RUNS, name="s", started=True, ready=False)],
            sidecars=["s"],
        ),
        "1/2",
        "Running",
        "0",
    ),
}


@pytest.mark.parametrize(("obj", "ready", "status", "restarts"), CASES.values(), ids=CASES)
def test_columns(obj, ready, status, restarts):
    columns = pod_columns(obj, NOW)
    assert (columns.ready, columns.status, columns.restarts) == (ready, status, restarts)


def test_what_is_not_known_is_said_to_be_none():
    columns = pod_columns({"metadata": {"name": "p"}, "spec": {"containers": [{}]}}, NOW)
    assert columns == ("0/1", "", "0", "<unknown>", "<none>", "<none>", "<none>", "<none>")


def test_nulls_are_as_good_as_nothing():
    obj = {"metadata": {"creationTimestamp": None}, "spec": {"containers": None}, "status": None}
    assert pod_columns(obj, NOW).ready == "0/0"


def test_the_wide_columns():
    obj = pod(
        container(RUNS),
        spec={
            "nodeName": "host",
            "readinessGates": [{"conditionType": "a"}, {"conditionType": "b"}],
        },
        podIPs=[{"ip": "10.244.0.2"}, {"ip": "fd00::2"}],
        nominatedNodeName="other",
        conditions=[condition("a"), condition("b", "False")],
    )
    columns = pod_columns(obj, NOW)
    assert columns[3:] == ("5m", "10.244.0.2", "host", "other", "1/2")


# A second model, slow and plain: words in the order of their weight, of which the last one counts.


def model(obj: dict[str, Any]) -> tuple[str, str]:
    """Return READY and STATUS."""
    spec, status = obj["spec"], obj["status"]
    true = {each["type"] for each in status["conditions"] if each["status"] == "True"}
    gated = any(each.get("reason") == "SchedulingGated" for each in status["conditions"])
    sidecars = {each["name"] for each in spec["initContainers"] if "restartPolicy" in each}
    done = [is_done(each, sidecars) for each in status["initContainerStatuses"]]
    first = done.index(False) if False in done else len(done)
    words = [status["phase"], status.get("reason"), gated and "SchedulingGated"]
    if first < len(done):
        words.append(f"Init:{first}/{len(done)}")
        word = word_of(status["initContainerStatuses"][first])
        words.append(word and word != "PodInitializing" and f"Init:{word}")
    own = status["containerStatuses"] if first == len(done) or "Initialized" in true else []
    words += [word_of(each) for each in reversed(own)]
    serving = [each for each in own if each["ready"] and "running" in each["state"]]
    text = [word for word in words if word][-1]
    if text == "Completed" and serving:
        text = "Running" if "Ready" in true else "NotReady"
    if "deletionTimestamp" in obj["metadata"] and status["phase"] in {"Pending", "Running"}:
        text = "Terminating"
    if "deletionTimestamp" in obj["metadata"] and status.get("reason") == "NodeLost":
        text = "Unknown"
    beside = [
        each
        for each in status["initContainerStatuses"][:first]
        if each["ready"] and each["state"].get("terminated", {}).get("exitCode") != 0
    ]
    return f"{len(serving) + len(beside)}/{len(spec['containers']) + len(sidecars)}", text


def is_done(init: dict[str, Any], sidecars: set[str]) -> bool:
    """Return whether an init container lets the next one start."""
    if init["state"].get("terminated", {}).get("exitCode") == 0:
        return True
    return init["name"] in sidecars and init["started"]


def word_of(status: dict[str, Any]) -> str | None:
    """Return what a container that does not run has to say."""
    if "waiting" in status["state"]:
        return status["state"]["waiting"].get("reason")
    if "terminated" not in status["state"]:
        return None
    end = status["state"]["terminated"]
    return end.get("reason") or (
        f"Signal:{end['signal']}" if end.get("signal") else f"ExitCode:{end['exitCode']}"
    )


REASONS = st.sampled_from(["ContainerCreating", "PodInitializing", "CrashLoopBackOff"])
STATES = st.one_of(
    st.just(RUNS),
    st.just({}),
    st.just({"waiting": {}}),
    REASONS.map(lambda reason: {"waiting": {"reason": reason}}),
    st.builds(
        ended,
        st.sampled_from([0, 1, 137]),
        st.sampled_from([None, "Completed", "Error"]),
        st.sampled_from([None, 9]),
    ),
)
STATUSES = st.builds(container, STATES, ready=st.booleans(), started=st.booleans())
CONDITIONS = st.lists(
    st.builds(
        condition,
        st.sampled_from(["Ready", "Initialized", "PodScheduled"]),
        st.sampled_from(["True", "False"]),
    ),
    unique_by=lambda each: each["type"],
)


@st.composite
def pods(draw):
    init = draw(st.lists(STATUSES, max_size=3))
    for number, each in enumerate(init):
        each["name"] = f"i{number}"
    return pod(
        *draw(st.lists(STATUSES, min_size=1, max_size=3)),
        phase=draw(st.sampled_from(["Pending", "Running", "Succeeded", "Failed"])),
        init=init,
        sidecars=draw(st.sets(st.sampled_from(["i0", "i1", "i2"]))),
        meta=draw(st.sampled_from([{}, DELETED])),
        reason=draw(st.sampled_from([None, "Evicted", "NodeLost", "Completed"])),
        conditions=draw(CONDITIONS) + draw(st.sampled_from([[], [GATED], [condition("other")]])),
    )


@given(pods())
def test_ready_and_status_agree_with_the_plain_model(obj):
    columns = pod_columns(obj, NOW)
    assert (columns.ready, columns.status) == model(obj)


@given(pods())
def test_no_pod_is_more_than_ready(obj):
    ready, _, total = pod_columns(obj, NOW).ready.partition("/")
    assert 0 <= int(ready) <= int(total)
