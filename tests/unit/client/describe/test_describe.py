"""Descriptions are kubectl's to the character: the texts are what kubectl 1.32.4 printed.

In them a · is a space at the end of a line, which kubectl leaves there.
"""

# ruff: noqa: E501 (kubectl folds nothing)

from __future__ import annotations

from datetime import UTC, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from minipod.cli.printing.output import table
from minipod.client.describe.clock import Clock
from minipod.client.describe.events import LIST_HEADER, in_order, list_cells
from minipod.client.describe.pod import describe_pod
from minipod.client.describe.tabs import align
from tests.unit.client.describe.described import EVENTS, LARGE, NOW, SMALL

CLOCK = Clock(NOW, UTC)

WEB = """\
Name:         web
Namespace:    default
Priority:     0
Node:         vm/10.244.255.2
Start Time:   Wed, 25 Nov 2026 09:41:46 +0000
Labels:       app=web
              tier=front
Annotations:  <none>
Status:       Running
IP:           10.244.0.2
IPs:
  IP:  10.244.0.2
Containers:
  http:
    Container ID:  minipod://1
    Image:         nginx
    Image ID:······
    Ports:         8080/TCP, 53/UDP
    Host Ports:    0/TCP, 5353/UDP
    Command:
      python3
      -c
      import time
      time.sleep(9)
    State:          Running
      Started:      Wed, 25 Nov 2026 09:41:47 +0000
    Ready:          True
    Restart Count:  0
    Environment:
      A:       1
      LONGER:  two
               lines
    Mounts:    <none>
  sidecar:
    Container ID:  minipod://2
    Image:·········
    Image ID:······
    Port:          1/TCP
    Host Port:     0/TCP
    Args:
      -v
    State:       Waiting
      Reason:    CrashLoopBackOff
    Last State:  Terminated
      Reason:    Error
      Message:   cannot bind 0.0.0.0:8080/tcp
held by container http
      Exit Code:    137
      Signal:       9
      Started:      Wed, 25 Nov 2026 10:40:05 +0000
      Finished:     Wed, 25 Nov 2026 10:40:15 +0000
    Ready:          False
    Restart Count:  3
    Environment:    <none>
    Mounts:         <none>
Conditions:
  Type                        Status
  PodReadyToStartContainers   True·
  Ready                       False·
  minipod.dev/PortsFree       False·
Volumes:                      <none>
QoS Class:                    BestEffort
Node-Selectors:               <none>
Tolerations:                  <none>
Events:
  Type     Reason        Age                From     Message
  ----     ------        ----               ----     -------
  Normal   New           20s (x2 over 30s)  other    Of the new events API
  Normal   Started       12s                minipod  Started container http
  Warning  PortConflict  4s (x3 over 12s)   minipod  container "sidecar" (pid 4312, python3 -m http.server 8080) cannot bind 0.0.0.0:8080/tcp: held by container "http" (pid 4188, python3 app.py) listening on [::]:8080. An IPv6 wildcard socket also takes the IPv4 port unless it sets IPV6_V6ONLY.
"""

