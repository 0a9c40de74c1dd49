# shellcheck shell=bash
# Sourced by the scripts: makes this clone ready to run, and touches nothing that is ready already.
#
#   prepare EXTRAS COMMAND=PACKAGE…
#
# installs the system packages whose commands lack (by apt), and minipod with EXTRAS ("" or "dev")
# in a virtual environment in the clone. A second run needs no network. Sets `top` and `venv`.

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
venv=$top/.venv
PATH=$PATH:/usr/sbin:/sbin

# What minipod itself and the demo call.
system_commands=(ip=iproute2 ss=iproute2 nft=nftables pgrep=procps curl=curl unshare=util-linux)

die() {
    printf 'Error: %s\n' "$*" >&2
    exit 1
}

note() {
    printf '== %s\n' "$*" >&2
}

prepare() {
    local extras=$1
    shift
    [ "$(uname -s)" = Linux ] || die "minipod needs Linux: this is $(uname -s)"
    [ "$(id -u)" -eq 0 ] || die "making pods needs root: run 'sudo $(printf %q "$0")'"
    exec 9<"$top" && flock 9 # two scripts at once prepare one after the other
    install_packages "${system_commands[@]}" "$@"
    make_environment "$extras"
    exec 9<&-
}

# install_packages COMMAND=PACKAGE…
install_packages() {
    local pair lacking=()
    for pair; do
        command -v "${pair%%=*}" >/dev/null || lacking+=("${pair#*=}")
    done
    # Debian keeps a part of Python's own venv in a package of its own.
    usable_python >/dev/null || lacking+=(python3 python3-venv)
    [ ${#lacking[@]} -gt 0 ] || return 0
    command -v apt-get >/dev/null || die "install these first: ${lacking[*]}"
    note "installing ${lacking[*]}"
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
        "${lacking[@]}" </dev/null >/dev/null
    usable_python >/dev/null || die "minipod needs Python 3.11 or later: this is $(python3 --version)"
}

# Print the path of a Python that is new enough and can make a virtual environment.
usable_python() {
    local name
    for name in python3 python3.14 python3.13 python3.12 python3.11; do
        if "$name" -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' \
            2>/dev/null; then
            command -v "$name"
            return 0
        fi
    done
    return 1
}

# make_environment EXTRAS
make_environment() {
    local python made wanted
    python=$(usable_python)
    wanted=$({
        "$python" --version
        printf '%s\n' "$top"
        cat "$top/pyproject.toml"
    } | sha256sum | cut -d' ' -f1)
    made=$(cat "$venv/.made" 2>/dev/null || true)
    # An environment with the tools of development serves the demo too.
    case $made in
    "$wanted dev" | "$wanted $1") "$venv/bin/python" -c 'import minipod' 2>/dev/null && return 0 ;;
    esac
    note "making $venv"
    "$python" -m venv --clear "$venv"
    # Editable: what a later `git pull` brings runs without another installation. "compat" is one
    # path in a file; the default would put an import hook before every start of the command.
    "$venv/bin/pip" install --quiet --disable-pip-version-check --no-input \
        --config-settings editable_mode=compat --editable "$top${1:+[$1]}"
    "$venv/bin/python" "$top/scripts/man-pages"
    printf '%s %s\n' "$wanted" "$1" >"$venv/.made"
}
