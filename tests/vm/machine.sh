# shellcheck shell=bash
# Sourced by tests/vm/run: makes a machine of an architecture, once, and boots it.
#
# Nothing of a foreign architecture runs on this machine: packages are unpacked and not configured,
# and what their own scripts would do that matters here is done by `finish`. The machine's disks:
# vda its root (what a run writes is forgotten), vdb a tar that goes in, vdc the exit code.

# Set by prepare.sh, and by `run` its folder for one run.
: "${top:?}" "${venv:?}"
here=$top/tests/vm
packages=('?essential' usr-is-merged systemd-sysv udev kmod busybox-static python3
    python3-venv iproute2 nftables iptables curl iputils-ping procps mawk gcc libc6-dev
    dbus firewalld ufw docker.io)
modules=(virtio_pci virtio_blk)

# describe_machine ARCHITECTURE: set what differs between them.
describe_machine() {
    case $1 in
    amd64)
        emulator=(qemu-system-x86_64 -M q35)
        emulator_package=qemu-system-x86
        platform=x86_64 console=ttyS0
        ;;
    arm64)
        emulator=(qemu-system-aarch64 -M virt)
        emulator_package=qemu-system-arm
        platform=aarch64 console=ttyAMA0
        ;;
    *) die "no machine of architecture '$1': amd64 or arm64" ;;
    esac
    machine=$top/.vm/$1
}

# Make the machine's kernel, initial file system and disk, unless they are there already.
make_machine() {
    local wanted root new=$machine.new
    wanted=$(cat "$top/pyproject.toml" "$here"/{machine.sh,init,*.service} | sha256sum)
    mkdir -p "$top/.vm"
    exec 9<"$top/.vm" && flock 9
    if [ "$(cat "$machine/.made" 2>/dev/null)" != "$wanted" ]; then
        note "making $machine"
        rm -rf "$machine" "$new"
        mkdir "$new"
        root=$new/root
        unpack "$root"
        finish "$root"
        add_python "$root"
        make_initrd "$root" "$new/initrd"
        cp "$root"/boot/vmlinuz-* "$new/vmlinuz"
        truncate -s 4G "$new/disk"
        mke2fs -q -t ext4 -d "$root" "$new/disk"
        rm -rf "$root"
        printf '%s\n' "$wanted" >"$new/.made"
        mv "$new" "$machine"
    fi
    exec 9<&-
}

unpack() {
    local name list
    list=$(IFS=, && printf '%s' "linux-image-cloud-${machine##*/},${packages[*]}")
    for name in bin sbin lib lib64; do
        mkdir -p "$1/usr/$name"
        ln -s "usr/$name" "$1/$name"
    done
    timeout --foreground 900 mmdebstrap --quiet --variant=extract --skip=check/empty \
        --architectures="${machine##*/}" --include="$list" bookworm "$1"
}

# What the packages' own scripts would have done.
finish() {
    local name
    for name in passwd group; do
        cp "$1/usr/share/base-passwd/$name.master" "$1/etc/$name"
    done
    mkdir -p "$1"/usr/local/{bin,lib,sbin,share}
    ln -s mawk "$1/usr/bin/awk"
    ln -s gcc "$1/usr/bin/cc"
    printf 'messagebus:x:100:100::/nonexistent:/usr/sbin/nologin\n' >>"$1/etc/passwd"
    printf '%s\n' messagebus:x:100: docker:x:101: >>"$1/etc/group"
    install -m 640 -t "$1/etc/ufw" "$1"/usr/share/ufw/iptables/*.rules \
        "$1"/usr/share/ufw/{before.init,after.init,ufw.conf}
    # Of base-files; polkit finds the bus by one of the links.
    mkdir -p "$1"/{media,mnt,opt,srv}
    rm -rf "$1"/var/{run,lock}
    ln -s /run "$1/var/run"
    ln -s /run/lock "$1/var/lock"
    # Nobody logs in here: su(1) is for root.
    for name in auth account password session session-noninteractive; do
        printf '%s required pam_permit.so\n' "${name%%-*}" >"$1/etc/pam.d/common-$name"
    done
    name=$1/usr/share/polkit-1/actions/org.fedoraproject.FirewallD1
    ln -s "${name##*/}.server.policy.choice" "$name.policy"
    for name in iptables iptables-restore iptables-save ip6tables ip6tables-restore; do
        ln -s xtables-nft-multi "$1/usr/sbin/$name"
    done
    depmod --basedir "$1" "$(kernel_release "$1")"
    printf 'minipod-vm\n' >"$1/etc/hostname"
    printf '127.0.0.1 localhost minipod-vm\n' >"$1/etc/hosts"
    : >"$1/etc/machine-id"
    cp "$here"/*.service "$1/etc/systemd/system/"
    mkdir -p "$1/var/log/journal"
}

kernel_release() {
    basename "$1"/lib/modules/*
}

# A virtual environment as scripts/lib/prepare.sh makes one, with the tests' packages.
add_python() {
    local environment=$1/opt/minipod/.venv release version
    release=("$1"/usr/lib/python3.*)
    version=${release[0]##*/python}
    mkdir -p "$environment/bin" "$environment/lib/python$version/site-packages"
    printf 'home = /usr/bin\ninclude-system-site-packages = false\n' >"$environment/pyvenv.cfg"
    ln -s /usr/bin/python3 "$environment/bin/python"
    printf '/opt/minipod\n' >"$environment/lib/python$version/site-packages/minipod.pth"
    cat >"$environment/bin/minipod" <<'PROGRAM'