EVERYTHING = """\
Name:                      everything
Namespace:                 lab
Priority:                  7
Priority Class Name:       high
Runtime Class Name:        fast
Service Account:           default
Node:                      <none>
Labels:                    <none>
Annotations:               escape: a^[[31mb\\rc
                           lines:
                             one
                             two
                           long:
                             xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx...
                           minipod.dev/rootfs: host
                           ümlaut: ä  b
Status:                    Terminating (lasts <invalid>)
Termination Grace Period:  30s
Reason:                    Why
Message:                   because
SeccompProfile:            Localhost
LocalhostProfile:          p.json
IP:························
IPs:                       <none>
Controlled By:             Node/vm
NominatedNodeName:         other
Init Containers:
  first:
    Container ID:  minipod://3
    Image:         busybox
    Image ID:      id
    Port:          <none>
    Host Port:     <none>
    Command:
      true
    State:          Terminated
      Reason:       Completed
      Exit Code:    0
      Started:      Wed, 25 Nov 2026 10:40:05 +0000
      Finished:     Wed, 25 Nov 2026 10:40:15 +0000
    Ready:          False
    Restart Count:  0
    Environment:    <none>
    Mounts:         <none>
Containers:
  main:
    Container ID:····
    Image:           img:1
    Image ID:········
    Port:            <none>
    Host Port:       <none>
    SeccompProfile:  RuntimeDefault
    State:           Waiting
    Ready:           False
    Restart Count:   0
    Limits:
      cpu:     500m
      memory:  64Mi
    Requests:
      cpu:      250m
    Liveness:   http-get http://:80/a%20b%3Fc delay=1s timeout=2s period=3s #success=1 #failure=5
    Readiness:  exec [cat /tmp/x] delay=1s timeout=2s period=3s #success=1 #failure=5
    Startup:    tcp-socket :http delay=1s timeout=2s period=3s #success=1 #failure=5
    Environment Variables from:
      settings  ConfigMap                Optional: false
      keys      Secret with prefix 'P_'  Optional: true
    Environment:
      NAME:     everything (v1:metadata.name)
      IP:        (v1:status.podIP)
      KEY:      <set to the key 'k' in secret 'keys'>          Optional: false
      SETTING:  <set to the key 's' of config map 'settings'>  Optional: true
    Mounts:
      /a from host (ro,path="q\\"q")
      /z from tmp (rw)
    Devices:
      /dev/b from block
Readiness Gates:
  Type     Status
  x/gate   <none>·
  Ready    <none>·
Conditions:
  Type           Status
  PodScheduled   False·
Volumes:
  tmp:
    Type:       EmptyDir (a temporary directory that shares a pod's lifetime)
    Medium:     Memory
    SizeLimit:  1Gi
  plain:
    Type:       EmptyDir (a temporary directory that shares a pod's lifetime)
    Medium:·····
    SizeLimit:  <unset>
  host:
    Type:          HostPath (bare host directory volume)
    Path:          /srv
    HostPathType:  <none>
  typed:
    Type:          HostPath (bare host directory volume)
    Path:          /srv
    HostPathType:  Directory
  keys:
    Type:        Secret (a volume populated by a Secret)
    SecretName:  keys
    Optional:    true
  settings:
    Type:      ConfigMap (a volume populated by a ConfigMap)
    Name:      settings
    Optional:  false
  nfs:
    Type:      NFS (an NFS mount that lasts the lifetime of a pod)
    Server:    s
    Path:      /p
    ReadOnly:  true
  claim:
    Type:       PersistentVolumeClaim (a reference to a PersistentVolumeClaim in the same namespace)
    ClaimName:  c
    ReadOnly:   false
  down:
    Type:  DownwardAPI (a volume populated by information about the pod)
    Items:
      metadata.name -> n
      limits.cpu -> c
  projected:
    Type:                     Projected (a volume that contains injected data from multiple sources)
    SecretName:               keys
    SecretOptionalName:       <nil>
    ConfigMapName:            settings
    ConfigMapOptional:        true
    DownwardAPI:              true
    TokenExpirationSeconds:   3600
QoS Class:                    Burstable
Node-Selectors:               arch=x
                              disk=ssd
Tolerations:                  op=Exists
                              a=1:NoSchedule
                              b:NoExecute op=Exists for 300s
Topology Spread Constraints:  host:ScheduleAnyway when max skew 2 is exceeded
                              zone:DoNotSchedule when max skew 1 is exceeded for selector a=1,b=2,c in (x,y),!d
Events:                       <none>
"""
# kubectl 1.32 prints the address of ConfigMapOptional's value: here it is the value.

LISTED = """\
LAST SEEN           TYPE      REASON         OBJECT    MESSAGE
20s (x2 over 30s)   Normal    New            Pod/web   Of the new events API
12s                 Normal    Started        Pod/web   Started container http
4s (x3 over 12s)    Warning   PortConflict   Pod/web   container "sidecar" (pid 4312, python3 -m http.server 8080) cannot bind 0.0.0.0:8080/tcp: held by container "http" (pid 4188, python3 app.py) listening on [::]:8080. An IPv6 wildcard socket also takes the IPv4 port unless it sets IPV6_V6ONLY.
"""


def spaced(text: str) -> str:
    return text.replace("·", " ").removesuffix("\n")


def test_a_pod_with_conflicts_reads_as_kubectl_has_it() -> None:
    assert describe_pod(SMALL, EVENTS, CLOCK) == spaced(WEB)


def test_every_section_reads_as_kubectl_has_it() -> None:
    assert describe_pod(LARGE, [], CLOCK) == spaced(EVERYTHING)


def test_events_are_listed_as_kubectl_events_does() -> None:
    rows = [list_cells(event, CLOCK) for event in in_order(EVENTS)]
    assert table(LIST_HEADER, rows) == spaced(LISTED)


def test_without_events_that_section_is_left_out() -> None:
    assert describe_pod(SMALL, None, CLOCK) == spaced(WEB[: WEB.index("Events:")])


def test_a_pod_of_which_nothing_is_known_yet_is_described_too() -> None:
    bare = {"metadata": {"name": "a"}, "spec": {"containers": [{"name": "b"}]}}
    shown = describe_pod(bare, [], CLOCK)
    assert shown.startswith("Name:         a\n")
    assert "Status:       \n" in shown
    assert shown.endswith("Events:           <none>")


def test_dates_are_of_the_reader_s_zone() -> None:
    kathmandu = Clock(0, timezone(timedelta(hours=5, minutes=45)))
    assert kathmandu.date("2026-01-01T20:00:00Z") == "Fri, 02 Jan 2026 01:45:00 +0545"
    assert kathmandu.date(None) == "Mon, 01 Jan 0001 00:00:00 +0000"


def test_a_line_without_tabs_ends_the_columns() -> None:
    assert align(["a\tb\tc", "long\tb", "none", "a\tb"]) == "a     b  c\nlong  b\nnone\na  b"


@given(st.lists(st.text("ab\t", max_size=6), max_size=6))
def test_tab_stops_lose_no_text(lines: list[str]) -> None:
    aligned = align(lines)
    assert [line.replace(" ", "") for line in aligned.split("\n")] == [
        line.replace("\t", "") for line in lines or [""]
    ]
