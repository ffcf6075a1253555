# shellcheck shell=sh disable=SC2154
# What must be right before anything is touched, all of it at once, each with what mends it. Sourced by arrive.sh
# with the settings of this deployment; runs as the user who logged in, with the new program out of the staging folder.

problems=0
# problem NAME TEXT. Those in $IGNORE are told and stop nothing.
problem() {
    check=$1
    shift
    case " $IGNORE " in
        *" $check "*) note "ignored: $*"; ignored=yes ;;
        *) printf 'problem %s %s\n' "$check" "$*"; problems=$((problems + 1)); ignored=no ;;
    esac
}
mended_by() { [ "$ignored" = yes ] || cure "$*"; }
or_ignore() { [ "$ignored" = yes ] || cure "or go on all the same with --ignore $1"; }

check_sudo() {
    sudo=
    [ "$(id -u)" -ne 0 ] || return 0
    sudo="sudo -n"
    # shellcheck disable=SC2086 # two words
    $sudo true 2>/dev/null && return
    problem sudo "$(id -un) may not become root without a password"
    mended_by "echo '$(id -un) ALL=(ALL) NOPASSWD: ALL' | sudo tee /etc/sudoers.d/010_$(id -un)-nopasswd, or deploy to root@HOST"
}

check_systemd() {
    [ -d /run/systemd/system ] && return
    problem systemd "this machine was not started by systemd, which shall run the service"
    mended_by "deploy to a machine that is: Raspberry Pi OS is; a container mostly is not"
}

# Sets $facts: `broker URL`, `thing NAME BUS ADDRESS..`, `board NAME` and `executor NAME`, from what `check` tells.
check_topology() {
    facts=
    told=$(timeout 60 "$stage/release/mqtt-thing" check "$stage/release/topology.toml" 2>"$stage/complaints") || {
        problem topology "the new program does not take the topology"
        sed "s|$stage/release/||" "$stage/complaints" | said
        mended_by "mend the file; mqtt-thing check FILE tells the same on any machine"
        return
    }
    facts=$(printf '%s\n' "$told" | awk '
        /^broker / {sub(/,$/, "", $2); print "broker", $2; next}
        /^[a-z0-9_]+, / {
            name = $1; sub(/,$/, "", name)
            bus = 1
            if (match($0, /, I2C bus [0-9]+/)) bus = substr($0, RSTART + 10, RLENGTH - 10)
            address = $0; sub(/^[^,]*, /, "", address); sub(/, (I2C bus|reset by).*/, "", address)
            print "thing", name, bus, address
        }
        /^  [^ ]/ {if ($3 != "-") print "board", name; if ($2 == "executor") print "executor", name}')
}

# Sets $name to the thing that this host will be, empty when that cannot be said.
check_thing() {
    name=$WANTED
    [ -n "$facts" ] || return 0
    from=
    if [ -z "$name" ]; then
        name=$(remembered_thing)
        from=", which is what /etc/default/mqtt-thing of this host says"
    fi
    names=$(printf '%s\n' "$facts" | sed -n 's/^thing \([^ ]*\).*/\1/p')
    if [ -n "$name" ]; then
        printf '%s\n' "$names" | grep -qxF "$name" && return
        problem thing "the topology has no thing \"$name\"$from; it has $(printf '%s\n' "$names" | paste -sd ' ' -)"
        mended_by "--thing NAME with one of these"
        name=
        return
    fi
    for address in $(hostname -I 2>/dev/null); do
        name=$(printf '%s\n' "$facts" | awk -v address="$address" '$1 == "thing" && $4 == address && NF == 4 {print $2}')
        [ -z "$name" ] || return 0
    done
    # one whose address is not in the file takes what there is
    open=$(printf '%s\n' "$facts" | awk '$1 == "thing" && NF > 4 {print $2}')
    if [ "$(printf '%s\n' "$open" | grep -c .)" -eq 1 ]; then
        name=$open
        return
    fi
    # the only one, with a name for an address
    if [ "$(printf '%s\n' "$names" | grep -c .)" -eq 1 ] &&
        printf '%s\n' "$facts" | awk '$1 == "thing" {exit $4 ~ /^[0-9.]+$|:/}'; then
        name=$names
        return
    fi
    # shellcheck disable=SC2046,SC2086 # on one line
    problem thing "none of the topology's things has an address of this host; it has" $(hostname -I 2>/dev/null)
    mended_by "--thing NAME, one of $(printf '%s\n' "$names" | paste -sd ' ' -)"
}

check_i2c() {
    if [ -z "$name" ] || ! printf '%s\n' "$facts" | grep -qx "board $name"; then return; fi
    bus=$(printf '%s\n' "$facts" | awk -v name="$name" '$1 == "thing" && $2 == name {print $3}')
    # where only the module is not loaded, the activation does that
    if [ -e "/dev/i2c-$bus" ] || [ -e "/sys/bus/i2c/devices/i2c-$bus" ]; then return; fi
    problem i2c "I2C is off: there is no /dev/i2c-$bus, and \"$name\" has a board"
    case $bus in
        1) mended_by "sudo raspi-config nonint do_i2c 0 (it writes dtparam=i2c_arm=on), then start the host anew" ;;
        *) mended_by "a line dtoverlay=i2c$bus in /boot/firmware/config.txt, then start the host anew" ;;
    esac
}