#!/opt/minipod/.venv/bin/python
import sys
from minipod.cli.main import main
sys.exit(main())
PROGRAM
    chmod +x "$environment/bin/minipod"
    requirements | timeout --foreground 900 "$venv/bin/pip" install -qq --no-input \
        --disable-pip-version-check --no-warn-conflicts --requirement /dev/stdin \
        --target "$environment/lib/python$version/site-packages" \
        --only-binary :all: --implementation cp --python-version "$version" \
        --platform "manylinux_2_28_$platform" --platform "manylinux2014_$platform"
    # Emulated, the first import of each module would be most of a short test.
    "$venv/bin/python" -m compileall -q -s "$1" -p / "$1/usr/lib/python$version" || true
}

# What minipod and its tests need, without the tools that look at the code.
requirements() {
    "$venv/bin/python" - "$top/pyproject.toml" <<'PROGRAM'
import sys, tomllib
with open(sys.argv[1], "rb") as file:
    project = tomllib.load(file)["project"]
development = project["optional-dependencies"]["dev"]
print(*project["dependencies"], sep="\n")
print(*(one for one in development if one.startswith(("pytest", "hypothesis"))), sep="\n")
PROGRAM
}

# make_initrd ROOT FILE: load the disk's drivers, mount the disk, and go on there.
make_initrd() {
    local tree=$1.initrd module
    mkdir -p "$tree"/{dev,proc,root,bin}
    cp "$1/bin/busybox" "$tree/bin/"
    install "$here/init" "$tree/init"
    for module in "${modules[@]}"; do
        modprobe --dirname "$1" --set-version "$(kernel_release "$1")" --show-depends "$module"
    done | awk '$1 == "insmod" && !seen[$2]++ { print $2 }' >"$tree/modules"
    xargs cp -t "$tree" <"$tree/modules"
    sed -i 's|.*/||' "$tree/modules"
    (cd "$tree" && find . | cpio --quiet --create --format newc) >"$2"
    rm -rf "$tree"
}

# hand_in FOLDER PYTEST-ARGUMENT…: pack the working tree, and what pytest is told.
hand_in() {
    local folder=$1
    shift
    printf '%s\0' --color="$([ -t 1 ] && echo yes || echo no)" "$@" >"$folder/vm-arguments"
    git ls-files --cached --others --exclude-standard --deduplicate -z |
        tar --create --file "$folder/in.tar" --null --ignore-failed-read --files-from - \
            --directory "$folder" vm-arguments
}

# boot FOLDER SECONDS QEMU-OPTION…: run the machine to its end; its console is our output.
boot() {
    local folder=$1 seconds=$2
    shift 2
    timeout --foreground --kill-after 10 "$seconds" "${emulator[@]}" -accel tcg -cpu max -smp 2 -m 3G \
        -nodefaults "$@" -nic none -display none -serial stdio \
        -kernel "$machine/vmlinuz" -initrd "$machine/initrd" \
        -append "console=$console quiet loglevel=3 panic=-1 oops=panic \
systemd.show_status=false ${start:?}" \
        -drive "file=$machine/disk,format=raw,if=virtio,snapshot=on,cache=unsafe" \
        -drive "file=$folder/in.tar,format=raw,if=virtio,readonly=on" \
        -drive "file=$folder/out,format=raw,if=virtio" </dev/null
}
