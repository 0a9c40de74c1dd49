#!/usr/bin/env bash
# What one types without minipod: `by_hand.sh create|delete COUNT`. A pod is a network namespace on a
# bridge and two processes in it; nothing watches them, and their files are the host's.
set -euo pipefail

action=$1 count=$2
pids=/run/by-hand.pids

create() {
    local i=$1 pod=hand-$1
    ip netns add "$pod"
    ip link add "hand$i" type veth peer name eth0 netns "$pod"
    ip link set "hand$i" master hand-bridge up
    ip -n "$pod" address add "10.99.$((i / 200)).$((i % 200 + 2))/16" dev eth0
    ip -n "$pod" link set lo up
    ip -n "$pod" link set eth0 up
    ip -n "$pod" route add default via 10.99.255.1
    for _ in a b; do
        ip netns exec "$pod" sh -c 'trap "exit 0" TERM; sleep 100000 & wait' >/dev/null 2>&1 &
        echo $! >>$pids
    done
}

if [ "$action" = create ]; then
    if [ ! -e /sys/class/net/hand-bridge ] && ! ip link show hand-bridge >/dev/null 2>&1; then
        ip link add hand-bridge type bridge
        ip address add 10.99.255.1/16 dev hand-bridge
        ip link set hand-bridge up
    fi
    for ((i = 0; i < count; i++)); do create "$i"; done
else
    xargs kill <$pids
    rm $pids
    for ((i = 0; i < count; i++)); do
        ip netns pids "hand-$i" | xargs -r kill
        ip netns delete "hand-$i"
    done
fi
