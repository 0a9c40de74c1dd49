"""The service, and three restarts of a real machine: run at each boot, it knows which one it is.

Prints what a person would type and see; the first thing that is not as it should be ends it all.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import traceback
from pathlib import Path
from typing import Any

STATE = Path("/opt/minipod/reboot.json")
ROOT = Path("/var/lib/minipod")
WEB = """
import http.server, os
class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(f"{os.uname().nodename}\\n".encode())
http.server.HTTPServer(("", 8080), Page).serve_forever()
"""
PODS = {
    "always": ("Always", 8088, ["python3", "-c", WEB]),
    "retry": ("OnFailure", 0, ["python3", "-c", WEB]),
    "done": ("OnFailure", 0, ["true"]),
    "once": ("Never", 0, ["sleep", "100000"]),
    "over": ("Never", 0, ["sh", "-c", "exit 3"]),
}
LIMITS = "ulimit -n; ulimit -Hn; ulimit -c; ulimit -u; umask; pwd; env | grep -v HOSTNAME | sort"


def shell(line: str, *, within: float = 120.0, shown: bool = True) -> str:
    """Type a line, show what it prints, and return that; it must succeed."""
    if shown:
        print(f"$ {line}", flush=True)
    done = subprocess.run(
        line, shell=True, text=True, timeout=within, check=False,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    if shown or done.returncode:
        print(done.stdout, end="", flush=True)
    assert done.returncode == 0, f"{line}: exit {done.returncode}"
    return done.stdout


def note(text: str) -> None:
    print(f"\n# {text}", flush=True)


def eventually(holds: Any, within: float = 120.0) -> Any:
    """Return the first true answer; an error counts as none."""
    deadline = time.monotonic() + within
    while True:
        try:
            answer = holds()
        except (AssertionError, OSError, ValueError, subprocess.SubprocessError):
            answer = None
        if answer:
            return answer
        assert time.monotonic() < deadline, "it does not come to that"
        time.sleep(0.5)


def pods() -> dict[str, Any]:
    items = json.loads(shell("minipod get pods -o json", shown=False))["items"]
    return {each["metadata"]["name"]: each for each in items}


def container(pod: Any) -> Any:
    (status,) = pod["status"]["containerStatuses"]
    return status


def identities(of: dict[str, Any]) -> dict[str, tuple[str, str]]:
    """Return what may not change while the machine is up: uid and container."""
    return {
        name: (each["metadata"]["uid"], container(each)["containerID"]) for name, each in of.items()
    }


def status() -> Any:
    return json.loads(shell("minipod server status -o json", shown=False))


def prepare(state: dict[str, Any]) -> None:
    """The first boot: pods by a server that was started by hand, then the service."""
    print(
        shell("uname -srm; grep PRETTY /etc/os-release; systemctl --version | head -1", shown=False)
    )
    manifests = []
    for name, (policy, port, argv) in PODS.items():
        main: dict[str, Any] = {"name": "main", "image": "test", "command": argv}
        if port:
            main["ports"] = [{"containerPort": 8080, "hostPort": port}]
        spec = {"restartPolicy": policy, "containers": [main]}
        manifests.append(
            json.dumps(
                {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": spec}
            )
        )
    Path("/root/pods.yaml").write_text("\n---\n".join(manifests))
    note("pods of each restartPolicy, by a server that the command starts")
    shell("minipod create -f /root/pods.yaml")
    eventually(lambda: container(pods()["over"])["state"].get("terminated"))
    shell("minipod get pods -o wide")
    by_hand = shell(f"minipod exec always -- sh -c '{LIMITS}'", shown=False)
    before = identities(pods())

    note("the service takes over; pods run on")
    shell("minipod server install-service")
    shell("minipod server status")
    shell("cd /etc/systemd/system; systemd-analyze verify minipod.service minipod.socket")
    shell("minipod server install-service")
    assert identities(pods()) == before
    shell("systemctl is-enabled minipod.service minipod.socket")

    note("a container that systemd's server starts has what one by hand has")
    shell("minipod run fresh --image test --command -- sleep 100000")
    assert shell(f"minipod exec fresh -- sh -c '{LIMITS}'") == by_hand
    shell("minipod delete pod fresh --grace-period=0")

    note("restart of the service, kill -9 of the server, kill -9 of its parent, stop")
    first = status()["pid"]
    shell("systemctl restart minipod")
    second = status()["pid"]
    shell(f"kill -9 {second}")
    third = eventually(lambda: (pid := status()["pid"]) != second and pid)
    main = shell("systemctl show -P MainPID minipod", shown=False).strip()
    shell(f"kill -9 {main}")
    fourth = eventually(lambda: (pid := status()["pid"]) != third and pid)
    assert len({first, second, third, fourth}) == 4
    shell("minipod server stop")
    assert (
        subprocess.run(["minipod", "server", "status"], check=False, capture_output=True).returncode
        == 1
    )
    shell("minipod get pods")
    assert identities(pods()) == before
    shell("systemctl status minipod --no-pager -n 0")

    state["addresses"] = {name: each["status"].get("podIP") for name, each in pods().items()}
    state["uids"] = {name: each["metadata"]["uid"] for name, each in pods().items()}


def came_back(state: dict[str, Any], count: int) -> None:
    """Any later boot: look before anybody types a command of minipod's."""
    note(f"boot {count + 1}: nobody has typed a command of minipod's yet")
    address = state["addresses"]["always"]
    eventually(
        lambda: shell(f"curl -sS --max-time 2 http://{address}:8080", shown=False) == "always\n"
    )
    shell("cat /proc/sys/kernel/random/boot_id; uptime")
    shell("ip netns list")
    shell(f"curl -sS http://{address}:8080")
    shell(f"curl -sS http://{state['addresses']['retry']}:8080")
    shell("curl -sS http://127.0.0.1:8088")

    def settled() -> bool:
        found = pods()
        return all(container(found[name])["state"].get("running") for name in ("always", "retry"))

    eventually(settled)
    shell("minipod get pods -o wide")
    shell("minipod get events | grep -E 'Rebooted|SandboxChanged'")
    found = pods()
    assert found.keys() >= state["uids"].keys()
    for name, uid in state["uids"].items():
        assert found[name]["metadata"]["uid"] == uid
        assert found[name]["status"].get("podIP") == state["addresses"][name]
    for name in ("always", "retry"):
        assert container(found[name])["restartCount"] == count
        last = container(found[name])["lastState"]["terminated"]
        assert (last["exitCode"], last["reason"]) == (255, "Unknown")
    ended = {
        name: container(found[name])["state"]["terminated"] for name in ("done", "once", "over")
    }
    assert {name: (each["exitCode"], each["reason"]) for name, each in ended.items()} == {
        "done": (0, "Completed"), "once": (255, "Unknown"), "over": (3, "Error"),
    }  # fmt: skip
    assert status()["service"] == "minipod.service"


