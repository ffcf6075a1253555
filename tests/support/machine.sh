#!/usr/bin/env bash
# Starts systemd as the first process of a machine that is made of namespaces. Called by
# machine.rs, in namespaces of its own, as `machine.sh WORK FILES SHARED`:
#   WORK    an empty folder; all that the machine writes is in memory and goes with it
#   FILES   what it has more than the system that it runs on; laid over that
#   SHARED  a folder that is /run/shared there
# Nothing of the machine can reach what is outside: this system's files are a lower layer,
# the kernel's settings are read-only, network, processes and control groups are its own.
set -euo pipefail
work=$1 files=$2 shared=$3

mount --make-rprivate /
mount -t tmpfs -o size=600m machine "$work"
mkdir "$work/upper" "$work/work" "$work/root"
mount -t overlay -o "lowerdir=/,upperdir=$work/upper,workdir=$work/work" machine "$work/root"
root=$work/root

mount -t proc proc "$root/proc"
mount --bind "$root/proc/sys" "$root/proc/sys"
mount -o remount,bind,ro "$root/proc/sys"
mount -t sysfs sysfs "$root/sys"
mount -t tmpfs -o mode=755 machine "$root/dev"
for node in null zero full random urandom tty; do
    touch "$root/dev/$node"
    mount --bind "/dev/$node" "$root/dev/$node"
done
mkdir "$root/dev/pts" "$root/dev/shm"
mount -t devpts -o newinstance,ptmxmode=0666 devpts "$root/dev/pts"
ln -s pts/ptmx "$root/dev/ptmx"
ln -s /proc/self/fd "$root/dev/fd"
mount -t tmpfs -o mode=755 machine "$root/run"
mount -t tmpfs -o mode=1777 machine "$root/tmp"
mount -t tmpfs -o mode=755 machine "$root/var/log"
mkdir "$root/run/shared"
mount --bind "$shared" "$root/run/shared"

# A processor whose frequency can be set, and the kernel's list of drivers.
cpu=/sys/devices/system/cpu
if [ -d "$files$cpu" ]; then
    mount -t tmpfs -o mode=755 machine "$root$cpu"
    cp -a "$files$cpu/." "$root$cpu"
fi
if [ -f "$files/proc/devices" ]; then
    mount --bind "$files/proc/devices" "$root/proc/devices"
fi
mount -o remount,bind,ro "$root/sys"
mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"

# Nothing is enabled but the journal.
rm -rf "$root"/etc/systemd/system/*.wants "$root"/etc/systemd/system/*.requires
(cd "$files" && tar -c --exclude=./sys --exclude=./proc .) | tar -x --no-overwrite-dir -C "$root"
cat >"$root/etc/systemd/system/machine.target" <<TARGET
[Unit]
Requires=systemd-journald.service
After=systemd-journald.service
DefaultDependencies=no
TARGET
ip link set lo up
# Not chroot: the kernel refuses some things in one (user namespaces), and systemd leaves some out. Shared, because
# systemd mounts credentials in a namespace of its own; without a container around it would do that itself.
mkdir "$root/run/outside"
cd "$root"
pivot_root . run/outside
exec env -i container=machine PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    sh -c 'umount -l /run/outside && rmdir /run/outside && mount --make-rshared / && exec "$@"' sh \
    /usr/lib/systemd/systemd --system --unit=machine.target --log-target=console --show-status=no
