# shellcheck shell=sh
# What deploy.sh must know of a host before it can send it anything: behind lib.sh on the standard input of a shell.
# Changes nothing.

fact() { printf 'fact %s %s\n' "$1" "$2"; }

fact architecture "$(dpkg --print-architecture 2>/dev/null || uname -m)"
# The first Pis and the Zero have the same 32-bit system as the others, and a processor that cannot run our program.
fact processor "$(sed -n 's/^CPU architecture[[:space:]]*:[[:space:]]*\([0-9]*\).*/\1/p' /proc/cpuinfo 2>/dev/null | head -n 1)"
fact model "$({ tr -d '\000' </proc/device-tree/model || sed -n 's/^Model[[:space:]]*: //p' /proc/cpuinfo; } 2>/dev/null)"
fact machine "$(uname -m)"
fact glibc "$(getconf GNU_LIBC_VERSION 2>/dev/null | sed 's/^glibc //')"
fact addresses "$(hostname -I 2>/dev/null)"
fact thing "$(remembered_thing)"
fact free_kib "$(df -Pk "$HOME" 2>/dev/null | awk 'NR == 2 {print $4}')"
for tool in tar sha256sum flock cmp mktemp timeout setsid; do
    command -v "$tool" >/dev/null 2>&1 || fact missing "$tool"
done
fact end .
