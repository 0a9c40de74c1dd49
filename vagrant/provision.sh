#!/usr/bin/env bash
# Run inside the machine, as root: install minipod from the tree in $1, and show that it works.
set -euo pipefail

tree=$1
"$tree/scripts/demo"
ln -sfn "$tree/.venv/bin/minipod" /usr/local/bin/minipod
printf "minipod is installed: 'vagrant ssh', then 'sudo minipod --help'\n"