# The program twice, for it lies beside the one that runs, and some room for the rest.
check_space() {
    binary_kib=$(du -k "$stage/release/mqtt-thing" | cut -f1)
    room "/usr/local/lib" $((2 * binary_kib + 4096))
    room "/etc" 512
    room "/var/lib" 1024
}

room() {
    free_kib=$(df -Pk "$1" | awk 'NR == 2 {print $4}')
    [ "$free_kib" -lt "$2" ] || return 0
    problem space "$1 has $((free_kib / 1024)) MB left, $(($2 / 1024 + 1)) MB are needed"
    mended_by "df -h; sudo apt-get clean; sudo journalctl --vacuum-size=20M"
}

check_clock() {
    off=$(($(date +%s) - SENT_AT))
    [ "$off" -ge 0 ] || off=$((-off))
    if [ "$off" -gt 2592000 ]; then
        problem clock "the clock says $(date '+%Y-%m-%d'), which is $((off / 86400)) days off: certificates seem not valid yet or no more"
        mended_by "sudo timedatectl set-ntp true, and a way to a time server"
        or_ignore clock
    elif [ "$off" -gt 60 ]; then
        note "the clock is $off s off"
    fi
}

check_broker() {
    url=$(printf '%s\n' "$facts" | sed -n 's/^broker //p')
    [ -n "$url" ] || return 0
    rest=${url#*://}
    rest=${rest%%/*}
    case ${url%%:*} in mqtts) port=8883 ;; ws) port=80 ;; wss) port=443 ;; *) port=1883 ;; esac
    case $rest in
        \[*\]:*) port=${rest##*:} host=${rest%]:*} ;;
        \[*\]) host=${rest%]} ;;
        *:*) port=${rest##*:} host=${rest%:*} ;;
        *) host=$rest ;;
    esac
    host=${host#[}
    reached "$host" "$port" && return
    problem broker "the broker $host:$port is not reached from this host: $why"
    mended_by "is it running, is that its address and port, does a firewall stand between?"
    or_ignore broker
}

# Only whether somebody listens: whether it lets us in, `health` tells.
reached() {
    if command -v bash >/dev/null; then
        # shellcheck disable=SC2016 # for that bash
        why=$(timeout 10 bash -c 'exec 3<>"/dev/tcp/$0/$1"' "$1" "$2" 2>&1) && return
    elif command -v python3 >/dev/null; then
        why=$(timeout 15 python3 -c 'import socket, sys; socket.create_connection(sys.argv[1:3], 10)' "$1" "$2" 2>&1) && return
    else
        note "without bash and python3, whether the broker is reached is not known"
        return 0
    fi
    why=$(printf '%s\n' "$why" | sed -n 's/.*: \([^:]*\)$/\1/p' | tail -n 1)
    why=${why:-no answer within 10 s}
    return 1
}

# Files that the topology names must be there or come along.
check_secrets() {
    [ -n "$facts" ] || return 0
    sed -n 's/^[[:space:]]*\(password\|ca\|cert\|key\)_file[[:space:]]*=[[:space:]]*"\([^"]*\)".*/\2/p' "$stage/release/topology.toml" |
        while IFS= read -r file; do
            case $file in /*) ;; *) file=/etc/mqtt-thing/$file ;; esac
            if [ "${file%/*}" = /etc/mqtt-thing ] && [ -e "$stage/secret/${file##*/}" ]; then continue; fi
            # shellcheck disable=SC2086 # two words or none
            $sudo test -e "$file" 2>/dev/null || printf '%s\n' "$file"
        done >"$stage/missing"
    [ -s "$stage/missing" ] || return 0
    problem secrets "the topology names $(paste -sd ' ' "$stage/missing"), which this host does not have"
    mended_by "--secrets DIR with what \"mqtt-thing broker init\" made for it under clients/"
}

check_all() {
    check_sudo
    check_systemd
    check_topology
    check_thing
    check_i2c
    check_space
    check_clock
    check_broker
    check_secrets
}