def clean_up() -> None:
    note("nothing is left of the service, nor of minipod")
    shell("minipod server uninstall-service")
    shell("minipod server uninstall-service")
    shell("! ls /etc/systemd/system/minipod* /etc/systemd/system/*.wants/minipod* 2>/dev/null")
    shell("! systemctl cat minipod.service 2>/dev/null")
    shell("minipod get pods")
    shell("minipod purge --yes")
    shell("minipod server stop")
    shell("ip netns list; ip -brief link; nft list tables; cat /proc/sys/net/ipv4/ip_forward")


def main() -> None:
    state = json.loads(STATE.read_text()) if STATE.exists() else {"boot": 0}
    match state["boot"]:
        case 0:
            prepare(state)
            go_down = "reboot --force"
        case 1:
            came_back(state, 1)
            go_down = "systemctl reboot"
        case 2:
            seconds = time.time() - state["went_down"]
            print(f"\n# systemctl reboot and the boot took {seconds:.0f} s together")
            shell("journalctl -b -1 -u minipod --no-pager -o cat | tail -5")
            came_back(state, 2)
            shell("sync; minipod run late --image test --command -- sleep 100000")
            go_down = "echo b > /proc/sysrq-trigger"
        case _:
            came_back(state, 3)
            clean_up()
            go_down = ""
    state |= {"boot": state["boot"] + 1, "went_down": time.time()}
    with STATE.open("w") as file:
        json.dump(state, file)
        file.flush()
        os.fsync(file.fileno())
    if go_down:
        note(f"{go_down}\n")
        subprocess.run(go_down, shell=True, check=False)
        time.sleep(600)
    end(0)


def end(code: int) -> None:
    Path("/dev/vdc").write_bytes(f"{code}".encode().ljust(512, b"\0"))
    os.sync()
    subprocess.run(["systemctl", "poweroff", "-ff"], check=False)
    sys.exit(code)


if __name__ == "__main__":
    try:
        main()
    except BaseException:  # noqa: BLE001 (whatever it is, the machine must end)
        traceback.print_exc()
        subprocess.run("journalctl -b -u minipod --no-pager | tail -50", shell=True, check=False)
        end(1)
